"""``/opt/ml`` where a host gives no namespaces: one link that a job at a time may have.

Inside Docker with its default profile, on hosts that restrict user namespaces and on macOS a job
runs as a plain process. Scripts name ``/opt/ml`` all the same, so there has to be one.
"""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.jobs.stopping import StopRequest

_OPT_ML = Path("/opt/ml")
_NAME = "opt_ml"
_WAIT_SECONDS = 0.2
# The locks that this process has, by their files' paths: another attempt of its job has it already.
_taken: set[Path] = set()


class OptMlLink:
    """The link from ``/opt/ml`` to ``<home>/opt_ml``, which links to the job that has its turn.

    The second link is the service's own, so that only the first ever needs an administrator.

    Args:
        home: The service's home directory.
    """

    def __init__(self, home: Path) -> None:
        self._link = home.resolve() / _NAME
        self._lock = home / "opt_ml.lock"

    def take(self, target: Path, stop: StopRequest, tell: Callable[[str], None]) -> None:
        """Wait for this job's turn and point ``/opt/ml`` to its files.

        The turn ends with this process.

        Args:
            target: The job's ``/opt/ml``.
            stop: Ends the wait.
            tell: Receives a line for the job's log if there is a wait.

        Raises:
            ClientFault: There is no ``/opt/ml`` that this home may use, and none can be made.
            JobStoppedError: A stop was asked for.
        """
        self._make_first_link()
        self._wait(stop, tell)
        new = self._link.with_name("opt_ml.new")
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.replace(self._link)

    def _make_first_link(self) -> None:
        try:
            if _is_left_over():
                _OPT_ML.unlink()
            if not _OPT_ML.is_symlink():
                _OPT_ML.symlink_to(self._link)
        except OSError:
            pass
        if not _OPT_ML.is_symlink() or _OPT_ML.readlink() != self._link:
            raise ClientFault(
                "this host gives jobs no namespaces of their own, so /opt/ml must be a link to "
                f"{self._link}; make it once with: sudo mkdir -p /opt && "
                f"sudo ln -sfn '{self._link}' /opt/ml"
            )

    def _wait(self, stop: StopRequest, tell: Callable[[str], None]) -> None:
        if self._lock in _taken:
            return
        # Never closed: the lock goes with the process, whatever ends it.
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        told = False
        while True:
            stop.check()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    tell("Waiting for /opt/ml: another job has it.")
                told = True
                time.sleep(_WAIT_SECONDS)
            else:
                _taken.add(self._lock)
                return


def _is_left_over() -> bool:
    """Whether the link leads to a home that was deleted."""
    if not _OPT_ML.is_symlink():
        return False
    link = _OPT_ML.readlink()
    return link.name == _NAME and not link.parent.exists()

"""Giving a process the surroundings of a container with Linux namespaces, without privileges.

The processes are ``setpriv unshare python``, each replacing the one before but for the last, which
is process 1 of the container, runs ``enclosure`` and becomes the job's program. ``setpriv`` has the
kernel kill ``unshare`` with the supervisor, ``--kill-child`` has it kill process 1 with
``unshare``, and with process 1 dies all else.
"""

import errno
import io
import marshal
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from local_sagemaker.jobs.containers.surroundings import Surroundings

_NAMESPACES = (
    "--mount",
    "--uts",
    "--ipc",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
)
_PROGRAMS = ("unshare", "setpriv")
# unshare would end as its child did, by the same signal, and SIGKILL cannot be unblocked: what it
# then complains of says nothing of this host, only that process 1 was killed (util-linux 2.38).
_KILLED = "sigprocmask unblock failed"
_PACKAGES = str(Path(__file__).parents[3])

# Isolated and without site: nothing of the user's is read, and it starts in a few milliseconds.
# marshal: both ends are the same Python, and it takes no time to import.
_ENCLOSE = (
    *("-I", "-S", "-c"),
    "import marshal, sys; "
    f"sys.path.append({_PACKAGES!r}); "
    "from local_sagemaker.jobs.containers.enclosure import enclose; "
    "enclose(**marshal.load(sys.stdin.buffer))",
)

# Far more than it takes under any load: something on this host must be stuck.
_SETUP_SECONDS = 60
# Not what a host forbids, but what it has run out of.
_EXHAUSTED = frozenset({errno.ENOSPC, errno.ENOMEM, errno.EIO, errno.EMFILE, errno.ENFILE})


class ContainerSetupError(Exception):
    """The container's surroundings could not be made; the job's program never ran."""


class NamespacesUnavailableError(Exception):
    """This host gives no namespaces to this user."""


@dataclass(frozen=True)
class Enclosed:
    """A program that runs in namespaces of its own.

    Args:
        process: ``unshare``; its stdout receives what the program prints.
        weakness: Why the program may write outside its own directories; empty if it may not.
        complaints: What ``setpriv`` and ``unshare`` themselves complain of.
    """

    process: "subprocess.Popen[bytes]"
    weakness: str
    complaints: BinaryIO

    @property
    def complaint(self) -> str:
        """The text of ``complaints``."""
        self.complaints.seek(0)
        return self.complaints.read().decode("utf-8", errors="replace").strip()


def start(
    surroundings: Surroundings, program: list[str], environment: Mapping[str, str]
) -> Enclosed:
    """Run a program in these surroundings; returns when they are in place.

    Args:
        surroundings: What is around it.
        program: What it runs, and its arguments.
        environment: The whole environment of the program; what sets it up has another.

    Raises:
        NamespacesUnavailableError: This host does not allow it.
        ContainerSetupError: It is allowed, and failed.
    """
    missing = [name for name in _PROGRAMS if shutil.which(name) is None]
    if missing:
        raise NamespacesUnavailableError(f"not on PATH: {', '.join(missing)}")
    status, status_end = os.pipe()
    complaints = os.fdopen(os.memfd_create("complaints"), "r+b", buffering=0)
    with os.fdopen(status, "rb", buffering=0) as answer:
        try:
            with os.fdopen(os.memfd_create("setup"), "w+b") as setup:
                details = _details(surroundings, program, environment)
                marshal.dump({"status": status_end, **details}, setup)
                setup.seek(0)
                process = subprocess.Popen(
                    [*_prefix(), sys.executable, *_ENCLOSE],
                    env={"PATH": os.defpath},
                    stdin=setup,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                    pass_fds=(status_end,),
                    start_new_session=True,
                )
        finally:
            os.close(status_end)
        enclosed = Enclosed(process, "", complaints)
        try:
            return replace(enclosed, weakness=_weakness(answer, enclosed))
        except BaseException:
            _end(process)
            raise


def _details(
    surroundings: Surroundings, program: list[str], environment: Mapping[str, str]
) -> dict[str, object]:
    """The arguments of ``enclosure.enclose``, in types that ``marshal`` knows."""
    return {
        "host": str(surroundings.host),
        "name": surroundings.name,
        "directory": str(surroundings.directory),
        "hidden": str(surroundings.hidden),
        "own": [str(path) for path in surroundings.own],
        "visible": [str(path) for path in surroundings.visible],
        "runtime": str(surroundings.runtime or ""),
        "program": program,
        "environment": dict(environment),
    }


def _weakness(answer: io.FileIO, enclosed: Enclosed) -> str:
    if not select.select([answer], [], [], _SETUP_SECONDS)[0]:
        raise ContainerSetupError(f"the container was not made in {_SETUP_SECONDS} s")
    result, *details = answer.read(select.PIPE_BUF).decode("utf-8", "replace").split("\n", 2)
    if result == "ready":
        return details[0]
    if result == "failed":
        number, text = details
        if int(number) in _EXHAUSTED:
            raise ContainerSetupError(f"the container cannot be made: {text}")
        raise NamespacesUnavailableError(text)
    code = enclosed.process.wait()
    complaint = enclosed.complaint or f"exit code {code}"
    if _KILLED in complaint:
        raise ContainerSetupError("process 1 of the container was killed before it was ready")
    if complaint.startswith(_PROGRAMS):
        raise NamespacesUnavailableError(complaint)
    raise ContainerSetupError(f"the container's setup ended with: {complaint}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def unavailable() -> str | None:
    """Why this host gives no namespaces to this user; None if it does."""
    import tempfile  # Not for every job.

    with tempfile.TemporaryDirectory() as folder:
        host = Path(folder).resolve()
        for name in ("ml", "tmp", "hidden"):
            (host / name).mkdir()
        (host / "hosts").touch()
        surroundings = Surroundings(host, "algo-1", Path("/"), host / "hidden", (), (), None)
        try:
            enclosed = start(surroundings, ["true"], {"PATH": os.defpath})
        except NamespacesUnavailableError as error:
            return str(error)
        _end(enclosed.process)
        return None


def _prefix() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [_found("setpriv"), "--pdeathsig", "KILL", _found("unshare"), *user, *_NAMESPACES]


def _found(name: str) -> str:
    # Looked up with our PATH: the program's own may be anything.
    return shutil.which(name) or name

"""Following processes and what they print, in one thread."""

import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Literal

from local_sagemaker.jobs.lines import LineSplitter
from local_sagemaker.jobs.stopping import LOOK_SECONDS, Cause, StopRequest

Outcome = Literal["exited", "timeout"] | Cause

_READ_SIZE = 64 * 1024
# What a pipe can hold at most without privilege (/proc/sys/fs/pipe-max-size).
_PIPE_SIZE = 1024 * 1024


class LoggedProcess:
    """A process whose stdout and stderr come through one pipe, line by line.

    Args:
        process: Started with ``stdout=PIPE, stderr=STDOUT``.
        write: Receives each line.
        sweep: Called once when the process has ended, to end what it may have left running.
    """

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        write: Callable[[str], None],
        sweep: Callable[[], None] = lambda: None,
    ) -> None:
        assert process.stdout is not None  # noqa: S101 - as the argument's description says
        self.process = process
        self.exit_code: int | None = None
        self.usage: resource.struct_rusage | None = None
        self.open = True
        self._pipe = process.stdout
        self._lines = LineSplitter(write)
        self._sweep = sweep
        os.set_blocking(self.fileno(), False)

    def fileno(self) -> int:
        """The pipe's descriptor."""
        return self._pipe.fileno()

    def forward(self) -> int:
        """Hand on output that is there now.

        Returns:
            How many bytes there were; zero with ``open`` still set means none for now.
        """
        try:
            data = os.read(self.fileno(), _READ_SIZE)
        except BlockingIOError:
            return 0
        if not data:
            self.open = False
        self._lines.feed(data)
        return len(data)

    def reap(self) -> None:
        """If the process has ended, hand on the last of its output and set ``exit_code``.

        Something that the process left behind may hold the pipe open for ever, so this takes what
        the pipe holds and does not wait for its end.
        """
        if self.exit_code is None and (code := self._end()) is not None:
            self._sweep()
            left = _PIPE_SIZE
            while self.open and left > 0 and (count := self.forward()):
                left -= count
            self._lines.close()
            self.open = False
            self._pipe.close()
            # As shells and Docker count it: 137 is a process ended by SIGKILL.
            self.exit_code = code if code >= 0 else 128 - code

    def _end(self) -> int | None:
        """What ``poll`` of the process returns, which would lose what the process used."""
        if self.process.returncode is None:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                self.usage = usage
        return self.process.returncode


def watch(
    processes: Sequence[LoggedProcess],
    stop: StopRequest,
    timeout: float | None,
    heed_stop: bool = True,
    look: Callable[[], float] = lambda: LOOK_SECONDS,
) -> Outcome:
    """Follow processes until all have ended, or one has failed, or something cuts in.

    Args:
        processes: What to follow.
        stop: Whose wish ends the wait too.
        timeout: Seconds, or None for no limit; not disturbed by changes of the clock.
        heed_stop: Whether to return when a stop is asked for, or anything else cuts in.
        look: Called now and then; returns in how many seconds it wants to be called again.

    Returns:
        What ended the wait.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while not _ended(processes):
        if heed_stop and (cause := stop.cause):
            return cause
        left = LOOK_SECONDS if deadline is None else deadline - time.monotonic()
        if left <= 0:
            return "timeout"
        patience = stop.patience if heed_stop else LOOK_SECONDS
        readable: list[int | LoggedProcess] = [stop.wakeup]
        readable += [process for process in processes if process.open]
        ready, _, _ = select.select(readable, [], [], min(left, patience, look()))
        for source in ready:
            if isinstance(source, LoggedProcess):
                source.forward()
            else:
                stop.clear_wakeup()
        for process in processes:
            process.reap()
    return "exited"


def _ended(processes: Sequence[LoggedProcess]) -> bool:
    codes = [process.exit_code for process in processes]
    return None not in codes or any(codes)


def run_command(
    command: list[str],
    environment: Mapping[str, str],
    write: Callable[[str], None],
    inherited: int,
    *,
    stop: StopRequest,
) -> int:
    """Run a command of the service itself to its end, or to the job's.

    Args:
        command: Program and arguments.
        environment: Its whole environment.
        write: Receives its output line by line.
        inherited: A descriptor it keeps open, such as a lock.
        stop: Ends it, and all it started.

    Returns:
        Its exit code.

    Raises:
        JobStoppedError: A stop was asked for.
    """
    child = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        pass_fds=(inherited,),
    )
    process = LoggedProcess(child, write)
    try:
        watch([process], stop, None)
        if process.exit_code is None:
            stop.check()
    finally:
        if process.exit_code is None:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            watch([process], stop, None, heed_stop=False)
    assert process.exit_code is not None  # noqa: S101 - it was waited for
    return process.exit_code

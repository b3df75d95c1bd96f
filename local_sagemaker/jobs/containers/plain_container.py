"""A container in name only: processes of the host, where it allows no namespaces."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from local_sagemaker.jobs.containers import kernel
from local_sagemaker.jobs.containers.process_tree import descendants
from local_sagemaker.jobs.containers.surroundings import Surroundings
from local_sagemaker.jobs.watching import LoggedProcess

_SWEEP_SECONDS = 10.0
_PAUSE_SECONDS = 0.01


@dataclass
class PlainContainer:
    """All that comes of a process.

    This process takes in those whose parent has ended, so that all it started stay below it.

    Args:
        surroundings: Where it runs; most of them it has to do without.
        program: What it runs, and its arguments.
        environment: The whole environment of the program.
        write: Receives its output line by line.
    """

    surroundings: Surroundings
    program: list[str]
    environment: Mapping[str, str]
    write: Callable[[str], None]
    process: LoggedProcess = field(init=False)

    def __post_init__(self) -> None:
        with suppress(OSError, AttributeError):  # Linux alone has it.
            kernel.adopt_orphans()
        environment = {**self.environment, "TMPDIR": str(self.surroundings.host / "tmp")}
        # A shell reports a program that is not there, with the exit code Docker gives.
        shell = shutil.which("sh") or "/bin/sh"
        script = [shell, "-c", 'cd "$0" && unset OLDPWD && exec "$@"']
        command = [*_bound_to_us(), *script, str(self.surroundings.directory), *self.program]
        started = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.process = LoggedProcess(started, self.write, sweep=self.kill)

    def terminate(self) -> bool:
        """Send SIGTERM to the main process."""
        with suppress(ProcessLookupError):
            os.kill(self.process.process.pid, signal.SIGTERM)
        return True

    def kill(self) -> None:
        """Kill the main process and all that came of it, whatever session it has gone to."""
        main = self.process.process.pid
        with suppress(ProcessLookupError):
            os.killpg(main, signal.SIGKILL)
        deadline = time.monotonic() + _SWEEP_SECONDS
        while (left := [pid for pid in self.processes() if pid != main]) and (
            time.monotonic() < deadline
        ):
            for pid in left:
                with suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, os.WNOHANG)
            time.sleep(_PAUSE_SECONDS)

    def processes(self) -> list[int]:
        """All below this process: it runs nothing else beside a job's program."""
        return descendants(os.getpid())

    def exit_code(self) -> int:
        """The main process's own."""
        return self.process.exit_code or 0


def _bound_to_us() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []

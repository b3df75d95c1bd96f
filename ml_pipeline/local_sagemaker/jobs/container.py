"""A container without Docker: a process tree with an ``/opt/ml`` and a host name of its own."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from ml_pipeline.local_sagemaker.jobs import namespaces
from ml_pipeline.local_sagemaker.jobs.namespaces import Surroundings
from ml_pipeline.local_sagemaker.jobs.stopping import StopRequest
from ml_pipeline.local_sagemaker.jobs.watching import LoggedProcess, Outcome, watch

_KILLED = 128 + signal.SIGKILL


class ContainerSetupError(Exception):
    """The container's surroundings could not be made; the job's program never ran."""


class Container(Protocol):
    """One instance's processes."""

    process: LoggedProcess

    def terminate(self) -> bool:
        """Send SIGTERM to the main process; False if it would not notice."""

    def kill(self) -> None:
        """End everything at once."""

    def check(self) -> None:
        """Raise ``ContainerSetupError`` if what ended was not the job's program."""

    def exit_code(self) -> int:
        """The job's program's, as shells and Docker count it; for a container that has ended."""


@dataclass
class NamespaceContainer:
    """A container in namespaces of its own.

    Args:
        surroundings: What is around it.
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
        self._started = self.surroundings.host / "started"
        self._complaint = self.surroundings.host / "complaint"
        command = namespaces.container_command(self.surroundings, self.program)
        with self._complaint.open("wb") as complaint:
            started = _start(command, self.environment, complaint.fileno())
        self.process = LoggedProcess(started, self.write)

    def terminate(self) -> bool:
        """Send SIGTERM to process 1, which the kernel keeps from it unless it has a handler."""
        first = namespaces.first_process(self.process.process.pid)
        if first is None or not namespaces.catches(first, signal.SIGTERM):
            return False
        with suppress(ProcessLookupError):
            os.kill(first, signal.SIGTERM)
        return True

    def kill(self) -> None:
        """Kill process 1, and with it the whole container."""
        pid = self.process.process.pid
        first = namespaces.first_process(pid)
        with suppress(ProcessLookupError):
            os.kill(pid if first is None else first, signal.SIGKILL)

    def check(self) -> None:
        """Look for the mark that the setup left."""
        if not self._started.exists():
            complaint = self._complaint.read_text(encoding="utf-8", errors="replace").strip()
            raise ContainerSetupError(
                f"the container's setup ended with exit code {self.process.exit_code}: "
                f"{complaint or 'what it said is in the job log'}"
            )

    def exit_code(self) -> int:
        """What ``unshare`` passes on.

        When SIGKILL ended process 1 (as the kernel does when memory runs out), ``unshare`` tries in
        vain to die of it too, complains, and exits with 1.
        """
        code = self.process.exit_code or 0
        killed = code == 1 and self._started.exists() and self._complaint.stat().st_size > 0
        return _KILLED if killed else code


@dataclass
class PlainContainer:
    """A process group where the host has no namespaces for us; arguments as above."""

    surroundings: Surroundings
    program: list[str]
    environment: Mapping[str, str]
    write: Callable[[str], None]
    process: LoggedProcess = field(init=False)

    def __post_init__(self) -> None:
        environment = {**self.environment, "TMPDIR": str(self.surroundings.host / "tmp")}
        # A shell reports a program that is not there, with the exit code Docker gives.
        shell = shutil.which("sh") or "/bin/sh"
        script = [shell, "-c", 'cd "$0" && unset OLDPWD && exec "$@"']
        command = [*_bound_to_us(), *script, str(self.surroundings.directory), *self.program]
        started = _start(command, environment)
        self.process = LoggedProcess(started, self.write, sweep=self.kill)

    def terminate(self) -> bool:
        """Send SIGTERM to the main process."""
        self.process.process.send_signal(signal.SIGTERM)
        return True

    def kill(self) -> None:
        """Kill the process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.process.pid, signal.SIGKILL)

    def check(self) -> None:
        """There is no setup that could fail."""

    def exit_code(self) -> int:
        """The main process's own."""
        return self.process.exit_code or 0


def run(containers: Sequence[Container], stop: StopRequest, limit: float, grace: float) -> Outcome:
    """Run containers to their end, and leave nothing of them behind.

    One that fails ends them all.

    Args:
        containers: Already started.
        stop: Ends them before their time.
        limit: Seconds they may run.
        grace: Seconds between SIGTERM and SIGKILL. Not waited for if nobody caught SIGTERM: what no
            process noticed gives none the time to tidy up.

    Returns:
        Why they ended.

    Raises:
        ContainerSetupError: One never ran the job's program.
    """
    processes = [container.process for container in containers]
    try:
        outcome = watch(processes, stop, limit)
        if outcome != "exited":
            noticed = [container.terminate() for container in containers]
            if any(noticed):
                watch(processes, stop, grace, heed_stop=False)
    finally:
        for container in containers:
            if container.process.exit_code is None:
                container.kill()
        for process in processes:
            while process.exit_code is None:
                watch([process], stop, None, heed_stop=False)
    if outcome == "exited":
        for container in containers:
            container.check()
    return outcome


def _bound_to_us() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _start(
    command: list[str], environment: Mapping[str, str], errors: int = subprocess.STDOUT
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        start_new_session=True,
    )

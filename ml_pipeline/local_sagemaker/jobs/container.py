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
        command = namespaces.container_command(self.surroundings, self.program)
        self.process = LoggedProcess(_start(command, self.environment), self.write)

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
            raise ContainerSetupError(
                f"the container's setup ended with exit code {self.process.exit_code}; "
                "what it said is in the job's log"
            )


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


def _start(command: list[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )

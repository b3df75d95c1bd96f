"""A container in Linux namespaces, where the host allows them."""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from local_sagemaker.jobs.containers import namespaces
from local_sagemaker.jobs.containers.process_tree import (
    catches,
    descendants,
    first_child,
)
from local_sagemaker.jobs.containers.surroundings import Surroundings
from local_sagemaker.jobs.watching import LoggedProcess

_KILLED = 128 + signal.SIGKILL


@dataclass
class NamespaceContainer:
    """A container in namespaces of its own.

    Args:
        surroundings: What is around it.
        program: What it runs, and its arguments.
        environment: The whole environment of the program.
        write: Receives its output line by line.

    Raises:
        NamespacesUnavailableError: This host does not allow it.
        ContainerSetupError: Its surroundings could not be made.
    """

    surroundings: Surroundings
    program: list[str]
    environment: Mapping[str, str]
    write: Callable[[str], None]
    process: LoggedProcess = field(init=False)

    def __post_init__(self) -> None:
        self._enclosed = namespaces.start(self.surroundings, self.program, self.environment)
        self.process = LoggedProcess(self._enclosed.process, self.write)

    @property
    def weakness(self) -> str:
        """Why the program may write outside its own directories; empty if it may not."""
        return self._enclosed.weakness

    def terminate(self) -> bool:
        """Send SIGTERM to process 1, which the kernel keeps from it unless it has a handler."""
        first = first_child(self.process.process.pid)
        if first is None or not catches(first, signal.SIGTERM):
            return False
        with suppress(ProcessLookupError):
            os.kill(first, signal.SIGTERM)
        return True

    def kill(self) -> None:
        """Kill process 1, and with it the whole container."""
        pid = self.process.process.pid
        first = first_child(pid)
        with suppress(ProcessLookupError):
            os.kill(pid if first is None else first, signal.SIGKILL)

    def processes(self) -> list[int]:
        """All but ``unshare``."""
        return descendants(self.process.process.pid)

    def exit_code(self) -> int:
        """What ``unshare`` passes on.

        When SIGKILL ended process 1 (as the kernel does when memory runs out), ``unshare`` tries in
        vain to die of it too, complains, and exits with 1.
        """
        code = self.process.exit_code or 0
        return _KILLED if code == 1 and self._enclosed.complaint else code

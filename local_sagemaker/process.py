"""Telling one process from a later one that was given the same pid."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessId:
    """A process, for as long as it lives.

    Args:
        pid: The process id.
        started: When it started, in clock ticks since boot; empty where the host has no ``/proc``.
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """Identify a process that is running now."""
        return cls(pid, _start_ticks(pid))

    @classmethod
    def current(cls) -> "ProcessId":
        """Identify this process."""
        return cls.of(os.getpid())

    def alive(self) -> bool:
        """Whether the very process still runs (a zombie does not)."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return _start_ticks(self.pid) == self.started and _state(self.pid) != "Z"

    def signal(self, number: int) -> bool:
        """Send a signal, unless the process has gone.

        Returns:
            Whether it was sent.
        """
        if not self.alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def _stat_fields(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The second field is the program's name in parentheses, and may itself hold spaces.
    return text.rpartition(")")[2].split()


def _start_ticks(pid: int) -> str:
    fields = _stat_fields(pid)
    return fields[19] if fields else ""


def _state(pid: int) -> str:
    fields = _stat_fields(pid)
    return fields[0] if fields else ""

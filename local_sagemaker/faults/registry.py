"""The faults that are on."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local_sagemaker.faults.fault_types import FaultName
from local_sagemaker.faults.model import Fault
from local_sagemaker.faults.schedule import Schedule


@dataclass
class _Active:
    fault: Fault
    schedule: Schedule
    hits: int = 0


class Faults:
    """All faults of one daemon; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: dict[str, _Active] = {}
        self._number = 0

    def add(self, fault: Fault) -> str:
        """Let a fault strike from now on.

        Returns:
            Its id.
        """
        with self._lock:
            self._number += 1
            while str(self._number) in self._active:
                self._number += 1
            identity = str(self._number)
            self._active[identity] = _Active(fault, Schedule(fault))
        return identity

    def put(self, identity: str, fault: Fault) -> None:
        """Let a fault strike under an id of the caller's, instead of the one that has it."""
        with self._lock:
            self._active[identity] = _Active(fault, Schedule(fault))

    def remove(self, identity: str) -> bool:
        """End a fault.

        Returns:
            Whether there was one of that id.
        """
        with self._lock:
            return self._active.pop(identity, None) is not None

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._active.clear()

    def described(self) -> list[dict[str, Any]]:
        """All faults, oldest first, with their ids and how often each has struck."""
        with self._lock:
            return [
                {"id": identity, **active.fault.described(), "hits": active.hits}
                for identity, active in self._active.items()
            ]

    def matching(self, kind: FaultName, about: Callable[[Fault], bool]) -> list[Fault]:
        """The faults of a kind that are about something, struck or not."""
        return [active.fault for active in self._of(kind, about)]

    def first(self, kind: FaultName, about: Callable[[Fault], bool]) -> Fault | None:
        """The first fault of a kind that is about a call and strikes it; that counts as a hit."""
        with self._lock:
            for active in self._of(kind, about):
                if active.schedule.due():
                    active.hits += 1
                    return active.fault
        return None

    def _of(self, kind: FaultName, about: Callable[[Fault], bool]) -> Iterator[_Active]:
        for active in tuple(self._active.values()):
            if active.fault.fault == kind and about(active.fault):
                yield active

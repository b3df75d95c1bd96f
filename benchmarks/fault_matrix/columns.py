"""Work on both kinds of jobs at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from benchmarks.fault_matrix.trouble import Kind

T = TypeVar("T")

KINDS: tuple[Kind, ...] = ("processing", "training")


def side_by_side(work: Callable[[Kind, Event], T]) -> list[T]:
    """What the work gives for each kind.

    Args:
        work: Gets a kind, and an event upon which it is to end early: somebody pressed Ctrl-C.
    """
    over = Event()
    with ThreadPoolExecutor(len(KINDS)) as pool:
        futures = [pool.submit(work, kind, over) for kind in KINDS]
        try:
            return [future.result() for future in futures]
        finally:
            over.set()

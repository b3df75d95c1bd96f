"""Work in threads, with its results in order and only so much of it at once."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = max(len(os.sched_getaffinity(0)), 2)
"""pyarrow and numpy let go of the interpreter's lock while they work."""


def ordered(function: Callable[[T], R], items: Iterable[T]) -> Generator[R, None, None]:
    """Call a function on every item, a few at a time.

    Args:
        function: Called in several threads.
        items: Taken one by one, in the caller's thread, as room becomes free.

    Yields:
        Results, in the order of the items. Once it is closed, nothing is called any more.
    """
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > THREADS:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

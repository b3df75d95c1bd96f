"""One thread that writes, and commits for many at once.

To wait for the disk takes as long for a hundred records as for one.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from local_sagemaker.service_errors import ServiceError
from local_sagemaker.sqlite_file import SqliteFile

T = TypeVar("T")

Change = Callable[[sqlite3.Connection], T]
"""Writes within a transaction. What it refuses it must refuse, by a ``ServiceError``, before it has
written anything: the transaction is not its own."""

_AT_ONCE = 1000
_CACHE_KIB = 16 * 1024


class GroupCommit:
    """Makes changes in the order in which they come, those that wait together in one transaction.

    Args:
        file: The database.
    """

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._waiting: queue.SimpleQueue[tuple[Change[Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._run, name="feature-store", daemon=True)
        self._thread.start()

    def run(self, change: Change[T]) -> T:
        """Make a change, and return once it is on the disk.

        Returns:
            What the change returned.

        Raises:
            ServiceError: The change refused.
            sqlite3.Error: It cannot be written, and nothing of it was.
        """
        done: Future[T] = Future()
        self._waiting.put((change, done))
        return done.result()

    def stop(self) -> None:
        """End the thread, when all that was asked for before is done."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        self._file.connection().execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        while (batch := self._next()) is not None:
            self._commit(batch)

    def _next(self) -> list[tuple[Change[Any], Future[Any]]] | None:
        """What waits, once something does; None at the end."""
        first = self._waiting.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < _AT_ONCE and not self._waiting.empty():
            another = self._waiting.get()
            if another is None:
                self._waiting.put(None)
                break
            batch.append(another)
        return batch

    def _commit(self, batch: list[tuple[Change[Any], Future[Any]]]) -> None:
        ends: list[Callable[[], None]] = []
        try:
            with self._file.transaction() as connection:
                ends = [_end_of(change, done, connection) for change, done in batch]
        except Exception as error:
            for _, done in batch:
                done.set_exception(error)
            return
        for end in ends:
            end()


def _end_of(
    change: Change[Any], done: "Future[Any]", connection: sqlite3.Connection
) -> Callable[[], None]:
    """Make a change; what to tell its caller after the commit."""
    try:
        result = change(connection)
    except ServiceError as error:
        refusal = error
        return lambda: done.set_exception(refusal)
    return lambda: done.set_result(result)

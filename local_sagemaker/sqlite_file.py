"""A SQLite file that several processes and threads use at once."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class SqliteFile:
    """A database; every thread has a connection of its own.

    What was committed is on the disk, not only in the page cache.

    Args:
        path: The file; made with mode 0600 if it is not there.
        prepare: Brings its tables to what this version expects; no two processes do so at once.
    """

    def __init__(self, path: Path, prepare: Callable[[sqlite3.Connection], None]) -> None:
        self._path = path
        self._local = threading.local()
        lock = os.open(f"{path}-lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            # Two processes that switch a new file to WAL at once can get "database is locked" in
            # spite of the timeout.
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Only if it is new: to close a file that SQLite has open drops SQLite's locks on it, as
            # POSIX locks belong to the process.
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
            self.connection().execute("PRAGMA journal_mode = WAL")
            prepare(self.connection())
        finally:
            os.close(lock)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode: for what needs no transaction."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, or roll back on an exception."""
        connection = self.connection()
        # Immediate: transactions that begin as reads and then write deadlock.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # A full disk has undone it already; a commit that failed has not.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

"""The SQLite file behind the index: schema, connections, transactions."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA_VERSION = 1

# Keys compare as UTF-8 bytes (SQLite's BINARY collation on TEXT), which is the order S3 lists them
# in. `parts` holds the parts of uploads in progress and stays as the layout of the completed
# object's file.
_SCHEMA = """
CREATE TABLE buckets (
    name TEXT PRIMARY KEY, created REAL NOT NULL, location TEXT NOT NULL, tags TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE objects (
    bucket TEXT NOT NULL REFERENCES buckets (name), key TEXT NOT NULL, blob TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, etag TEXT NOT NULL, last_modified REAL NOT NULL,
    content_type TEXT NOT NULL, metadata TEXT NOT NULL, headers TEXT NOT NULL, tags TEXT NOT NULL,
    checksum_algorithm TEXT, checksum_value TEXT, checksum_type TEXT,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, bucket TEXT NOT NULL REFERENCES buckets (name), key TEXT NOT NULL,
    initiated REAL NOT NULL, allocated INTEGER NOT NULL, content_type TEXT NOT NULL,
    metadata TEXT NOT NULL, headers TEXT NOT NULL, tags TEXT NOT NULL,
    checksum_algorithm TEXT, checksum_type TEXT
) WITHOUT ROWID;
CREATE INDEX uploads_by_key ON uploads (bucket, key, id);
CREATE TABLE parts (
    blob TEXT NOT NULL, number INTEGER NOT NULL, offset INTEGER NOT NULL, size INTEGER NOT NULL,
    etag TEXT NOT NULL, last_modified REAL NOT NULL, checksum TEXT,
    PRIMARY KEY (blob, number)
) WITHOUT ROWID;
"""


class Database:
    """One SQLite file, used by any number of processes and threads; one connection per thread.

    Args:
        path: The file; created with mode 0600 if absent.

    Raises:
        RuntimeError: The file was written by another version of this package.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        lock = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            # Two processes that switch a new file to WAL at once can get "database is locked" in
            # spite of the timeout.
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._prepare()
        finally:
            os.close(lock)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit mode: for reads that need no transaction."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
            connection.row_factory = sqlite3.Row
            # FULL: a commit is on the disk, not only in the page cache, before it is acknowledged.
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, or roll back on an exception."""
        connection = self.connection()
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def _prepare(self) -> None:
        # Only if it is new: to close a file that SQLite has open drops SQLite's locks on it, as
        # POSIX locks belong to the process.
        if not self._path.exists():
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL, 0o600))
        connection = self.connection()
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.execute("PRAGMA journal_mode = WAL")
            statements = f"BEGIN; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;"
            connection.executescript(statements)
        elif version != _SCHEMA_VERSION:
            raise RuntimeError(
                f"{self._path} has format {version}, this version reads {_SCHEMA_VERSION}: "
                "move the folder away, or use the version that wrote it"
            )

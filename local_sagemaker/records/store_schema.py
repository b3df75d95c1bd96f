"""The tables of the job store, and how those of an earlier version become them."""

import sqlite3
from collections.abc import Sequence

_JOBS_AND_TAGS = """
CREATE TABLE IF NOT EXISTS jobs (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    arn TEXT NOT NULL UNIQUE,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    status TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    pid INTEGER,
    pid_started TEXT,
    PRIMARY KEY (kind, name)
);
CREATE INDEX IF NOT EXISTS jobs_by_creation ON jobs (kind, created, name);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status);
CREATE TABLE IF NOT EXISTS tags (
    arn TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (arn, key)
);
"""

_LISTS_AND_WARM_POOLS = """
CREATE INDEX jobs_by_kind_and_status ON jobs (kind, status, name);
CREATE TABLE warm_pools (
    name TEXT PRIMARY KEY,
    requirements TEXT NOT NULL,
    keep_alive INTEGER NOT NULL,
    freed REAL,
    until REAL,
    reused_by TEXT
);
CREATE INDEX warm_pools_by_requirements ON warm_pools (requirements, until);
"""

_STEPS: Sequence[str] = (_JOBS_AND_TAGS, _LISTS_AND_WARM_POOLS)
"""What takes a database from each version to the next; the first found no version written down."""


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a database, new or of an earlier version, to this one; several processes may try.

    Args:
        connection: In autocommit mode.

    Raises:
        sqlite3.DatabaseError: It belongs to a later version, or is no database.
    """
    if _version(connection) == len(_STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(_STEPS):
            raise sqlite3.DatabaseError("it was written by a later version of this package")
        for step in _STEPS[version:]:
            # Not executescript, which would commit what was begun.
            for statement in filter(str.strip, step.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_STEPS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])

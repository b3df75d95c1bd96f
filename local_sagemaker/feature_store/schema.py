"""The tables of the feature store."""

import sqlite3

_VERSION = 1

_TABLES = """
CREATE TABLE groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    members TEXT NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX groups_by_name ON groups (name) WHERE NOT deleted;
CREATE TABLE tags (
    group_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (group_id, key)
);
CREATE TABLE counts (
    group_id INTEGER PRIMARY KEY,
    online INTEGER NOT NULL,
    offline INTEGER NOT NULL
);
CREATE TABLE records (
    group_id INTEGER NOT NULL,
    identifier TEXT NOT NULL,
    event_time REAL NOT NULL,
    expires REAL,
    deleted INTEGER NOT NULL,
    features TEXT NOT NULL
);
CREATE UNIQUE INDEX records_by_identifier ON records (group_id, identifier);
CREATE INDEX records_by_expiry ON records (expires) WHERE expires IS NOT NULL;
CREATE TABLE offline_rows (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    group_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    event_time REAL NOT NULL,
    invoked REAL NOT NULL,
    deleted INTEGER NOT NULL,
    features TEXT NOT NULL
);
CREATE INDEX offline_rows_by_hour ON offline_rows (group_id, hour, number);
CREATE TABLE offline_files (
    group_id INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    last_row INTEGER NOT NULL,
    name TEXT NOT NULL,
    written REAL NOT NULL,
    PRIMARY KEY (group_id, hour)
);
"""
"""A group's row in ``counts`` is there for as long as the group takes records; what else there is
of it stays until it is in S3, or removed. A file that is begun has all rows of its group and hour
up to ``last_row``."""


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, if they are not there.

    Args:
        connection: In autocommit mode; no other process does this at the same time.

    Raises:
        sqlite3.DatabaseError: They belong to a later version, or this is no database.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > _VERSION:
        raise sqlite3.DatabaseError("it was written by a later version of this package")
    if version < _VERSION:
        script = f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;"
        connection.executescript(script)

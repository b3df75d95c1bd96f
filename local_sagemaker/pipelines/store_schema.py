"""The tables of the pipeline store."""

import sqlite3

_VERSION = 1
_TABLES = """
CREATE TABLE pipelines (
    name TEXT PRIMARY KEY,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    last_run REAL,
    token TEXT NOT NULL,
    definition TEXT NOT NULL,
    members TEXT NOT NULL
);
CREATE TABLE executions (
    id TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL REFERENCES pipelines (name) ON DELETE CASCADE,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    status TEXT NOT NULL,
    token TEXT NOT NULL,
    definition TEXT NOT NULL,
    members TEXT NOT NULL,
    UNIQUE (pipeline, token)
);
CREATE INDEX executions_by_creation ON executions (pipeline, created, id);
CREATE INDEX executions_by_status ON executions (status);
CREATE TABLE steps (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    execution TEXT NOT NULL REFERENCES executions (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL,
    job TEXT,
    cache_key TEXT,
    details TEXT NOT NULL,
    UNIQUE (execution, name)
);
CREATE INDEX steps_by_job ON steps (job);
CREATE INDEX steps_by_cache_key ON steps (cache_key, ended)
"""


def upgrade(connection: sqlite3.Connection) -> None:
    """Make the tables, unless they are there; only one process does so at a time.

    Raises:
        sqlite3.DatabaseError: They belong to a later version.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > _VERSION:
        raise sqlite3.DatabaseError("it was written by a later version of this package")
    if version == _VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")

"""The tables behind the index."""

import sqlite3

_SCHEMA_VERSION = 1

# Keys compare as UTF-8 bytes (SQLite's BINARY collation on TEXT), which is the order S3 lists them
# in. ``parts`` holds the parts of uploads in progress and stays as the layout of the completed
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


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables of a new file.

    Args:
        connection: In autocommit mode.

    Raises:
        RuntimeError: The file was written by another version of this package.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        connection.executescript(
            f"BEGIN; {_SCHEMA} PRAGMA user_version = {_SCHEMA_VERSION}; COMMIT;"
        )
    elif version != _SCHEMA_VERSION:
        [(_, _, path)] = connection.execute("PRAGMA database_list")
        raise RuntimeError(
            f"{path} has format {version}, this version reads {_SCHEMA_VERSION}: "
            "move the folder away, or use the version that wrote it"
        )

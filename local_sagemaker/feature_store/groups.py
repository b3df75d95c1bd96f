"""The feature groups' own table."""

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from local_sagemaker.feature_store.group import FeatureGroup
from local_sagemaker.service_errors import ServiceError

_COLUMNS = "id, name, created, modified, members"


def load(connection: sqlite3.Connection) -> list[FeatureGroup]:
    """All groups that are not deleted."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM groups WHERE NOT deleted")
    return [_group(row) for row in rows]


def deleted(connection: sqlite3.Connection) -> list[FeatureGroup]:
    """The deleted groups of which something is left."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM groups WHERE deleted")
    return [_group(row) for row in rows]


def insert(
    connection: sqlite3.Connection, name: str, members: Mapping[str, Any], tags: Mapping[str, str]
) -> FeatureGroup:
    """Add a group.

    Raises:
        ServiceError: There is one of that name.
    """
    taken, last = connection.execute(
        "SELECT sum(NOT deleted), max(created) FROM groups WHERE name = ?", (name,)
    ).fetchone()
    if taken:
        raise ServiceError(
            "ResourceInUse",
            f"Resource Already Exists: FeatureGroup with name {name} already exists. "
            f"Choose a different name.\nInfo: Feature Group '{name}' already exists.",
        )
    # The second is in the address of the offline store, which no two groups may share.
    created = max(time.time(), (last or 0) + 1)
    [added] = connection.execute(
        "INSERT INTO groups (name, created, modified, members) VALUES (?, ?, ?, ?) RETURNING id",
        (name, created, created, json.dumps(members)),
    ).fetchone()
    connection.execute("INSERT INTO counts VALUES (?, 0, 0)", (added,))
    put_tags(connection, added, tags)
    return FeatureGroup(added, name, created, created, members)


def update(
    connection: sqlite3.Connection, group: FeatureGroup, members: Mapping[str, Any]
) -> FeatureGroup:
    """Give a group other members."""
    modified = max(group.modified, time.time())
    connection.execute(
        "UPDATE groups SET members = ?, modified = ? WHERE id = ?",
        (json.dumps(members), modified, group.id),
    )
    return FeatureGroup(group.id, group.name, group.created, modified, members)


def mark_deleted(connection: sqlite3.Connection, group: FeatureGroup) -> None:
    """Make a group's name free; its rows are left for ``purge``."""
    connection.execute("UPDATE groups SET deleted = 1 WHERE id = ?", (group.id,))
    connection.execute("DELETE FROM counts WHERE group_id = ?", (group.id,))
    connection.execute("DELETE FROM tags WHERE group_id = ?", (group.id,))


def purge(connection: sqlite3.Connection, group: FeatureGroup, most: int) -> bool:
    """Remove some of the records of a deleted group, and the group with the last.

    Returns:
        Whether there are more.
    """
    removed = connection.execute(
        "DELETE FROM records WHERE rowid IN (SELECT rowid FROM records WHERE group_id = ? LIMIT ?)",
        (group.id, most),
    ).rowcount
    if removed < most:
        connection.execute("DELETE FROM groups WHERE id = ?", (group.id,))
    return removed == most


def counts(connection: sqlite3.Connection, group: FeatureGroup) -> tuple[int, int]:
    """How many records of a group are online, and how many rows it has given the offline store."""
    row = connection.execute(
        "SELECT online, offline FROM counts WHERE group_id = ?", (group.id,)
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def count(connection: sqlite3.Connection, group_id: int, online: int, offline: int) -> None:
    """Add to a group's counts."""
    connection.execute(
        "UPDATE counts SET online = online + ?, offline = offline + ? WHERE group_id = ?",
        (online, offline, group_id),
    )


def takes_records(connection: sqlite3.Connection, group: FeatureGroup) -> bool:
    """Whether a group is not deleted."""
    found = connection.execute("SELECT 1 FROM counts WHERE group_id = ?", (group.id,))
    return found.fetchone() is not None


def tags(connection: sqlite3.Connection, group: FeatureGroup) -> dict[str, str]:
    """A group's tags."""
    rows = connection.execute(
        "SELECT key, value FROM tags WHERE group_id = ? ORDER BY key", (group.id,)
    ).fetchall()
    return dict(rows)


def put_tags(connection: sqlite3.Connection, group_id: int, tags: Mapping[str, str]) -> None:
    """Add tags, replacing those of the same keys."""
    connection.executemany(
        "INSERT OR REPLACE INTO tags VALUES (?, ?, ?)",
        [(group_id, key, value) for key, value in tags.items()],
    )


def delete_tags(connection: sqlite3.Connection, group_id: int, keys: list[str]) -> None:
    """Remove tags; keys that are not there are passed over."""
    connection.executemany(
        "DELETE FROM tags WHERE group_id = ? AND key = ?", [(group_id, key) for key in keys]
    )


def _group(row: sqlite3.Row) -> FeatureGroup:
    return FeatureGroup(row[0], row[1], row[2], row[3], json.loads(row[4]))

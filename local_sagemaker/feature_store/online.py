"""The online store: the newest record of each identifier."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from local_sagemaker.feature_store import groups
from local_sagemaker.feature_store.group import FeatureGroup
from local_sagemaker.feature_store.record import Record, Value

_SELECT = "SELECT rowid, event_time, expires, deleted FROM records"


@dataclass(frozen=True)
class Found:
    """What the online store has of an identifier.

    Args:
        features: The values by name.
        expires: Until when it is kept, in seconds since the epoch; None: for ever.
    """

    features: Mapping[str, Value]
    expires: float | None


def put(
    connection: sqlite3.Connection,
    group: FeatureGroup,
    record: Record,
    expires: float | None,
    now: float,
) -> None:
    """Keep a record, or that it is deleted, unless there is one as new."""
    there = _there(connection, group, record.identifier)
    values = (record.event_time, expires, record.deleted, json.dumps(record.features))
    if there is None:
        connection.execute(
            "INSERT INTO records (event_time, expires, deleted, features, group_id, identifier)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*values, group.id, record.identifier),
        )
        groups.count(connection, group.id, 0 if record.deleted else 1, 0)
        return
    if record.event_time <= there["event_time"] and not _expired(there, now):
        return
    connection.execute(
        "UPDATE records SET event_time = ?, expires = ?, deleted = ?, features = ? WHERE rowid = ?",
        (*values, there["rowid"]),
    )
    if record.deleted != bool(there["deleted"]):
        groups.count(connection, group.id, -1 if record.deleted else 1, 0)


def remove(connection: sqlite3.Connection, group: FeatureGroup, identifier: str) -> None:
    """Remove all that there is of an identifier."""
    there = _there(connection, group, identifier)
    if there is not None:
        connection.execute("DELETE FROM records WHERE rowid = ?", (there["rowid"],))
        groups.count(connection, group.id, 0 if there["deleted"] else -1, 0)


def newest(
    connection: sqlite3.Connection, group: FeatureGroup, identifier: str, now: float
) -> float | None:
    """The event time of what there is of an identifier; None if there is nothing."""
    there = _there(connection, group, identifier)
    return None if there is None or _expired(there, now) else float(there["event_time"])


def get(
    connection: sqlite3.Connection, group: FeatureGroup, identifier: str, now: float
) -> Found | None:
    """A record that is neither deleted nor expired."""
    row = connection.execute(
        "SELECT features, expires FROM records WHERE group_id = ? AND identifier = ?"
        " AND NOT deleted AND (expires IS NULL OR expires > ?)",
        (group.id, identifier, now),
    ).fetchone()
    return None if row is None else Found(json.loads(row[0]), row[1])


def identifiers(
    connection: sqlite3.Connection,
    group: FeatureGroup,
    after: str | None,
    most: int,
    now: float,
    *,
    deleted: bool,
) -> list[str]:
    """The identifiers of the records that are there, in their order.

    Args:
        connection: To the database.
        group: Whose.
        after: The last of those that are not wanted any more; None for all.
        most: How many.
        now: The time.
        deleted: Whether those of records that are softly deleted are wanted, too.
    """
    rows = connection.execute(
        "SELECT identifier FROM records WHERE group_id = ? AND (? IS NULL OR identifier > ?)"
        " AND (? OR NOT deleted) AND (expires IS NULL OR expires > ?)"
        " ORDER BY identifier LIMIT ?",
        (group.id, after, after, deleted, now, most),
    )
    return [row[0] for row in rows]


def next_expiry(connection: sqlite3.Connection) -> float | None:
    """When the first record expires; None if none does."""
    row = connection.execute("SELECT min(expires) FROM records WHERE expires IS NOT NULL")
    found: float | None = row.fetchone()[0]
    return found


def expire(connection: sqlite3.Connection, now: float, most: int) -> bool:
    """Remove some of the expired records.

    Returns:
        Whether there are more.
    """
    rows = connection.execute(
        "SELECT rowid, group_id, deleted FROM records WHERE expires <= ? LIMIT ?", (now, most)
    ).fetchall()
    for row in rows:
        connection.execute("DELETE FROM records WHERE rowid = ?", (row["rowid"],))
        groups.count(connection, row["group_id"], 0 if row["deleted"] else -1, 0)
    return len(rows) == most


def _there(
    connection: sqlite3.Connection, group: FeatureGroup, identifier: str
) -> sqlite3.Row | None:
    row: sqlite3.Row | None = connection.execute(
        f"{_SELECT} WHERE group_id = ? AND identifier = ?", (group.id, identifier)
    ).fetchone()
    return row


def _expired(row: sqlite3.Row, now: float) -> bool:
    return row["expires"] is not None and row["expires"] <= now

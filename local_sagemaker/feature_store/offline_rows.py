"""Rows on their way to the offline store.

A row belongs to the first file of its group and hour that is begun after it. A file is begun by
writing down its name and its last row, and ended by removing it and its rows: whoever was killed
between the two, the next one writes the same rows under the same name.
"""

import json
import secrets
import sqlite3
import string
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from local_sagemaker.feature_store import groups
from local_sagemaker.feature_store.group import FeatureGroup
from local_sagemaker.feature_store.record import Record

_MOST_ROWS = 50_000
_MOST_BYTES = 32 * 1024 * 1024
_ALPHANUMERIC = string.ascii_letters + string.digits
_HOUR = 3600


@dataclass(frozen=True)
class OfflineFile:
    """A file that is begun.

    Args:
        hour: Of their event times, in hours since the epoch.
        last_row: The number of its last row.
        name: Its name within its hour's folder.
        written: The ``write_time`` of its rows, in seconds since the epoch.
    """

    hour: int
    last_row: int
    name: str
    written: float


@dataclass(frozen=True)
class OfflineRow:
    """A row of the offline store.

    Args:
        record: What it has of a record.
        invoked: Its ``api_invocation_time``, in seconds since the epoch.
    """

    record: Record
    invoked: float


def add(connection: sqlite3.Connection, group: FeatureGroup, record: Record, now: float) -> None:
    """Note a row that is to go to the offline store."""
    connection.execute(
        "INSERT INTO offline_rows (group_id, hour, event_time, invoked, deleted, features)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            group.id,
            int(record.event_time // _HOUR),
            record.event_time,
            now,
            record.deleted,
            json.dumps(record.features),
        ),
    )
    groups.count(connection, group.id, 0, 1)


def hours(connection: sqlite3.Connection, group: FeatureGroup) -> list[int]:
    """The hours of which a group has rows."""
    rows = connection.execute(
        "SELECT DISTINCT hour FROM offline_rows WHERE group_id = ?", (group.id,)
    )
    return [row[0] for row in rows.fetchall()]


def begin(connection: sqlite3.Connection, group: FeatureGroup, hour: int) -> OfflineFile | None:
    """The file that is to be written next for a group's hour: the one that is begun, or a new one.

    Returns:
        The file; None if there are no rows.
    """
    begun = connection.execute(
        "SELECT hour, last_row, name, written FROM offline_files WHERE group_id = ? AND hour = ?",
        (group.id, hour),
    ).fetchone()
    if begun:
        return OfflineFile(*begun)
    number, latest = _extent(connection, group, hour)
    if not number:
        return None
    file = OfflineFile(hour, number, _name(latest), time.time())
    connection.execute(
        "INSERT INTO offline_files VALUES (?, ?, ?, ?, ?)",
        (group.id, hour, number, file.name, file.written),
    )
    return file


def rows_of(
    connection: sqlite3.Connection, group: FeatureGroup, file: OfflineFile
) -> Iterator[OfflineRow]:
    """A file's rows, in the order in which they came."""
    rows = connection.execute(
        "SELECT event_time, invoked, deleted, features FROM offline_rows"
        " WHERE group_id = ? AND hour = ? AND number <= ? ORDER BY number",
        (group.id, file.hour, file.last_row),
    )
    for row in rows:
        record = Record("", row["event_time"], json.loads(row["features"]), bool(row["deleted"]))
        yield OfflineRow(record, row["invoked"])


def end(connection: sqlite3.Connection, group: FeatureGroup, file: OfflineFile) -> None:
    """Forget a file that is written, and its rows."""
    connection.execute(
        "DELETE FROM offline_rows WHERE group_id = ? AND hour = ? AND number <= ?",
        (group.id, file.hour, file.last_row),
    )
    connection.execute(
        "DELETE FROM offline_files WHERE group_id = ? AND hour = ?", (group.id, file.hour)
    )


def drop(connection: sqlite3.Connection, group: FeatureGroup) -> None:
    """Forget all rows of a group."""
    for table in ("offline_rows", "offline_files"):
        connection.execute(f"DELETE FROM {table} WHERE group_id = ?", (group.id,))


def _extent(connection: sqlite3.Connection, group: FeatureGroup, hour: int) -> tuple[int, float]:
    """The last row that a new file has room for, and the latest event time of its rows."""
    rows = connection.execute(
        "SELECT number, event_time, length(features) FROM offline_rows"
        " WHERE group_id = ? AND hour = ? ORDER BY number LIMIT ?",
        (group.id, hour, _MOST_ROWS),
    )
    number, latest, size = 0, 0.0, 0
    for row in rows:
        number, latest, size = row[0], max(latest, row[1]), size + row[2]
        if size > _MOST_BYTES:
            break
    return number, latest


def _name(latest: float) -> str:
    moment = datetime.fromtimestamp(latest, timezone.utc)
    random = "".join(secrets.choice(_ALPHANUMERIC) for _ in range(16))
    return f"{moment:%Y%m%dT%H%M%SZ}_{random}.parquet"

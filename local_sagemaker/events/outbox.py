"""The changes of jobs that are still to be told.

Triggers write them, so no process that changes a job can forget to, and none needs to know.
"""

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_sagemaker.kinds import KINDS
from local_sagemaker.records.store import Job

_COLUMNS = "kind, name, arn, created, modified, request, state"
_NEW = ", ".join(f"NEW.{column}" for column in _COLUMNS.split(", "))
_STEPS = "$.SecondaryStatusTransitions"

# What is no JSON to SQLite, such as a metric that is not a number, must not keep a job from ending.
_SECONDARY = "CASE WHEN json_valid({0}) THEN json_extract({0}, '$.SecondaryStatus') END"
_KNOWN = f"CASE WHEN json_valid(OLD.state) THEN json_array_length(OLD.state, '{_STEPS}') END"

_TABLE = """CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL DEFAULT (lower(hex(randomblob(16)))),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    arn TEXT NOT NULL,
    created REAL NOT NULL,
    modified REAL NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    known INTEGER
)"""
_TRIGGERS = {
    "outbox_added": ("AFTER INSERT ON jobs", "0"),
    "outbox_changed": (
        "AFTER UPDATE OF state ON jobs WHEN OLD.status IS NOT NEW.status OR "
        f"{_SECONDARY.format('OLD.state')} IS NOT {_SECONDARY.format('NEW.state')}",
        _KNOWN,
    ),
}
"""When a change is written down, and how many of its secondary statuses are known then."""


@dataclass(frozen=True)
class Change:
    """A change that is still to be told.

    Args:
        number: Greater than that of every earlier change.
        id: Its own for ever.
        job: The job as it was then.
        tags: The job's tags.
        known: How many transitions of the secondary status were there before it.
    """

    number: int
    id: str
    job: Job
    tags: dict[str, str]
    known: int


def switch(path: Path, *, on: bool) -> None:
    """Have changes written down from now on, by all processes, or not.

    What was not told when it is switched off never will be.

    Args:
        path: The job store's file.
        on: Whether there is a queue to tell.
    """
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        known = "SELECT 1 FROM sqlite_master WHERE name LIKE 'outbox%'"
        if not on and connection.execute(known).fetchone() is None:
            return
        connection.execute("BEGIN IMMEDIATE")
        for trigger in _TRIGGERS:
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        if on:
            connection.execute(_TABLE)
            for trigger, (condition, known) in _TRIGGERS.items():
                insert = f"INSERT INTO outbox ({_COLUMNS}, known) VALUES ({_NEW}, {known});"
                connection.execute(f"CREATE TRIGGER {trigger} {condition} BEGIN {insert} END")
        else:
            connection.execute("DROP TABLE IF EXISTS outbox")
        connection.execute("COMMIT")
    finally:
        connection.close()


class Outbox:
    """Reads what is to be told; for one thread.

    Args:
        path: The job store's file.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        self._version: int | None = None

    def touched(self) -> bool:
        """Whether anybody has written to the job store since this was last asked."""
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        before, self._version = self._version, version
        return bool(before != version)

    def first(self, limit: int) -> list[Change]:
        """The oldest changes."""
        rows = self._connection.execute(
            f"SELECT number, id, known, {_COLUMNS} FROM outbox ORDER BY number LIMIT ?", (limit,)
        ).fetchall()
        return [self._change(row) for row in rows]

    def forget(self, number: int) -> None:
        """Forget the changes up to a number: they were told."""
        self._connection.execute("DELETE FROM outbox WHERE number <= ?", (number,))

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _change(self, row: tuple[Any, ...]) -> Change:
        number, identity, known, kind, name, arn, created, modified, request, state = row
        tags = self._connection.execute("SELECT key, value FROM tags WHERE arn = ?", (arn,))
        requested, stood = json.loads(request), json.loads(state)
        job = Job(KINDS[kind], name, arn, created, modified, requested, stood, None)
        # Without a number none is to be told but the last one.
        known = len(job.state.get("SecondaryStatusTransitions", [])) if known is None else known
        return Change(number, identity, job, dict(tags.fetchall()), known)

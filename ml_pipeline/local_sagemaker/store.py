"""The records of jobs: one SQLite file, written by the daemon and by every supervisor."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_pipeline.local_sagemaker.home import JobKind
from ml_pipeline.local_sagemaker.job_query import JobQuery
from ml_pipeline.local_sagemaker.process import ProcessId

TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
"""A job that has one of these statuses never changes again."""

STATUS_MEMBER: Mapping[JobKind, str] = {
    "processing": "ProcessingJobStatus",
    "training": "TrainingJobStatus",
}

_SCHEMA = """
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


class JobExistsError(Exception):
    """A job of this kind has that name already.

    Args:
        arn: The ARN of the job that is there.
    """

    def __init__(self, arn: str) -> None:
        super().__init__(arn)
        self.arn = arn


@dataclass(frozen=True)
class Job:
    """One job as it stood when it was read.

    Args:
        kind: Processing or training.
        name: Unique among the jobs of its kind.
        arn: Its ARN.
        created: Seconds since the epoch.
        modified: Seconds since the epoch.
        request: The create call's members.
        state: What Describe answers beside the request, status included, in Describe's own shape.
        supervisor: The process that runs it, once there is one.
    """

    kind: JobKind
    name: str
    arn: str
    created: float
    modified: float
    request: Mapping[str, Any]
    state: Mapping[str, Any]
    supervisor: ProcessId | None

    @property
    def status(self) -> str:
        """``InProgress``, ``Stopping``, or one of ``TERMINAL``."""
        return str(self.state[STATUS_MEMBER[self.kind]])

    @property
    def ended(self) -> bool:
        """Whether the job will never change again."""
        return self.status in TERMINAL


class JobStore:
    """Every job this home has acknowledged.

    Several processes and threads may use one file at once. A method that writes has committed to
    disk when it returns.

    Args:
        path: The SQLite file; it is made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        with self._connection() as connection:
            connection.executescript(_SCHEMA)
        path.chmod(0o600)

    def add(
        self,
        kind: JobKind,
        name: str,
        arn: str,
        request: Mapping[str, Any],
        state: Mapping[str, Any],
    ) -> Job:
        """Record a new job, and its tags from the request.

        Raises:
            JobExistsError: There is a job of this kind and name.
        """
        now = time.time()
        row = (
            kind,
            name,
            arn,
            now,
            now,
            state[STATUS_MEMBER[kind]],
            json.dumps(request),
            json.dumps(state),
        )
        with self._transaction() as connection:
            found = connection.execute(
                "SELECT arn FROM jobs WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
            if found:
                raise JobExistsError(found[0])
            connection.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", row)
            _put_tags(
                connection, arn, {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
            )
        return Job(kind, name, arn, now, now, request, state, None)

    def get(self, kind: JobKind, name: str) -> Job | None:
        """The job, or None if there is none of that name."""
        with self._connection() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE kind = ? AND name = ?",
                (kind, name),
            ).fetchone()
        return _job(row) if row else None

    def unfinished(self) -> list[Job]:
        """All jobs that have not ended, oldest first."""
        with self._connection() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE status IN ('InProgress', 'Stopping')"
                " ORDER BY created"
            ).fetchall()
        return [_job(row) for row in rows]

    def find(self, query: JobQuery) -> list[Job]:
        """The jobs that a query selects, in its order."""
        clauses, values = query.sql()
        with self._connection() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs {clauses}",
                values,
            ).fetchall()
        return [_job(row) for row in rows]

    def change(self, kind: JobKind, name: str, change: Callable[[dict[str, Any]], None]) -> Job:
        """Apply a change to a job's state, alone and whole.

        A job that has ended is left as it is, and ``Stopping`` never goes back to ``InProgress``.

        Args:
            kind: Processing or training.
            name: The job's name.
            change: Edits the state it is given, in place.

        Returns:
            The job as it stands afterwards.

        Raises:
            KeyError: There is no such job.
        """
        with self._transaction() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE kind = ? AND name = ?",
                (kind, name),
            ).fetchone()
            if row is None:
                raise KeyError(f"no {kind} job named {name}")
            job = _job(row)
            if job.ended:
                return job
            state = dict(job.state)
            change(state)
            member = STATUS_MEMBER[kind]
            if job.status == "Stopping" and state[member] == "InProgress":
                state[member] = "Stopping"
            modified = max(job.modified, time.time())
            connection.execute(
                "UPDATE jobs SET state = ?, status = ?, modified = ? WHERE kind = ? AND name = ?",
                (json.dumps(state), state[member], modified, kind, name),
            )
        return Job(kind, name, job.arn, job.created, modified, job.request, state, job.supervisor)

    def update(self, kind: JobKind, name: str, **members: Any) -> Job:
        """Set members of a job's state; see ``change``."""
        return self.change(kind, name, lambda state: state.update(members))

    def set_supervisor(self, kind: JobKind, name: str, supervisor: ProcessId) -> bool:
        """Note which process runs the job, unless there is one already.

        Returns:
            Whether it is this process. One that reads False must leave the job alone.
        """
        with self._transaction() as connection:
            connection.execute(
                "UPDATE jobs SET pid = ?, pid_started = ?"
                " WHERE kind = ? AND name = ? AND pid IS NULL",
                (supervisor.pid, supervisor.started, kind, name),
            )
            row = connection.execute(
                "SELECT pid, pid_started FROM jobs WHERE kind = ? AND name = ?", (kind, name)
            ).fetchone()
        return row is not None and ProcessId(*row) == supervisor

    def tags(self, arn: str) -> dict[str, str]:
        """A job's tags, by key."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT key, value FROM tags WHERE arn = ? ORDER BY key", (arn,)
            ).fetchall()
        return dict(rows)

    def put_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a job, replacing those of the same keys."""
        with self._transaction() as connection:
            _put_tags(connection, arn, tags)

    def delete_tags(self, arn: str, keys: list[str]) -> None:
        """Remove tags; keys that are not there are passed over."""
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM tags WHERE arn = ? AND key = ?", [(arn, key) for key in keys]
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            # Autocommit: transactions are begun by hand, as immediate ones, or writers deadlock.
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._local.connection = connection
        yield connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk has undone it already; a commit that failed has not.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


_COLUMNS = "kind, name, arn, created, modified, request, state, pid, pid_started"


def _job(row: tuple[Any, ...]) -> Job:
    kind, name, arn, created, modified, request, state, pid, pid_started = row
    supervisor = ProcessId(pid, pid_started) if pid is not None else None
    return Job(
        kind, name, arn, created, modified, json.loads(request), json.loads(state), supervisor
    )


def _put_tags(connection: sqlite3.Connection, arn: str, tags: Mapping[str, str]) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", [(arn, *pair) for pair in tags.items()]
    )

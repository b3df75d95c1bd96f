"""The records of jobs: one SQLite file, written by the daemon and by every supervisor."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_sagemaker.kinds import JobKind
from local_sagemaker.process import ProcessId
from local_sagemaker.records import job_rows, store_schema, warm_pools
from local_sagemaker.records.job import TERMINAL, Job, JobExistsError
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.warm_pools import WarmPool
from local_sagemaker.sqlite_file import SqliteFile

__all__ = ["TERMINAL", "Job", "JobExistsError", "JobStore"]


class JobStore:
    """Every job this home has acknowledged.

    Several processes and threads may use one file at once. A method that writes has committed to
    disk when it returns.

    Args:
        path: The SQLite file; it is made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, store_schema.upgrade)

    def add(
        self,
        kind: JobKind,
        name: str,
        arn: str,
        request: Mapping[str, Any],
        state: Mapping[str, Any],
    ) -> Job:
        """Record a new job, with the tags of its request, and the warm pool that it uses.

        Raises:
            JobExistsError: There is a job of this kind and name.
        """
        now = time.time()
        first = state.get("SecondaryStatusTransitions", [{"StartTime": now}])[0]
        created = min(now, first["StartTime"])  # nothing of a job is older than the job
        job = Job(kind, name, arn, created, created, request, state, None)
        with self._file.transaction() as connection:
            found = self.get(kind, name)
            if found:
                raise JobExistsError(found.arn)
            job_rows.insert(connection, job)
            if kind.warm_pools:
                warm_pools.claim(connection, name, request)
        return job

    def get(self, kind: JobKind, name: str) -> Job | None:
        """The job, or None if there is none of that name."""
        connection = self._file.connection()
        found = job_rows.select(connection, "WHERE kind = ? AND name = ?", (kind.name, name))
        return found[0] if found else None

    def unfinished(self) -> list[Job]:
        """All jobs that have not ended, oldest first."""
        connection = self._file.connection()
        clauses = "WHERE status IN ('InProgress', 'Stopping') ORDER BY created"
        return job_rows.select(connection, clauses)

    def find(self, query: JobQuery) -> list[Job]:
        """The jobs that a query selects, in its order."""
        clauses, values = query.sql()
        connection = self._file.connection()
        return job_rows.select(connection, clauses, values)

    def change(
        self,
        kind: JobKind,
        name: str,
        change: Callable[[dict[str, Any]], None],
        *,
        quietly: bool = False,
    ) -> Job:
        """Apply a change to a job's state, alone and whole.

        A job that has ended is left as it is, and ``Stopping`` never goes back to ``InProgress``.

        Args:
            kind: The job's kind.
            name: The job's name.
            change: Edits the state it is given, in place.
            quietly: Whether the time of the last change is to stay as it is.

        Returns:
            The job as it stands afterwards.

        Raises:
            KeyError: There is no such job.
        """
        with self._file.transaction() as connection:
            job = self._get(kind, name)
            if job.ended:
                return job
            state = dict(job.state)
            change(state)
            if job.status == "Stopping" and state[kind.status] == "InProgress":
                state[kind.status] = "Stopping"
            modified = job.modified if quietly else max(job.modified, time.time())
            changed = replace(job, state=state, modified=modified)
            job_rows.update(connection, changed)
            if kind.warm_pools and changed.ended:
                warm_pools.release(connection, changed)
        return changed

    def update(self, kind: JobKind, name: str, **members: Any) -> Job:
        """Set members of a job's state; see ``change``."""
        return self.change(kind, name, lambda state: state.update(members))

    def change_request(
        self, kind: JobKind, name: str, change: Callable[[Job], Mapping[str, Any]]
    ) -> Job:
        """Replace members of what a job was created with, also of one that has ended.

        Args:
            kind: The job's kind.
            name: The job's name.
            change: Answers with the members that are new; what it raises keeps all as it is.

        Returns:
            The job as it stands afterwards.

        Raises:
            KeyError: There is no such job.
        """
        with self._file.transaction() as connection:
            job = self._get(kind, name)
            request = {**job.request, **change(job)}
            changed = replace(job, request=request, modified=max(job.modified, time.time()))
            job_rows.update(connection, changed)
            seconds = warm_pools.keep_alive(request)
            if kind.warm_pools and seconds != warm_pools.keep_alive(job.request):
                warm_pools.set_keep_alive(connection, name, seconds)
        return changed

    def remove(self, kind: JobKind, name: str, check: Callable[[Job], None]) -> Job:
        """Forget a job, its tags and its warm pool; the name is free then.

        Args:
            kind: The job's kind.
            name: The job's name.
            check: Raises if the job must stay, as one that has not ended must.

        Returns:
            The job as it was.

        Raises:
            KeyError: There is no such job.
        """
        with self._file.transaction() as connection:
            job = self._get(kind, name)
            check(job)
            job_rows.delete(connection, job)
        return job

    def forget(self, jobs: Iterable[Job]) -> list[Job]:
        """Remove ended jobs together, less those that changed since they were read.

        Returns:
            The jobs that were removed.
        """
        with self._file.transaction() as connection:
            same = [job for job in jobs if job.ended and self.get(job.kind, job.name) == job]
            for job in same:
                job_rows.delete(connection, job)
        return same

    def pools(self, names: list[str]) -> dict[str, WarmPool]:
        """The warm pools of jobs of a kind that has some, by the job's name."""
        connection = self._file.connection()
        return warm_pools.find(connection, names)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let no other thread or process write while this lasts, and so no job come or go."""
        with self._file.transaction():
            yield

    def compact(self) -> None:
        """Give the disk back what removed jobs took, unless others write just then."""
        connection = self._file.connection()
        with suppress(sqlite3.OperationalError):
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def set_supervisor(self, kind: JobKind, name: str, supervisor: ProcessId) -> bool:
        """Note which process runs the job, unless there is one already.

        Returns:
            Whether it is this process. One that reads False must leave the job alone.
        """
        with self._file.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET pid = ?, pid_started = ?"
                " WHERE kind = ? AND name = ? AND pid IS NULL",
                (supervisor.pid, supervisor.started, kind.name, name),
            )
            row = connection.execute(
                "SELECT pid, pid_started FROM jobs WHERE kind = ? AND name = ?", (kind.name, name)
            ).fetchone()
        return row is not None and ProcessId(*row) == supervisor

    def tags(self, arn: str) -> dict[str, str]:
        """A job's tags, by key."""
        connection = self._file.connection()
        rows = connection.execute(
            "SELECT key, value FROM tags WHERE arn = ? ORDER BY key", (arn,)
        ).fetchall()
        return dict(rows)

    def put_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags to a job, replacing those of the same keys."""
        with self._file.transaction() as connection:
            job_rows.put_tags(connection, arn, tags)

    def delete_tags(self, arn: str, keys: list[str]) -> None:
        """Remove tags; keys that are not there are passed over."""
        with self._file.transaction() as connection:
            connection.executemany(
                "DELETE FROM tags WHERE arn = ? AND key = ?", [(arn, key) for key in keys]
            )

    def _get(self, kind: JobKind, name: str) -> Job:
        job = self.get(kind, name)
        if job is None:
            raise KeyError(f"no {kind} job named {name}")
        return job

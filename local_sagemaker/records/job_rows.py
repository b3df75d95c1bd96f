"""Jobs and their tags as rows of the job store."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from local_sagemaker.kinds import KINDS
from local_sagemaker.process import ProcessId
from local_sagemaker.records import warm_pools
from local_sagemaker.records.job import Job

_COLUMNS = "kind, name, arn, created, modified, request, state, pid, pid_started"


def select(connection: sqlite3.Connection, clauses: str, values: Iterable[Any] = ()) -> list[Job]:
    """The jobs that the clauses of a query select, in its order."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM jobs {clauses}", tuple(values))
    return [_job(row) for row in rows.fetchall()]


def insert(connection: sqlite3.Connection, job: Job) -> None:
    """Add a job that no process runs yet, with the tags of its request."""
    connection.execute(
        "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
        (
            job.kind.name,
            job.name,
            job.arn,
            job.created,
            job.modified,
            job.status,
            json.dumps(job.request),
            json.dumps(job.state),
        ),
    )
    tags = {tag["Key"]: tag["Value"] for tag in job.request.get("Tags", [])}
    put_tags(connection, job.arn, tags)


def update(connection: sqlite3.Connection, job: Job) -> None:
    """Write what may change in a job."""
    connection.execute(
        "UPDATE jobs SET request = ?, state = ?, status = ?, modified = ?"
        " WHERE kind = ? AND name = ?",
        (
            json.dumps(job.request),
            json.dumps(job.state),
            job.status,
            job.modified,
            job.kind.name,
            job.name,
        ),
    )


def delete(connection: sqlite3.Connection, job: Job) -> None:
    """Remove a job, its tags and its warm pool."""
    connection.execute("DELETE FROM jobs WHERE kind = ? AND name = ?", (job.kind.name, job.name))
    connection.execute("DELETE FROM tags WHERE arn = ?", (job.arn,))
    if job.kind.warm_pools:
        warm_pools.remove(connection, job.name)


def put_tags(connection: sqlite3.Connection, arn: str, tags: Mapping[str, str]) -> None:
    """Add tags to a job, replacing those of the same keys."""
    connection.executemany(
        "INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", [(arn, *pair) for pair in tags.items()]
    )


def _job(row: tuple[Any, ...]) -> Job:
    kind, name, arn, created, modified, request, state, pid, pid_started = row
    supervisor = ProcessId(pid, pid_started) if pid is not None else None
    return Job(
        KINDS[kind],
        name,
        arn,
        created,
        modified,
        json.loads(request),
        json.loads(state),
        supervisor,
    )

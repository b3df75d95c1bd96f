"""Pipelines, executions and steps as rows of the pipeline store."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from local_sagemaker.pipelines.records import Execution, Pipeline, StepRun

_PIPELINE = "name, created, modified, last_run, token, definition, members"
_EXECUTION = "id, pipeline, created, modified, status, token, definition, members"
_STEP = "execution, name, status, started, ended, job, cache_key, details"


def pipelines(
    connection: sqlite3.Connection, clauses: str, values: Iterable[Any] = ()
) -> list[Pipeline]:
    """The pipelines that the clauses of a query select, in its order."""
    rows = connection.execute(f"SELECT {_PIPELINE} FROM pipelines {clauses}", tuple(values))
    return [Pipeline(*_values(row)) for row in rows.fetchall()]


def executions(
    connection: sqlite3.Connection, clauses: str, values: Iterable[Any] = ()
) -> list[Execution]:
    """The executions that the clauses of a query select, in its order."""
    rows = connection.execute(f"SELECT {_EXECUTION} FROM executions {clauses}", tuple(values))
    return [Execution(*_values(row)) for row in rows.fetchall()]


def steps(
    connection: sqlite3.Connection, clauses: str, values: Iterable[Any] = ()
) -> list[StepRun]:
    """The steps that the clauses of a query select, in its order."""
    rows = connection.execute(f"SELECT {_STEP} FROM steps {clauses}", tuple(values))
    return [StepRun(*_values(row)) for row in rows.fetchall()]


def put_pipeline(connection: sqlite3.Connection, one: Pipeline) -> None:
    """Write a pipeline, which is new or replaces the one of its name."""
    values = (
        one.name,
        one.created,
        one.modified,
        one.last_run,
        one.token,
        one.definition,
        json.dumps(one.members),
    )
    changes = ["modified", "last_run", "definition", "members"]
    connection.execute(
        f"INSERT INTO pipelines ({_PIPELINE}) VALUES (?, ?, ?, ?, ?, ?, ?) "
        f"ON CONFLICT (name) DO UPDATE SET {_excluded(changes)}",
        values,
    )


def put_execution(connection: sqlite3.Connection, one: Execution) -> None:
    """Write an execution, which is new or replaces the one of its id."""
    values = (
        one.id,
        one.pipeline,
        one.created,
        one.modified,
        one.status,
        one.token,
        one.definition,
        json.dumps(one.members),
    )
    connection.execute(
        f"INSERT INTO executions ({_EXECUTION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        f"ON CONFLICT (id) DO UPDATE SET {_excluded(['modified', 'status', 'members'])}",
        values,
    )


def put_step(connection: sqlite3.Connection, one: StepRun) -> None:
    """Write a step, which is new or replaces the one of its name."""
    values = (
        one.execution,
        one.name,
        one.status,
        one.started,
        one.ended,
        one.job,
        one.cache_key,
        json.dumps(one.details),
    )
    changes = ["status", "started", "ended", "job", "cache_key", "details"]
    connection.execute(
        f"INSERT INTO steps ({_STEP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        f"ON CONFLICT (execution, name) DO UPDATE SET {_excluded(changes)}",
        values,
    )


def _values(row: sqlite3.Row) -> tuple[Any, ...]:
    """The columns of a row, of which the last one is JSON."""
    return (*tuple(row)[:-1], json.loads(row[-1]))


def _excluded(columns: list[str]) -> str:
    return ", ".join(f"{column} = excluded.{column}" for column in columns)

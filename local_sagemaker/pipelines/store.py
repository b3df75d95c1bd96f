"""The records of pipelines: one SQLite file, written by the daemon alone."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_sagemaker.pipelines import rows, store_schema
from local_sagemaker.pipelines.pages import Page
from local_sagemaker.pipelines.records import (
    EXECUTING,
    FAILED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    Execution,
    Pipeline,
    StepRun,
)
from local_sagemaker.sqlite_file import SqliteFile


class PipelineStore:
    """Every pipeline of this home, with its executions and their steps.

    Several threads may use it. A method that writes has committed to disk when it returns.

    Args:
        path: The SQLite file; it is made if it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, store_schema.upgrade)

    def pipeline(self, name: str) -> Pipeline | None:
        """The pipeline of a name, if there is one."""
        found = rows.pipelines(self._file.connection(), "WHERE name = ?", (name,))
        return found[0] if found else None

    def pipelines(self, page: Page) -> list[Pipeline]:
        """A page of pipelines."""
        return rows.pipelines(self._file.connection(), *page.sql())

    def execution(self, identity: str) -> Execution | None:
        """The execution of an id, if there is one."""
        found = rows.executions(self._file.connection(), "WHERE id = ?", (identity,))
        return found[0] if found else None

    def executions(self, page: Page) -> list[Execution]:
        """A page of executions."""
        return rows.executions(self._file.connection(), *page.sql())

    def latest(self, number: int) -> list[Execution]:
        """The latest executions of all pipelines, newest first."""
        clauses = "ORDER BY created DESC, id LIMIT ?"
        return rows.executions(self._file.connection(), clauses, (number,))

    def started_with(self, pipeline: str, token: str) -> Execution | None:
        """The execution of a pipeline that was started with a token, if there is one."""
        clauses, values = "WHERE pipeline = ? AND token = ?", (pipeline, token)
        found = rows.executions(self._file.connection(), clauses, values)
        return found[0] if found else None

    def unfinished(self, pipeline: str | None = None) -> list[Execution]:
        """The executions that go on, oldest first; of one pipeline, or of all."""
        clauses = "WHERE status IN (?, ?) AND (? IS NULL OR pipeline = ?) ORDER BY created"
        values = (EXECUTING, STOPPING, pipeline, pipeline)
        return rows.executions(self._file.connection(), clauses, values)

    def steps(self, execution: str) -> list[StepRun]:
        """The steps of an execution whose turn has come, in that order."""
        clauses = "WHERE execution = ? ORDER BY number"
        return rows.steps(self._file.connection(), clauses, (execution,))

    def execution_of_job(self, job: str) -> str | None:
        """The id of the execution that runs a job, such as ``processing/pipelines-...``."""
        found = rows.steps(self._file.connection(), "WHERE job = ?", (job,))
        return found[0].execution if found else None

    def cached(self, cache_key: str, since: float) -> StepRun | None:
        """The latest step that succeeded with a cache key since a time, if there is one."""
        clauses = "WHERE cache_key = ? AND status = ? AND ended >= ? ORDER BY ended DESC LIMIT 1"
        found = rows.steps(self._file.connection(), clauses, (cache_key, SUCCEEDED, since))
        return found[0] if found else None

    def add_pipeline(self, pipeline: Pipeline) -> Pipeline | None:
        """Record a new pipeline, unless there is one of its name, which is returned then."""
        with self._file.transaction() as connection:
            found = self.pipeline(pipeline.name)
            if found is None:
                rows.put_pipeline(connection, pipeline)
        return found

    def change_pipeline(self, name: str, change: Callable[[Pipeline], Pipeline]) -> Pipeline:
        """Apply a change to a pipeline, alone and whole.

        Raises:
            KeyError: There is no such pipeline.
        """
        with self._file.transaction() as connection:
            found = self.pipeline(name)
            if found is None:
                raise KeyError(name)
            changed = replace(change(found), modified=max(found.modified, time.time()))
            rows.put_pipeline(connection, changed)
        return changed

    def add_execution(self, execution: Execution) -> Execution | None:
        """Record a new execution, and that its pipeline has run.

        Returns:
            The execution that was started with the same token, if there is one: then nothing is
            recorded.

        Raises:
            KeyError: The pipeline is there no more.
        """
        with self._file.transaction() as connection:
            pipeline = self.pipeline(execution.pipeline)
            if pipeline is None:
                raise KeyError(execution.pipeline)
            found = self.started_with(execution.pipeline, execution.token)
            if found is None:
                rows.put_execution(connection, execution)
                rows.put_pipeline(connection, replace(pipeline, last_run=execution.created))
        return found

    def put_step(self, step: StepRun) -> None:
        """Write a step, new or changed."""
        with self._file.transaction() as connection:
            rows.put_step(connection, step)

    def change_execution(
        self,
        identity: str,
        change: Callable[[Execution], Execution],
        *,
        forget_failed: bool = False,
    ) -> Execution:
        """Apply a change to an execution, alone and whole.

        Args:
            identity: The execution's id.
            change: Makes the new one; what it raises keeps all as it is.
            forget_failed: Whether the steps that failed or stopped are to have their turn again.

        Raises:
            KeyError: There is no such execution.
        """
        with self._file.transaction() as connection:
            found = self.execution(identity)
            if found is None:
                raise KeyError(identity)
            changed = replace(change(found), modified=max(found.modified, time.time()))
            if changed == found:
                return found
            rows.put_execution(connection, changed)
            if forget_failed:
                connection.execute(
                    "DELETE FROM steps WHERE execution = ? AND status IN (?, ?)",
                    (identity, FAILED, STOPPED),
                )
        return changed

    def end(self, execution: Execution, status: str, **members: Any) -> bool:
        """Give an execution its last status, if its status is still what it was when it was read.

        Returns:
            Whether that is so.
        """
        with self._file.transaction() as connection:
            found = self.execution(execution.id)
            if found is None or found.status != execution.status:
                return False
            members = {**found.members, **members}
            ended = replace(found, status=status, members=members, modified=time.time())
            rows.put_execution(connection, ended)
        return True

    def remove(self, pipeline: str) -> None:
        """Forget a pipeline and all its executions."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM pipelines WHERE name = ?", (pipeline,))

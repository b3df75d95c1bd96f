"""Taking an execution as far as it gets: all that is known of it is in the store.

Nothing here waits. Whoever calls does so again when a job has ended, a stop is asked for, or a
retry is due; a daemon that was killed in between loses nothing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from local_sagemaker.pipelines.definition.conditions import NotComparableError, hold
from local_sagemaker.pipelines.definition.expressions import evaluate, text_of
from local_sagemaker.pipelines.definition.reading import Definition, read_definition
from local_sagemaker.pipelines.definition.step_types import CONDITION, FAIL
from local_sagemaker.pipelines.definition.steps import Step
from local_sagemaker.pipelines.failures import LONGEST_REASON, execution_reason
from local_sagemaker.pipelines.records import (
    FAILED,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    Execution,
    StepRun,
)
from local_sagemaker.pipelines.scope import ExecutionScope
from local_sagemaker.pipelines.step_runs import JobSteps
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.s3.store import ObjectStore


@dataclass
class Progress:
    """An execution while it is taken on.

    Args:
        execution: As it was read.
        definition: Its definition.
        runs: Its steps so far, by name.
    """

    execution: Execution
    definition: Definition
    runs: dict[str, StepRun]

    @property
    def stopping(self) -> bool:
        """Whether its jobs are to stop."""
        return self.execution.status == STOPPING

    @property
    def running(self) -> list[StepRun]:
        """The steps that go on."""
        return [run for run in self.runs.values() if run.runs]

    @property
    def failed(self) -> StepRun | None:
        """The first step that failed."""
        return next((run for run in self.runs.values() if run.status == FAILED), None)

    def ready(self) -> Iterator[Step]:
        """The steps whose turn it is; one in a branch that is not taken never has one."""
        done = {name for name, run in self.runs.items() if run.status == SUCCEEDED}
        for name, step in self.definition.steps.items():
            due = name not in self.runs and self.definition.needs[name] <= done
            if due and (step.parent is None or self._outcome(step.parent) == step.branch):
                yield step

    def _outcome(self, condition: str) -> bool:
        return bool(self.runs[condition].details["Outcome"])

    def room(self) -> int:
        """How many more jobs may run at a time."""
        config = self.execution.members.get("ParallelismConfiguration", {})
        most = config.get("MaxParallelExecutionSteps")
        return len(self.definition.steps) if most is None else most - len(self.running)


class Advancer:
    """Takes executions on.

    Args:
        store: Where they are recorded.
        job_steps: Runs their job steps.
        objects: Where property files are.
    """

    def __init__(self, store: PipelineStore, job_steps: JobSteps, objects: ObjectStore) -> None:
        self._store = store
        self._job_steps = job_steps
        self._objects = objects

    def advance(self, identity: str) -> float | None:
        """Take an execution as far as it gets now.

        Args:
            identity: Its id.

        Returns:
            When it has to be taken on although nothing happens, in seconds since the epoch; None
            if it need not.
        """
        while True:
            execution = self._store.execution(identity)
            if execution is None or execution.ended:
                return None
            runs = {run.name: run for run in self._store.steps(identity)}
            progress = Progress(execution, read_definition(execution.definition), runs)
            self._look(progress)
            if not progress.stopping and progress.failed is None:
                self._start(progress)
            if running := progress.running:
                return min((run.retry_at for run in running if run.retry_at), default=None)
            if self._end(progress):
                return None

    def _look(self, progress: Progress) -> None:
        for run in progress.running:
            step = progress.definition.steps[run.name]
            scope_for = partial(self._scope, progress)
            looked = self._job_steps.look(progress.execution, step, run, scope_for)
            progress.runs[run.name] = looked

    def _start(self, progress: Progress) -> None:
        """Start steps until none is ready; some end as they start, and others are ready then."""
        started = True
        while started and progress.failed is None:
            started = False
            for step in list(progress.ready()):
                if progress.room() < 1 and step.type not in {CONDITION, FAIL}:
                    continue
                progress.runs[step.name] = self._started(progress, step)
                started = True

    def _started(self, progress: Progress, step: Step) -> StepRun:
        run = StepRun(progress.execution.id, step.name, FAILED, time.time())
        if step.type not in {CONDITION, FAIL}:
            scope_for = partial(self._scope, progress)
            return self._job_steps.start(progress.execution, step, run, scope_for)
        try:
            arguments = evaluate(step.arguments, self._scope(progress))
            run = _concluded(step, run, arguments)
        except (LookupError, NotComparableError) as error:
            run = run.having(FailureReason=f"ClientError: {error.args[0]}"[:LONGEST_REASON])
        run = replace(run, ended=time.time())
        self._store.put_step(run)
        return run

    def _end(self, progress: Progress) -> bool:
        failed = progress.failed
        if progress.stopping:
            return self._store.end(progress.execution, STOPPED)
        if failed is None:
            return self._store.end(progress.execution, SUCCEEDED)
        reason = execution_reason(failed.name, failed.details.get("FailureReason", ""))
        return self._store.end(progress.execution, FAILED, FailureReason=reason)

    def _scope(self, progress: Progress, job_name: str = "") -> ExecutionScope:
        return ExecutionScope(
            progress.execution, progress.definition, progress.runs, self._objects, job_name
        )


def _concluded(step: Step, run: StepRun, arguments: Any) -> StepRun:
    """The run of a step that has no job."""
    if step.type == FAIL:
        message = text_of(arguments.get("ErrorMessage") or "")
        return run.having(ErrorMessage=message, FailureReason=message[:LONGEST_REASON])
    outcome = hold(arguments["Conditions"])
    return replace(run, status=SUCCEEDED).having(Outcome=outcome)

"""Running the steps that are jobs: from the cache, or by a job that is created once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.pipelines.caching import cache_key
from local_sagemaker.pipelines.definition.expressions import Scope, evaluate
from local_sagemaker.pipelines.definition.step_types import JOB_STEPS
from local_sagemaker.pipelines.definition.steps import Step
from local_sagemaker.pipelines.failures import (
    LONGEST_REASON,
    exception_of_call,
    exception_of_job,
)
from local_sagemaker.pipelines.names import execution_arn, new_job_name
from local_sagemaker.pipelines.records import (
    EXECUTING,
    FAILED,
    STARTING,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    Execution,
    StepRun,
)
from local_sagemaker.pipelines.step_jobs import StepJobs
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.records.job import Job
from local_sagemaker.service_errors import ServiceError

EXECUTION_TAG = "sagemaker:pipeline-execution-arn"
"""The tag by which a job tells its execution; the SageMaker SDK reads it."""

ScopeFor = Callable[[str], Scope]
"""The values that expressions stand for, given the name of the job that is made of them."""


class JobSteps:
    """Runs steps that are jobs.

    A job's name is recorded before the job is created: whatever ends the daemon in between, there
    is one job of that name in the end.

    Args:
        store: Where steps are recorded.
        jobs: Their jobs.
    """

    def __init__(self, store: PipelineStore, jobs: StepJobs) -> None:
        self._store = store
        self._jobs = jobs

    def start(self, execution: Execution, step: Step, run: StepRun, scope_for: ScopeFor) -> StepRun:
        """Begin an attempt of a step.

        Args:
            execution: Its execution.
            step: The step.
            run: What is known of it so far.
            scope_for: The values that its arguments are made of.

        Returns:
            The step as it is recorded now.
        """
        kind = JOB_STEPS[step.type]
        # The part of it that is the step's own may be in its arguments.
        prefix = step.arguments.get(kind.member("Name"))
        name = new_job_name(execution.id, step.name, prefix if isinstance(prefix, str) else None)
        try:
            arguments = evaluate(step.arguments, scope_for(name))
        except LookupError as error:
            return self._unanswered(run, error)
        if step.cache is not None:
            run = replace(run, cache_key=cache_key(execution.pipeline, step, arguments))
            found = self._store.cached(run.cache_key or "", time.time() - step.cache)
            if found is not None:
                return self._from_cache(execution, run, found)
        attempts = run.details.get("Attempts", 0) + 1
        run = replace(run, status=STARTING, job=f"{kind}/{name}")
        run = self._put(run.having(Attempts=attempts, RetryAt=None))
        return self._create(execution, step, run, arguments)

    def look(self, execution: Execution, step: Step, run: StepRun, scope_for: ScopeFor) -> StepRun:
        """See what has become of a step that goes on, and do what is to be done next.

        Args:
            execution: Its execution, which may be stopping.
            step: The step.
            run: As it was recorded last.
            scope_for: The values that its arguments are made of.

        Returns:
            The step as it is recorded now.
        """
        stopping = execution.status == STOPPING
        if run.retry_at is not None:
            if stopping:
                return self._ended(run, STOPPED, RetryAt=None)
            due = run.retry_at <= time.time()
            return self.start(execution, step, run, scope_for) if due else run
        job = self._jobs.find(run.job or "")
        if job is None:
            return self._without_job(execution, step, run, scope_for)
        if job.ended:
            return self._conclude(execution, step, run, job)
        if stopping and run.status != STOPPING:
            self._jobs.stop(job)
            return self._put(replace(run, status=STOPPING))
        return self._put(replace(run, status=EXECUTING)) if run.status == STARTING else run

    def _without_job(
        self, execution: Execution, step: Step, run: StepRun, scope_for: ScopeFor
    ) -> StepRun:
        if run.status != STARTING:
            text = f"ClientError: the job of this step was deleted: {run.job}"
            return self._ended(run, FAILED, FailureReason=text)
        if execution.status == STOPPING:
            return self._ended(run, STOPPED)
        try:
            arguments = evaluate(step.arguments, scope_for(_name(run)))
        except LookupError as error:
            return self._unanswered(run, error)
        return self._create(execution, step, run, arguments)

    def _create(
        self, execution: Execution, step: Step, run: StepRun, arguments: Mapping[str, Any]
    ) -> StepRun:
        kind = JOB_STEPS[step.type]
        request = {
            "RoleArn": execution.members["RoleArn"],
            **{key: value for key, value in arguments.items() if value is not None},
            kind.member("Name"): _name(run),
            "Tags": _tags(execution, arguments),
        }
        try:
            self._jobs.create(kind, request)
        except ServiceError as error:
            operation = f"sagemaker:{kind.operation('Create')}"
            text = f"Failed to invoke {operation}. Error Details: {error.message}"
            reason = f"{'ClientError' if error.status < 500 else error.code}: {text}"
            return self._failed(execution, step, run, exception_of_call(error), reason)
        job = self._jobs.find(run.job or "")
        if job is not None and job.ended:
            return self._conclude(execution, step, run, job)
        return self._put(replace(run, status=EXECUTING))

    def _conclude(self, execution: Execution, step: Step, run: StepRun, job: Job) -> StepRun:
        if job.status == "Completed":
            return self._ended(run, SUCCEEDED, Properties=self._jobs.properties(job))
        if job.status == "Failed":
            reason = job.state.get("FailureReason", "")
            return self._failed(execution, step, run, exception_of_job(reason), reason)
        if execution.status == STOPPING:
            return self._ended(run, STOPPED)
        why = job.state.get("SecondaryStatus", "Stopped")
        text = f"ClientError: the job of this step was stopped before it was complete ({why})"
        return self._ended(run, FAILED, FailureReason=text)

    def _failed(
        self, execution: Execution, step: Step, run: StepRun, exception: str | None, reason: str
    ) -> StepRun:
        """Retry a step if a policy says so, or let it fail."""
        policies = enumerate(step.retries)
        found = next(((n, one) for n, one in policies if exception in one.exceptions), None)
        if found is not None and execution.status != STOPPING:
            number, policy = found
            counts = {**run.details.get("Retries", {})}
            retries = counts.get(str(number), 0)
            delay = policy.delay(retries, time.time() - run.started)
            if delay is not None:
                counts[str(number)] = retries + 1
                run = replace(run, status=EXECUTING, job=None)
                return self._put(run.having(RetryAt=time.time() + delay, Retries=counts))
        return self._ended(run, FAILED, FailureReason=reason[:LONGEST_REASON])

    def _from_cache(self, execution: Execution, run: StepRun, found: StepRun) -> StepRun:
        # It does not become a source itself: what it came from would never get too old.
        run = replace(run, cache_key=None)
        return self._ended(
            run,
            SUCCEEDED,
            CacheHit=execution_arn(execution.pipeline, found.execution),
            Properties=found.details["Properties"],
            RetryAt=None,
        )

    def _unanswered(self, run: StepRun, error: LookupError) -> StepRun:
        """Let a step fail that names what is not there."""
        reason = f"ClientError: {error.args[0]}"[:LONGEST_REASON]
        return self._ended(run, FAILED, FailureReason=reason)

    def _ended(self, run: StepRun, status: str, **details: Any) -> StepRun:
        return self._put(replace(run, status=status, ended=time.time()).having(**details))

    def _put(self, run: StepRun) -> StepRun:
        self._store.put_step(run)
        return run


def _name(run: StepRun) -> str:
    """The name of a step's job."""
    return (run.job or "").rpartition("/")[2]


def _tags(execution: Execution, arguments: Mapping[str, Any]) -> list[dict[str, str]]:
    """The tags of a step's job: the pipeline's, its own, and what tells whose it is."""
    own = {tag["Key"]: tag["Value"] for tag in arguments.get("Tags") or []}
    tags = {**execution.members.get("Tags", {}), **own, EXECUTION_TAG: execution.arn}
    return [{"Key": key, "Value": value} for key, value in tags.items()]

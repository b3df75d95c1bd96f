"""Pipelines, their executions and the steps of these, as they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from local_sagemaker.pipelines.names import execution_arn, pipeline_arn

EXECUTING, STOPPING = "Executing", "Stopping"
SUCCEEDED, FAILED, STOPPED = "Succeeded", "Failed", "Stopped"
STARTING = "Starting"
RUNNING = frozenset({STARTING, EXECUTING, STOPPING})
"""A step that has one of these statuses goes on."""


@dataclass(frozen=True)
class Pipeline:
    """A pipeline as it stood when it was read.

    Args:
        name: Its name.
        created: Seconds since the epoch, like the other times.
        modified: When it was last updated.
        last_run: When an execution was last started, if ever.
        token: The ``ClientRequestToken`` it was created with.
        definition: Its definition's JSON.
        members: What else Describe gives back of Create's and Update's members.
    """

    name: str
    created: float
    modified: float
    last_run: float | None
    token: str
    definition: str
    members: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return pipeline_arn(self.name)


@dataclass(frozen=True)
class Execution:
    """An execution as it stood when it was read.

    Args:
        id: Its id.
        pipeline: The pipeline's name.
        created: Seconds since the epoch.
        modified: Likewise.
        status: ``Executing``, ``Stopping``, ``Succeeded``, ``Failed`` or ``Stopped``.
        token: The ``ClientRequestToken`` it was started with.
        definition: The JSON of the pipeline's definition as it was then.
        members: What else is known of it: ``Parameters`` (their values, by name), ``Asked`` (the
            texts of those that it was started with), ``RoleArn``, ``Tags`` of the pipeline, and
            members of Start and Describe under their own names.
    """

    id: str
    pipeline: str
    created: float
    modified: float
    status: str
    token: str
    definition: str
    members: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return execution_arn(self.pipeline, self.id)

    @property
    def ended(self) -> bool:
        """Whether nothing of it runs; one that did not succeed may be retried."""
        return self.status not in {EXECUTING, STOPPING}


@dataclass(frozen=True)
class StepRun:
    """A step of an execution, once its turn has come.

    Args:
        execution: The execution's id.
        name: The step's name.
        status: ``Starting``, ``Executing``, ``Stopping``, ``Succeeded``, ``Failed`` or ``Stopped``.
        started: Seconds since the epoch.
        ended: Likewise, once it has ended.
        job: The kind and name of its job, such as ``processing/pipelines-...``, from before the
            job is created on.
        cache_key: Stands for what its job was asked, if its result may be used again.
        details: ``Properties`` (what the job's Describe says), ``Outcome``, ``FailureReason``,
            ``ErrorMessage``, ``CacheHit`` (an execution's ARN), ``Attempts``, ``Retries`` (their
            number by each policy) and ``RetryAt``.
    """

    execution: str
    name: str
    status: str
    started: float
    ended: float | None = None
    job: str | None = None
    cache_key: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> bool:
        """Whether it goes on."""
        return self.status in RUNNING

    @property
    def retry_at(self) -> float | None:
        """When its next attempt begins, while it waits for that."""
        return self.details.get("RetryAt")

    def having(self, **details: Any) -> "StepRun":
        """A copy with more details; those that are None are taken away."""
        merged = {**self.details, **details}
        kept = {name: value for name, value in merged.items() if value is not None}
        return replace(self, details=kept)

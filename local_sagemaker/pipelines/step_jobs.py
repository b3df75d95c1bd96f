"""The jobs of steps: created, looked at and stopped as a request would."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.api.job_description import describe
from local_sagemaker.api.job_operations import JobOperations
from local_sagemaker.api.service_models import service_model
from local_sagemaker.api.validation import validate
from local_sagemaker.kinds import KINDS, JobKind
from local_sagemaker.records.job import Job
from local_sagemaker.records.store import JobStore
from local_sagemaker.service_errors import ServiceError

Strike = Callable[[str], None]
"""Raises a ``ServiceError`` if a call of an operation is to fail now."""


class StepJobs:
    """The jobs of this service, for steps.

    Args:
        store: Where jobs are recorded.
        operations: The operations of each kind, by its name.
        strike: The faults that calls meet.
    """

    def __init__(
        self, store: JobStore, operations: Mapping[str, JobOperations], strike: Strike
    ) -> None:
        self._store = store
        self._operations = operations
        self._strike = strike

    def find(self, job: str) -> Job | None:
        """The job of a kind and name such as ``processing/pipelines-...``."""
        kind, _, name = job.partition("/")
        return self._store.get(KINDS[kind], name)

    def create(self, kind: JobKind, request: Mapping[str, Any]) -> None:
        """Create a job.

        Raises:
            ServiceError: The service refuses it.
        """
        operation = kind.operation("Create")
        self._strike(operation)
        shape = service_model("sagemaker").operation_model(operation).input_shape
        validate(shape, request, "ValidationException")
        self._operations[kind.name].create(request)

    def stop(self, job: Job) -> None:
        """Stop a job, unless it has ended meanwhile."""
        try:
            self._operations[job.kind.name].stop({job.kind.member("Name"): job.name})
        except ServiceError:
            current = self._store.get(job.kind, job.name)
            if current is not None and not current.ended:
                raise

    def properties(self, job: Job) -> dict[str, Any]:
        """What Describe says of a job, for the steps behind its own."""
        # Through JSON, as a client has it and as it is kept.
        return dict(json.loads(json.dumps(describe(job, None))))

"""Create, Describe, Stop and List of processing and training jobs."""

import signal
from collections.abc import Callable, Mapping
from typing import Any

from ml_pipeline.local_sagemaker.api.account import job_arn
from ml_pipeline.local_sagemaker.api.errors import ServiceError, invalid
from ml_pipeline.local_sagemaker.api.job_checks import check_job
from ml_pipeline.local_sagemaker.api.job_kinds import KindOfJob
from ml_pipeline.local_sagemaker.api.job_listing import list_jobs
from ml_pipeline.local_sagemaker.api.service_models import service_model
from ml_pipeline.local_sagemaker.api.unsupported import refuse_unsupported
from ml_pipeline.local_sagemaker.job_states import first_state, stopping
from ml_pipeline.local_sagemaker.s3.store import ObjectStore
from ml_pipeline.local_sagemaker.store import Job, JobExistsError, JobStore

Members = Mapping[str, Any]


class JobOperations:
    """The operations of one kind of job.

    Args:
        kind: The kind.
        store: Where jobs are recorded.
        objects: Where their inputs lie.
        launch: Starts the supervisor of a job that was just recorded.
    """

    def __init__(
        self,
        kind: KindOfJob,
        store: JobStore,
        objects: ObjectStore,
        launch: Callable[[Job], None],
    ) -> None:
        self._kind = kind
        self._store = store
        self._objects = objects
        self._launch = launch

    def create(self, request: Members) -> dict[str, Any]:
        """Answer ``CreateProcessingJob`` or ``CreateTrainingJob``.

        A job is on disk before anything of it runs, so one that was acknowledged is never lost.

        Raises:
            ServiceError: The job cannot run as described, or its name is taken.
        """
        kind = self._kind.kind
        check_job(kind, request, self._objects)
        refuse_unsupported(kind, request)
        name = request[self._kind.member("Name")]
        state = first_state(kind, request)
        try:
            job = self._store.add(kind, name, job_arn(kind, name), request, state)
        except JobExistsError as error:
            text = self._kind.duplicate.format(arn=error.arn)
            raise ServiceError("ResourceInUse", text) from None
        self._launch(job)
        return {self._kind.member("Arn"): job.arn}

    def describe(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribeProcessingJob`` or ``DescribeTrainingJob``.

        Raises:
            ServiceError: There is no such job.
        """
        job = self._get(request)
        described = {
            **self._kind.defaults,
            **job.request,
            **job.state,
            self._kind.member("Arn"): job.arn,
            "CreationTime": job.created,
            "LastModifiedTime": job.modified,
        }
        model = service_model("sagemaker").operation_model(f"Describe{self._kind.member('')}")
        known = model.output_shape.members if model.output_shape else {}
        return {name: value for name, value in described.items() if name in known}

    def stop(self, request: Members) -> None:
        """Answer ``StopProcessingJob`` or ``StopTrainingJob``.

        The status is changed first, then the supervisor is told: one that has only begun reads it.

        Raises:
            ServiceError: There is no such job, or it has ended.
        """
        job = self._get(request)
        if job.ended:
            raise invalid(
                f"The request was rejected because the {self._kind.kind} job is in status "
                f"{job.status}."
            )
        job = self._store.change(job.kind, job.name, stopping(job.kind))
        if job.supervisor is not None and not job.ended:
            job.supervisor.signal(signal.SIGTERM)

    def list_jobs(self, request: Members) -> dict[str, Any]:
        """Answer ``ListProcessingJobs`` or ``ListTrainingJobs``."""
        return list_jobs(self._kind, self._store, request)

    def _get(self, request: Members) -> Job:
        name = request[self._kind.member("Name")]
        job = self._store.get(self._kind.kind, name)
        if job is None:
            raise invalid(self._kind.not_found.format(name=name))
        return job

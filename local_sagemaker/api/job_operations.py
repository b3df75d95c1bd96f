"""Create, Describe, Stop, Delete, List and Update of jobs."""

import signal
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from local_sagemaker.account import job_arn
from local_sagemaker.api.job_defaults import completed
from local_sagemaker.api.job_description import describe
from local_sagemaker.api.job_listing import list_jobs
from local_sagemaker.api.tag_operations import check_tags
from local_sagemaker.api.unsupported import refuse_unsupported
from local_sagemaker.jobs.kinds.rules import Members
from local_sagemaker.kinds import JobKind
from local_sagemaker.records.job_remains import await_tidied
from local_sagemaker.records.states import first_state, stopping
from local_sagemaker.records.store import Job, JobExistsError, JobStore
from local_sagemaker.records.warm_pools import WarmPool
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.service_errors import ServiceError, invalid

Update = Callable[[Job, WarmPool | None, Members], Members]
Admit = Callable[[JobKind, str, Members], AbstractContextManager[Members]]
"""Lets a job of a kind, name and request be recorded, for as long as it is entered; gives the
request with the instance type that was selected, if it has preferences."""


class JobOperations:
    """The operations of one kind of job.

    Args:
        kind: The kind.
        store: Where jobs are recorded.
        objects: Where their inputs lie.
        launch: Starts the supervisor of a job that was just recorded.
        clear: Removes what is on disk of a job whose record was just removed.
        admit: Refuses jobs for which there are no instances.
    """

    def __init__(
        self,
        kind: JobKind,
        store: JobStore,
        objects: ObjectStore,
        launch: Callable[[Job], None],
        clear: Callable[[JobKind, str], None],
        admit: Admit,
    ) -> None:
        self._kind = kind
        self._store = store
        self._objects = objects
        self._launch = launch
        self._clear = clear
        self._admit = admit

    def create(self, request: Members) -> dict[str, Any]:
        """Answer ``CreateProcessingJob`` and the like.

        A job is on disk before anything of it runs, so one that was acknowledged is never lost.

        Raises:
            ServiceError: The job cannot run as described, or its name is taken.
        """
        kind = self._kind
        # First: what is there in its place would be missing for the checks of a job.
        refuse_unsupported(kind, request)
        kind.rules().check(request, self._objects)
        check_tags(request.get("Tags", []))
        request = completed(kind, request)
        name = request[kind.member("Name")]
        state = first_state(kind, request)
        try:
            with self._admit(kind, name, request) as admitted:
                job = self._store.add(kind, name, job_arn(kind, name), admitted, state)
        except JobExistsError as error:
            text = kind.duplicate.format(arn=error.arn)
            raise ServiceError("ResourceInUse", text) from None
        self._launch(job)
        return {kind.member("Arn"): job.arn}

    def describe(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribeProcessingJob`` and the like.

        Raises:
            ServiceError: There is no such job.
        """
        job = self._get(request)
        return describe(job, self._pool(job))

    def stop(self, request: Members) -> None:
        """Answer ``StopProcessingJob`` and the like.

        The status is changed first, then the supervisor is told: one that has only begun reads it.

        Raises:
            ServiceError: There is no such job, or it has ended.
        """
        job = self._get(request)
        if job.ended:
            raise invalid(self._rejected(job))
        job = self._store.change(job.kind, job.name, stopping(job.kind))
        if job.supervisor is not None and not job.ended:
            job.supervisor.signal(signal.SIGTERM)

    def delete(self, request: Members) -> None:
        """Answer ``DeleteProcessingJob`` and the like.

        The job's log streams stay, as they do in CloudWatch.

        Raises:
            ServiceError: There is no such job, it has not ended, or its warm pool is there still.
        """
        job = self._get(request)
        self._require_deletable(job)
        if job.supervisor is not None:
            await_tidied(job.supervisor)
        try:
            self._store.remove(job.kind, job.name, self._require_deletable)
        except KeyError:
            raise self._not_found(job.name) from None
        self._clear(job.kind, job.name)

    def update(self, updated: Update, request: Members) -> dict[str, Any]:
        """Answer ``UpdateTrainingJob`` and the like.

        Args:
            updated: The kind's rule for it.
            request: The call's members.

        Raises:
            ServiceError: There is no such job, or it is not where this can be changed.
        """
        job = self._get(request)
        try:
            job = self._store.change_request(
                job.kind, job.name, lambda found: updated(found, self._pool(found), request)
            )
        except KeyError:
            raise self._not_found(job.name) from None
        return {self._kind.member("Arn"): job.arn}

    def list_jobs(self, request: Members) -> dict[str, Any]:
        """Answer ``ListProcessingJobs`` and the like."""
        return list_jobs(self._kind, self._store, request)

    def _get(self, request: Members) -> Job:
        name = request[self._kind.member("Name")]
        job = self._store.get(self._kind, name)
        if job is None:
            raise self._not_found(name)
        return job

    def _not_found(self, name: str) -> ServiceError:
        return invalid(self._kind.not_found.format(name=name))

    def _pool(self, job: Job) -> WarmPool | None:
        return self._store.pools([job.name]).get(job.name) if job.kind.warm_pools else None

    def _require_deletable(self, job: Job) -> None:
        if not job.ended:
            raise ServiceError("ResourceInUse", self._rejected(job))
        pool = self._pool(job)
        if pool is not None and pool.status == "Available":
            text = f"The request was rejected because the {self._kind} job retains a warm pool."
            raise ServiceError("ResourceInUse", text)

    def _rejected(self, job: Job) -> str:
        return f"The request was rejected because the {self._kind} job is in status {job.status}."

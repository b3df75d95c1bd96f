"""One attempt at a job, from its request to its end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.attempts import Attempt
from dagster_sagemaker.errors import JobNotCreatedError, MissingOutputError, NameTakenError
from dagster_sagemaker.logs import LogTail
from dagster_sagemaker.metadata import job_metadata
from dagster_sagemaker.outcome import job_failure, require_completed
from dagster_sagemaker.outputs import verified_outputs
from dagster_sagemaker.plan import JobPlan
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.report import read_report
from dagster_sagemaker.result import FinishedJob
from dagster_sagemaker.stop import stop_job
from dagster_sagemaker.submit import submit
from dagster_sagemaker.uploads import upload_missing
from dagster_sagemaker.validation import check_request
from dagster_sagemaker.wait import JobWait, WaitLimitExceededError, Watcher

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection


@dataclass(frozen=True)
class LifecycleOptions:
    """How jobs are waited for.

    Args:
        polling: Pace of the requests.
        stop_on_cancel: Stop the job when the run is cancelled.
        max_wait_seconds: Stop the job and fail after this time; None for no limit.
    """

    polling: Polling = field(default_factory=Polling)
    stop_on_cancel: bool = True
    max_wait_seconds: float | None = None


class JobLifecycle:
    """Runs one attempt of a plan.

    Args:
        connection: Where the job runs.
        plan: The work.
        attempt: Which job: a new one, or one to follow.
        environment: Variables to add to a new job's own.
        options: How to wait.
        log: The run's log.

    Attributes:
        may_run: Whether the job may be running, as far as is known.

    Raises:
        InvalidRequestError: The service would refuse the request.
    """

    def __init__(
        self,
        *,
        connection: "SageMakerConnection",
        plan: JobPlan,
        attempt: Attempt,
        environment: Mapping[str, str],
        options: LifecycleOptions,
        log: dg.DagsterLogManager,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._attempt = attempt
        self._options = options
        self._log = log
        self.may_run = attempt.description is not None
        request = plan.request(attempt.name, environment)
        if attempt.description is None:
            model = connection.client("sagemaker").meta.service_model
            check_request(model, plan.kind.operation, request)
        self._request = request
        self._logs = LogTail(
            connection=connection,
            kind=plan.kind,
            job_name=attempt.name,
            instance_count=plan.kind.instance_count(request),
            emit=log.info,
            warn=log.warning,
            polling=options.polling,
        )

    def run(self, messages: Watcher) -> dict[str, Any]:
        """Submit the job, unless it exists, and follow it to its end.

        Returns:
            The service's last description of the job, however it ended.

        Raises:
            NameTakenError: Another process submitted a job of the name that is of no use here.
            dagster.Failure: The job could not be submitted, or did not end within the limit.
        """
        description = self._attempt.description
        if description is None:
            upload_missing(self._connection.client("s3"), self._plan.job.uploads)
            self.may_run = True  # from here on, even if the answer to the submission is lost
            description = self._submit()
        description = self._wait(messages, description)
        self.may_run = False
        return description

    def interrupted(self) -> None:
        """Stop the job, if it may be running and is not to be left so; the run was cancelled."""
        if not self.may_run:
            return
        if self._options.stop_on_cancel:
            self._log.info(f"[sagemaker] Interrupted; stopping job {self._attempt.name}")
            self._stop()
        else:
            self._log.info(f"[sagemaker] Interrupted; job {self._attempt.name} is left running")

    def conclude(self, description: dict[str, Any]) -> FinishedJob:
        """Judge the end of the job and collect its results.

        Raises:
            dagster.Failure: It did not complete, or not with its outputs in place.
        """
        kind = self._plan.kind
        require_completed(self._connection, kind, description, self._logs)
        s3 = self._connection.client("s3")
        try:
            outputs = verified_outputs(s3, kind, description, self._plan.job.optional_outputs)
        except MissingOutputError as error:
            raise job_failure(
                self._connection,
                kind,
                description,
                self._logs,
                headline=str(error),
                allow_retries=False,
            ) from error
        report = read_report(s3, kind, outputs)
        return FinishedJob(
            kind=kind.name,
            name=self._attempt.name,
            arn=description[kind.arn_field],
            description={k: v for k, v in description.items() if k != "ResponseMetadata"},
            outputs=outputs,
            report=report,
            model_uri=outputs["model"].uri if kind.name == "training" else None,
            metadata=job_metadata(self._connection, kind, description, self._logs, report),
        )

    def _submit(self) -> dict[str, Any] | None:
        try:
            return submit(self._connection, self._plan, self._request, self._log)
        except (JobNotCreatedError, NameTakenError):
            self.may_run = False  # whatever else goes wrong leaves open whether it runs
            raise

    def _wait(self, messages: Watcher, description: dict[str, Any] | None) -> dict[str, Any]:
        wait = JobWait(
            connection=self._connection,
            kind=self._plan.kind,
            name=self._attempt.name,
            polling=self._options.polling,
            limit_seconds=self._options.max_wait_seconds,
            watchers=(self._logs, messages),
            log=self._log,
        )
        try:
            return wait.run(description)
        except WaitLimitExceededError as limit:
            stopped = self._stop()
            raise self._limit_failure(limit.description, stopped) from None

    def _limit_failure(self, description: dict[str, Any] | None, stopped: bool) -> dg.Failure:
        kind = self._plan.kind
        unknown = {
            kind.name_field: self._attempt.name,
            kind.arn_field: "",
            kind.status_field: "InProgress",
        }
        outcome = "was stopped" if stopped else "could not be stopped"
        return job_failure(
            self._connection,
            kind,
            description or unknown,
            self._logs,
            headline=(
                f"did not end within max_wait_seconds={self._options.max_wait_seconds:g} and "
                f"{outcome}; raise the limit or give the job less to do"
            ),
            allow_retries=True,
        )

    def _stop(self) -> bool:
        stopped = stop_job(self._connection, self._plan.kind, self._attempt.name, self._log.info)
        self.may_run = not stopped
        return stopped

"""One attempt at a job, from its request to its end."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.attempts import Attempt
from dagster_sagemaker.credentials import CredentialsPatience
from dagster_sagemaker.errors import (
    JobNotCreatedError,
    MissingOutputError,
    NameTakenError,
    NoCapacityError,
)
from dagster_sagemaker.input_checks import check_inputs
from dagster_sagemaker.instance_types import service_chose, with_instance_types
from dagster_sagemaker.log_journal import LogJournal
from dagster_sagemaker.logs import LogTail
from dagster_sagemaker.metadata import job_metadata
from dagster_sagemaker.options import JobOptions
from dagster_sagemaker.outcome import job_failure, require_completed
from dagster_sagemaker.outputs import verified_outputs
from dagster_sagemaker.plan import JobPlan
from dagster_sagemaker.report import read_report
from dagster_sagemaker.result import FinishedJob
from dagster_sagemaker.right_sizing import read_peaks
from dagster_sagemaker.spot import SpotInterruptions, require_checkpoint
from dagster_sagemaker.stop import stop_job
from dagster_sagemaker.submit import submit
from dagster_sagemaker.typed_members import with_types
from dagster_sagemaker.uploads import upload_missing
from dagster_sagemaker.validation import check_request
from dagster_sagemaker.wait import JobWait, WaitLimitExceededError, Watcher

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection


class JobLifecycle:
    """Runs one attempt of a plan.

    Args:
        connection: Where the job runs.
        plan: The work.
        attempt: Which job: a new one, or one to follow.
        hold: Called just before each try to create the job.
        environment: Variables to add to a new job's own.
        options: How to submit and wait; of the instance types, those that are left.
        journal: Knows what was shown of the job's log.
        log: The run's log.

    Attributes:
        may_run: Whether the job may be running, as far as is known.
        request: The complete request.

    Raises:
        InvalidRequestError: The service would refuse the request.
    """

    def __init__(
        self,
        *,
        connection: "SageMakerConnection",
        plan: JobPlan,
        attempt: Attempt,
        hold: Callable[[], None],
        environment: Mapping[str, str],
        options: JobOptions,
        journal: LogJournal,
        log: dg.DagsterLogManager,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._attempt = attempt
        self._hold = hold
        self._options = options
        self._log = log
        self.may_run = attempt.description is not None
        model = connection.client("sagemaker").meta.service_model
        request = plan.request(attempt.name, environment)
        request = with_types(model, plan.kind.operation, request)
        request = with_instance_types(model, plan.kind, request, options.instance_types)
        if attempt.description is None:
            check_request(model, plan.kind.operation, request)
            if not options.spot_without_checkpoint:
                require_checkpoint(request)
        self.request = request
        self._logs = LogTail(
            connection=connection,
            kind=plan.kind,
            job_name=attempt.name,
            journal=journal if options.print_log else None,
            resumes=attempt.description is not None,
            log=log,
            polling=options.polling,
        )

    def run(self, messages: Watcher | None) -> dict[str, Any]:
        """Submit the job, unless it exists, and follow it to its end.

        Args:
            messages: Reads those of the job's script; None if it sends none.

        Returns:
            The service's last description of the job, however it ended.

        Raises:
            NameTakenError: Another process submitted a job of the name that is of no use here, or
                stopped the job of its own that was followed.
            dagster.Failure: The job could not be submitted, or did not end within the limit.
        """
        self._submit_unless_there()
        description = self._wait(messages, self._attempt.description)
        self.may_run = False
        if self._plan.kind.status(description) == "Stopped" and not self._attempt.of_this_run:
            self._log.info(f"[sagemaker] Job {self._attempt.name} was stopped, and not by this run")
            raise NameTakenError(self._attempt.name)
        return description

    def leave(self) -> bool:
        """Submit the job, unless it exists, and leave it to itself.

        Returns:
            Whether it runs; False if it has ended, and ``run`` is to judge its end.

        Raises:
            NameTakenError: As ``run``.
            dagster.Failure: The job could not be submitted.
        """
        self._submit_unless_there()
        description = self._attempt.description
        if description is not None and self._plan.kind.is_over(description):
            return False
        self._log.info(
            f"[sagemaker] Job {self._attempt.name} is left running; when it has ended, another run "
            "makes the partition of it"
        )
        return True

    @property
    def needs_session(self) -> bool:
        """Whether somebody may still read or write the job's Pipes session."""
        return self.may_run or not self._attempt.of_this_run

    def interrupted(self) -> None:
        """Stop the job, if it may be running and is not to be left so; the run was cancelled."""
        if not self.may_run:
            return
        if self._options.stop_on_cancel and self._attempt.of_this_run:
            self._log.info(f"[sagemaker] Interrupted; stopping job {self._attempt.name}")
            self._stop()
        else:
            self._log.info(f"[sagemaker] Interrupted; job {self._attempt.name} is left running")

    def conclude(self, description: dict[str, Any]) -> FinishedJob:
        """Judge the end of the job and collect its results.

        Raises:
            NoCapacityError: There were no instances of the type that was asked for.
            dagster.Failure: It did not complete, or not with its outputs in place.
        """
        peaks: dict[str, Any] = {}
        if self._options.resource_metrics:
            run_id, kind = self._plan.step.run_id, self._plan.kind
            peaks = read_peaks(self._connection, kind, description, run_id, self._log)
        credentials = self._credentials("has ended", "use what it left")
        try:
            return credentials.renewed(lambda: self._concluded(description, peaks))
        except dg.Failure as failure:
            # A job that failed may have done so for want of memory.
            failure.metadata = {**failure.metadata, **dg.Failure(metadata=peaks).metadata}
            raise

    def _concluded(self, description: dict[str, Any], peaks: dict[str, Any]) -> FinishedJob:
        kind = self._plan.kind
        try:
            require_completed(self._connection, kind, description, self._logs)
        except dg.Failure as failure:
            without_capacity = description.get("FailureReason", "").startswith("CapacityError")
            if without_capacity and not service_chose(kind, description):
                raise NoCapacityError(failure.description, failure.metadata) from failure
            raise
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
            metadata={
                **job_metadata(self._connection, kind, description, self._logs, report, outputs),
                **peaks,
            },
        )

    def _submit_unless_there(self) -> None:
        if self._attempt.description is None:
            self._credentials("is not submitted", "have it submitted").renewed(self._prepare)
            self.may_run = True  # from here on, even if the answer to the submission is lost
            self._attempt = self._submit()

    def _prepare(self) -> None:
        s3 = self._connection.client("s3")
        uploads = self._plan.job.uploads
        upload_missing(s3, uploads)
        if self._options.check_inputs:
            check_inputs(s3, self._plan.kind, self.request, uploads, self._plan.step.title)

    def _credentials(self, state: str, goal: str) -> CredentialsPatience:
        return CredentialsPatience(
            self._connection,
            state=f"{self._plan.kind.name.capitalize()} job {self._attempt.name} {state}",
            goal=goal,
            limit_seconds=self._options.max_credentials_wait_seconds,
            polling=self._options.polling,
            log=self._log,
        )

    def _submit(self) -> Attempt:
        try:
            return submit(
                self._connection,
                self._plan,
                self.request,
                self._options,
                self._hold,
                self._log,
            )
        except (JobNotCreatedError, NameTakenError):
            self.may_run = False  # whatever else goes wrong leaves open whether it runs
            raise

    def _wait(self, messages: Watcher | None, description: dict[str, Any] | None) -> dict[str, Any]:
        spot = SpotInterruptions(self._attempt.name, self._log.warning)
        wait = JobWait(
            connection=self._connection,
            kind=self._plan.kind,
            name=self._attempt.name,
            polling=self._options.polling,
            limit_seconds=self._options.max_wait_seconds,
            watchers=(self._logs, spot) if messages is None else (self._logs, messages, spot),
            credentials=self._credentials("runs on", "go on waiting for it"),
            log=self._log,
        )
        try:
            return wait.run(description)
        except WaitLimitExceededError as limit:
            outcome = "is left to the run that started it"
            if self._attempt.of_this_run:
                outcome = "was stopped" if self._stop() else "could not be stopped"
            raise self._limit_failure(limit.description, outcome) from None

    def _limit_failure(self, description: dict[str, Any] | None, outcome: str) -> dg.Failure:
        kind = self._plan.kind
        unknown = {
            kind.name_field: self._attempt.name,
            kind.arn_field: "",
            kind.status_field: "InProgress",
        }
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

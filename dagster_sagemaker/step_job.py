"""The job of one step: found or submitted, followed or left to the sensor, and concluded."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster._core.pipes.context import build_external_execution_context_data

from dagster_sagemaker import run_jobs
from dagster_sagemaker.attempts import Attempt, find_attempt
from dagster_sagemaker.claim import JobClaim
from dagster_sagemaker.claim_store import ClaimStore
from dagster_sagemaker.costs import PriceTable
from dagster_sagemaker.costs.budget import Budget
from dagster_sagemaker.costs.estimate import cost_metadata, most_usd
from dagster_sagemaker.credentials import CredentialsPatience
from dagster_sagemaker.errors import (
    CostRefusedError,
    JobNotCreatedError,
    NameTakenError,
    NoCapacityError,
    NoRoomYetError,
    QuotaTooSmallError,
)
from dagster_sagemaker.identity import StepContext
from dagster_sagemaker.instance_types import types_left
from dagster_sagemaker.interrupts import INTERRUPTS, lost_interrupts_noted
from dagster_sagemaker.invocation import SageMakerInvocation
from dagster_sagemaker.lifecycle import JobLifecycle
from dagster_sagemaker.log_journal import LogJournal
from dagster_sagemaker.messages import JobContextInjector, JobMessages, PipesLocation
from dagster_sagemaker.s3_uri import S3Location, join_s3_uri, parse_s3_uri
from dagster_sagemaker.silent_session import silent_session
from dagster_sagemaker.unattended import concluded_job, run_job

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
    from dagster_sagemaker.masking import Mask
    from dagster_sagemaker.options import JobOptions
    from dagster_sagemaker.plan import JobPlan

# How often another process may take the name first; it takes one job each time.
_RACES = 5


@dataclass(frozen=True)
class StepJob:
    """What a step needs to come by its finished job.

    Args:
        context: The step's.
        connection: Where the job runs.
        prefix: Address in S3 of claims and Pipes sessions.
        plan: The work.
        options: How to submit and wait; of the instance types, those that are left.
        extras: Passed to the script through Pipes.
        mask: Hides the request's secrets.
    """

    context: StepContext
    connection: "SageMakerConnection"
    prefix: str
    plan: "JobPlan"
    options: "JobOptions"
    extras: Mapping[str, Any]
    mask: "Mask"

    def run(self) -> SageMakerInvocation:
        """The job, on the first of the instance types that there is room for.

        Raises:
            InvalidRequestError: The service would refuse the request; nothing was submitted.
            dagster.Failure: The job did not complete with its outputs in place.
        """
        types = tuple(self.options.instance_types)
        while True:
            left = replace(self, options=replace(self.options, instance_types=types))
            try:
                with lost_interrupts_noted():
                    return left._run_unless_raced()
            except (NoCapacityError, QuotaTooSmallError) as failure:
                if len(types) <= 1:
                    raise
                types = types_left(types, failure.description or "")
                self.context.log.warning(
                    f"[sagemaker] Going on with {', '.join(types)}: {failure.description}"
                )

    def _run_unless_raced(self) -> SageMakerInvocation:
        to_conclude = concluded_job(self.context)
        for _ in range(_RACES):
            attempt = self._credentials.renewed(
                lambda: find_attempt(self.connection, self.plan, self.context.log, to_conclude)
            )
            self.mask.learn(self.plan.request(attempt.name, {}))
            claim = self._claim()
            lifecycle = self._lifecycle(attempt, claim)
            if attempt.description is None and self.plan.action == "attach":
                attempt = self._credentials.renewed(partial(claim.take, attempt))
                if attempt.description is not None:
                    lifecycle = self._lifecycle(attempt, claim)
            try:
                return self._run_attempt(attempt, lifecycle)
            except NameTakenError:
                continue
            except JobNotCreatedError:
                claim.release()
                raise
        raise dg.Failure(f"Other processes keep submitting jobs for {self.plan.step.title}")

    def _run_attempt(self, attempt: Attempt, lifecycle: JobLifecycle) -> SageMakerInvocation:
        messages = self._messages(attempt) if self.plan.job.pipes else None
        try:
            self._note(attempt, lifecycle)
            if not self.options.wait_for_completion and self._is_left_running(attempt, lifecycle):
                return SageMakerInvocation(attempt.name, None)
            with self._session(attempt, messages) as session:
                description = lifecycle.run(messages)
            cost = cost_metadata(self.plan.kind, description, self._prices)
            self._note_cost(attempt.name, cost.get("cost_usd"))
        except INTERRUPTS:
            lifecycle.interrupted()
            raise
        finally:
            if messages is not None and not lifecycle.needs_session:
                messages.clean_up()
        job = lifecycle.conclude(description)
        metadata = {key: self.mask.value(value) for key, value in {**job.metadata, **cost}.items()}
        return SageMakerInvocation(job.name, (session, replace(job, metadata=metadata)))

    def _is_left_running(self, attempt: Attempt, lifecycle: JobLifecycle) -> bool:
        """Submit the job; whether it is left to the sensor.

        It is not if it has ended: an earlier run submitted it.
        """
        try:
            if not self.plan.job.pipes:
                return lifecycle.leave()
            data = build_external_execution_context_data(self.context, dict(self.extras))
            with self._injector(attempt).inject_context(data):
                return lifecycle.leave()
        except NoRoomYetError as error:
            self.context.log.info(f"[sagemaker] {error.description} Another run tries again.")
            return True

    def _note(self, attempt: Attempt, lifecycle: JobLifecycle) -> None:
        """Before the job is created: whoever sees to it later must not depend on this process.

        Raises:
            CostRefusedError: The job is not to be created.
        """
        if attempt.description is not None and self.plan.kind.is_over(attempt.description):
            return
        instance, run = self.context.instance, self.context.run
        job = run_job(
            self.context,
            self.plan,
            attempt,
            waits=not self.options.wait_for_completion,
            usd=most_usd(self.plan.kind, attempt.description or lifecycle.request, self._prices),
        )
        run_jobs.note(instance, run.run_id, job, stop=self.options.stop_on_cancel)
        if attempt.description is None:
            try:
                self._budget.admit(self.plan, job, instance, run)
            except CostRefusedError:
                run_jobs.note_cost(instance, run.run_id, job.name, 0.0)
                raise

    def _note_cost(self, job_name: str, usd: float | None) -> None:
        """What a job that has ended counts from now on."""
        if self._budget.limits:
            for run_id in {self.context.run.run_id, self.plan.step.root_run_id}:
                run_jobs.note_cost(self.context.instance, run_id, job_name, usd)

    @property
    def _prices(self) -> PriceTable | None:
        region = self.connection.client("sagemaker").meta.region_name
        return self.options.prices or PriceTable.bundled(region)

    @property
    def _budget(self) -> Budget:
        return Budget(
            self._prices,
            job_usd=self.options.max_usd_per_job,
            run_usd=self.options.max_usd_per_run,
            backfill_usd=self.options.max_usd_per_backfill,
        )

    def _lifecycle(self, attempt: Attempt, claim: JobClaim) -> JobLifecycle:
        return JobLifecycle(
            connection=self.connection,
            plan=self.plan,
            attempt=attempt,
            hold=claim.hold,
            environment=self._location(attempt.name).environment() if self.plan.job.pipes else {},
            options=self.options,
            journal=LogJournal(
                instance=self.context.instance,
                run=self.context.run,
                job_name=attempt.name,
                log=self.context.log,
                mask=self.mask,
            ),
            log=self.context.log,
        )

    def _claim(self) -> JobClaim:
        place = self._place("claims", self.plan.claim_name, "_claim.json")
        return JobClaim(
            connection=self.connection,
            store=ClaimStore(self.connection, place),
            plan=self.plan,
            options=self.options,
            instance=self.context.instance,
            log=self.context.log,
        )

    def _session(
        self, attempt: Attempt, messages: JobMessages | None
    ) -> AbstractContextManager[dg.PipesSession]:
        if messages is None:
            return silent_session(self.context)
        return dg.open_pipes_session(
            context=self.context,
            context_injector=self._injector(attempt),
            message_reader=messages,
            extras=dict(self.extras),
        )

    def _injector(self, attempt: Attempt) -> JobContextInjector:
        return JobContextInjector(self.connection, self._location(attempt.name), self._credentials)

    def _messages(self, attempt: Attempt) -> JobMessages:
        seconds = self.options.polling.message_seconds
        return JobMessages(self.connection, self._location(attempt.name), seconds)

    @property
    def _credentials(self) -> CredentialsPatience:
        kind, title = self.plan.kind.name, self.plan.step.title
        return CredentialsPatience(
            self.connection,
            state=f"The {kind} job for {title} waits",
            goal="go on with it",
            limit_seconds=self.options.max_credentials_wait_seconds,
            polling=self.options.polling,
            log=self.context.log,
        )

    def _location(self, job_name: str) -> PipesLocation:
        place = self._place(job_name)
        return PipesLocation(bucket=place.bucket, key_prefix=place.key)

    def _place(self, *parts: str) -> S3Location:
        return parse_s3_uri(join_s3_uri(self.prefix, *parts))

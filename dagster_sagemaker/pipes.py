"""Dagster Pipes clients for SageMaker's processing and training jobs."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import dagster as dg
from dagster._core.definitions.resource_annotation import TreatAsResourceParam
from typing_extensions import Unpack

from dagster_sagemaker.attempts import Attempt, find_attempt
from dagster_sagemaker.claim import JobClaim
from dagster_sagemaker.claim_store import ClaimStore
from dagster_sagemaker.connection import SageMakerConnection
from dagster_sagemaker.errors import NameTakenError, NoCapacityError, QuotaTooSmallError
from dagster_sagemaker.identity import StepContext, identify
from dagster_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from dagster_sagemaker.lifecycle import JobLifecycle
from dagster_sagemaker.masking import Mask, secrets_masked
from dagster_sagemaker.messages import JobContextInjector, JobMessages, PipesLocation
from dagster_sagemaker.options import JobKeywords, JobOptions
from dagster_sagemaker.plan import JobPlan
from dagster_sagemaker.request import JobRequest
from dagster_sagemaker.result import FinishedJob
from dagster_sagemaker.s3_uri import join_s3_uri, parse_s3_uri

INTERRUPTS = (dg.DagsterExecutionInterruptedError, KeyboardInterrupt)
"""What a cancelled run raises in its steps."""

# How often another process may take the name first; it takes one job each time.
_RACES = 5


class SageMakerInvocation(dg.PipesClientCompletedInvocation):
    """A completed job with its Pipes session.

    Attributes:
        job: The job, verified.
    """

    def __init__(self, session: dg.PipesSession, job: FinishedJob) -> None:
        super().__init__(session, metadata=job.metadata)
        self.job = job


class _PipesSageMakerClient(dg.PipesClient, TreatAsResourceParam):
    """What both clients are; they differ in the kind of job.

    Args:
        connection: Where jobs run.
        bucket: Bucket for claims, and for the context and messages of Pipes. Jobs need to read and
            write it.
        prefix: Prefix in it. A lifecycle rule may delete what is older than the longest job.
        **options: How jobs are submitted and waited for; see ``JobOptions``.
    """

    _kind: ClassVar[JobKind]

    def __init__(
        self,
        connection: SageMakerConnection,
        *,
        bucket: str,
        prefix: str = "pipes",
        **options: Unpack[JobKeywords],
    ) -> None:
        self._connection = connection
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        self._options = JobOptions(**options)

    def run(  # type: ignore[override]
        self,
        *,
        context: StepContext,
        request: Mapping[str, Any] | JobRequest,
        partition_key: str | None = None,
        extras: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        **options: Unpack[JobKeywords],
    ) -> SageMakerInvocation:
        """Run a job, or go on with the one that an earlier attempt of this step started.

        Args:
            context: Context of the asset or op.
            request: What boto3's create call takes, or that with uploads. Strings may be templates
                as Airflow has them, such as ``{{ ds }}``; ``template_values`` has all names. A job
                name in it is the base of the name. It is not changed.
            partition_key: Whose job this is, in a run of several partitions that has a job for
                each; the run's own partition or range if not given.
            extras: Passed to the script through Pipes.
            params: What templates know as ``params``. The step's run config goes before them.
            **options: Those of the client that are different for this job.

        Returns:
            The invocation; its ``job`` has outputs, report and metadata.

        Raises:
            InvalidRequestError: The service would refuse the request; nothing was submitted.
            dagster.Failure: The job did not complete with its outputs in place.
        """
        chosen = replace(self._options, **options)
        job = request if isinstance(request, JobRequest) else JobRequest(request=request)
        plan = JobPlan(
            kind=self._kind,
            job=job,
            step=identify(context, partition_key),
            params={**(params or {}), **_config(context)},
            action=chosen.action_if_job_exists,
            instance_types=tuple(chosen.instance_types),
            created=_created(context) if chosen.action_if_job_exists == "timestamp" else None,
        )
        mask = Mask(job.secrets)
        mask.learn(job.request)
        with secrets_masked(context.log, mask):
            return self._run_plan(context, plan, chosen, extras, mask)

    def _run_plan(
        self,
        context: StepContext,
        plan: JobPlan,
        options: JobOptions,
        extras: Mapping[str, Any] | None,
        mask: Mask,
    ) -> SageMakerInvocation:
        types = options.instance_types
        for index in range(max(len(types), 1)):
            left = replace(options, instance_types=types[index:])
            try:
                return self._run_unless_raced(context, plan, left, extras, mask)
            except (NoCapacityError, QuotaTooSmallError) as failure:
                if index + 1 >= len(types):
                    raise
                context.log.warning(
                    f"[sagemaker] Going on with {types[index + 1]}: {failure.description}"
                )
        raise AssertionError  # pragma: no cover - the last type returns or raises

    def _run_unless_raced(
        self,
        context: StepContext,
        plan: JobPlan,
        options: JobOptions,
        extras: Mapping[str, Any] | None,
        mask: Mask,
    ) -> SageMakerInvocation:
        for _ in range(_RACES):
            attempt = find_attempt(self._connection, plan, context.log)
            mask.learn(plan.request(attempt.name, {}))
            claim = self._claim(context, plan, options)
            lifecycle = self._lifecycle(context, plan, options, attempt, claim)
            if attempt.description is None and plan.action == "attach":
                attempt = claim.take(attempt)
                if attempt.description is not None:
                    lifecycle = self._lifecycle(context, plan, options, attempt, claim)
            location = self._location(attempt.name)
            messages = JobMessages(self._connection, location, options.polling.message_seconds)
            try:
                session, job = self._run_attempt(context, location, lifecycle, messages, extras)
            except NameTakenError:
                continue
            metadata = {key: mask.value(value) for key, value in job.metadata.items()}
            return SageMakerInvocation(session, replace(job, metadata=metadata))
        raise dg.Failure(f"Other processes keep submitting jobs for {plan.step.title}")

    def _run_attempt(
        self,
        context: StepContext,
        location: PipesLocation,
        lifecycle: JobLifecycle,
        messages: JobMessages,
        extras: Mapping[str, Any] | None,
    ) -> tuple[dg.PipesSession, FinishedJob]:
        try:
            with dg.open_pipes_session(
                context=context,
                context_injector=JobContextInjector(self._connection, location),
                message_reader=messages,
                extras=dict(extras or {}),
            ) as session:
                description = lifecycle.run(messages)
        except INTERRUPTS:
            lifecycle.interrupted()
            raise
        finally:
            if not lifecycle.needs_session:
                messages.clean_up()
        return session, lifecycle.conclude(description)

    def _lifecycle(
        self,
        context: StepContext,
        plan: JobPlan,
        options: JobOptions,
        attempt: Attempt,
        claim: JobClaim,
    ) -> JobLifecycle:
        return JobLifecycle(
            connection=self._connection,
            plan=plan,
            attempt=attempt,
            hold=claim.hold,
            environment=self._location(attempt.name).environment(),
            options=options,
            log=context.log,
        )

    def _claim(self, context: StepContext, plan: JobPlan, options: JobOptions) -> JobClaim:
        place = parse_s3_uri(
            join_s3_uri(
                f"s3://{self._bucket}", self._prefix, "claims", plan.claim_name, "_claim.json"
            )
        )
        return JobClaim(
            connection=self._connection,
            store=ClaimStore(self._connection, place),
            plan=plan,
            options=options,
            instance=context.instance,
            log=context.log,
        )

    def _location(self, job_name: str) -> PipesLocation:
        place = parse_s3_uri(join_s3_uri(f"s3://{self._bucket}", self._prefix, job_name))
        return PipesLocation(bucket=place.bucket, key_prefix=place.key)


def _config(context: StepContext) -> Mapping[str, Any]:
    config = context.op_execution_context.op_config
    return config if isinstance(config, Mapping) else {}


def _created(context: StepContext) -> int:
    """The second at which the first of the runs that re-execute one another was made."""
    run_id = context.run.root_run_id or context.run.run_id
    record = context.instance.get_run_record_by_id(run_id)
    return int(record.create_timestamp.timestamp() if record else time.time())


class PipesSageMakerProcessingClient(_PipesSageMakerClient):
    """Runs SageMaker processing jobs; see ``run``.

    .. code-block:: python

        @dg.asset(partitions_def=days)
        def features(context: dg.AssetExecutionContext, sagemaker: PipesSageMakerProcessingClient):
            job = sagemaker.run(context=context, request=create_processing_job_arguments).job
            return dg.MaterializeResult(metadata=job.metadata)
    """

    _kind = PROCESSING


class PipesSageMakerTrainingClient(_PipesSageMakerClient):
    """Runs SageMaker training jobs; see ``run``."""

    _kind = TRAINING

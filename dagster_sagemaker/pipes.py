"""Dagster Pipes clients for SageMaker's processing and training jobs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import dagster as dg
from dagster._core.definitions.resource_annotation import TreatAsResourceParam

from dagster_sagemaker.attempts import Attempt, find_attempt
from dagster_sagemaker.connection import SageMakerConnection
from dagster_sagemaker.errors import NameTakenError
from dagster_sagemaker.identity import StepContext, identify
from dagster_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from dagster_sagemaker.lifecycle import JobLifecycle, LifecycleOptions
from dagster_sagemaker.masking import Mask, secrets_masked
from dagster_sagemaker.messages import JobContextInjector, JobMessages, PipesLocation
from dagster_sagemaker.plan import JobPlan
from dagster_sagemaker.polling import Polling
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
        bucket: Bucket for the context and messages of Pipes. Jobs need to read and write it.
        prefix: Prefix in it. A lifecycle rule may delete what is older than the longest job.
        polling: Pace of the requests about a running job.
        stop_on_cancel: Stop the job when the run is cancelled.
        max_wait_seconds: Stop the job and fail after this time; None for no limit.
    """

    _kind: ClassVar[JobKind]

    def __init__(
        self,
        connection: SageMakerConnection,
        *,
        bucket: str,
        prefix: str = "pipes",
        polling: Polling | None = None,
        stop_on_cancel: bool = True,
        max_wait_seconds: float | None = None,
    ) -> None:
        self._connection = connection
        self._bucket = bucket
        self._prefix = prefix.strip("/")
        self._options = LifecycleOptions(
            polling=polling or Polling(),
            stop_on_cancel=stop_on_cancel,
            max_wait_seconds=max_wait_seconds,
        )

    def run(  # type: ignore[override]
        self,
        *,
        context: StepContext,
        request: Mapping[str, Any] | JobRequest,
        partition_key: str | None = None,
        extras: Mapping[str, Any] | None = None,
    ) -> SageMakerInvocation:
        """Run a job, or go on with the one that an earlier attempt of this step started.

        Args:
            context: Context of the asset or op.
            request: What boto3's create call takes, or that with uploads. Strings may hold
                ``{{ ds }}``, ``{{ ds_nodash }}``, ``{{ partition_key }}``, ``{{ run_id }}`` and
                ``{{ job_name }}``. A job name in it is the base of the name. It is not changed.
            partition_key: Whose job this is, in a run of several partitions that has a job for
                each; the run's own partition or range if not given.
            extras: Passed to the script through Pipes.

        Returns:
            The invocation; its ``job`` has outputs, report and metadata.

        Raises:
            InvalidRequestError: The service would refuse the request; nothing was submitted.
            dagster.Failure: The job did not complete with its outputs in place.
        """
        job = request if isinstance(request, JobRequest) else JobRequest(request=request)
        plan = JobPlan(kind=self._kind, job=job, step=identify(context, partition_key))
        mask = Mask(job.secrets)
        mask.learn(job.request)
        with secrets_masked(context.log, mask):
            return self._run_plan(context, plan, extras, mask)

    def _run_plan(
        self,
        context: StepContext,
        plan: JobPlan,
        extras: Mapping[str, Any] | None,
        mask: Mask,
    ) -> SageMakerInvocation:
        for _ in range(_RACES):
            attempt = find_attempt(self._connection, plan, context.log)
            mask.learn(plan.request(attempt.name, {}))
            try:
                return self._run_attempt(context, plan, attempt, extras, mask)
            except NameTakenError:
                continue
        raise dg.Failure(f"Other processes keep submitting jobs for {plan.step.title}")

    def _run_attempt(
        self,
        context: StepContext,
        plan: JobPlan,
        attempt: Attempt,
        extras: Mapping[str, Any] | None,
        mask: Mask,
    ) -> SageMakerInvocation:
        location = self._location(attempt.name)
        lifecycle = JobLifecycle(
            connection=self._connection,
            plan=plan,
            attempt=attempt,
            environment=location.environment(),
            options=self._options,
            log=context.log,
        )
        messages = JobMessages(self._connection, location, self._options.polling.message_seconds)
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
            if not lifecycle.may_run:
                messages.clean_up()
        job = lifecycle.conclude(description)
        metadata = {key: mask.value(value) for key, value in job.metadata.items()}
        return SageMakerInvocation(session, replace(job, metadata=metadata))

    def _location(self, job_name: str) -> PipesLocation:
        place = parse_s3_uri(join_s3_uri(f"s3://{self._bucket}", self._prefix, job_name))
        return PipesLocation(bucket=place.bucket, key_prefix=place.key)


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

"""Dagster Pipes clients for SageMaker's processing and training jobs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, ClassVar

import dagster as dg
from dagster._core.definitions.resource_annotation import TreatAsResourceParam
from typing_extensions import Unpack

from dagster_sagemaker.connection import SageMakerConnection
from dagster_sagemaker.identity import StepContext, identify
from dagster_sagemaker.invocation import SageMakerInvocation
from dagster_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from dagster_sagemaker.masking import Mask, secrets_masked
from dagster_sagemaker.options import JobKeywords, JobOptions
from dagster_sagemaker.plan import JobPlan
from dagster_sagemaker.request import JobRequest
from dagster_sagemaker.run_jobs import ROOT_RUN_TAG
from dagster_sagemaker.s3_uri import join_s3_uri
from dagster_sagemaker.step_job import StepJob
from dagster_sagemaker.unattended import why_it_waits

FRESH_TAG = "ml_pipeline/fresh"
"""Run tag; ``true``: completed jobs of the runs that a run re-executes are not used."""


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
            The invocation; its ``job`` has outputs, report and metadata. Without
            ``wait_for_completion`` there may be none yet: then ``left_running`` is true.

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
            fresh_since=_fresh_since(context),
            waited_seconds=_waited_seconds(context),
        )
        mask = Mask(job.secrets)
        mask.learn(job.request)
        with secrets_masked(context.log, mask):
            return StepJob(
                context=context,
                connection=self._connection,
                prefix=join_s3_uri(f"s3://{self._bucket}", self._prefix),
                plan=plan,
                options=_attended(context, plan, chosen),
                extras=extras or {},
                mask=mask,
            ).run()


def _attended(context: StepContext, plan: JobPlan, options: JobOptions) -> JobOptions:
    """The options, with a wait for the job where it cannot be left to the sensor."""
    reason = None if options.wait_for_completion else why_it_waits(context, plan)
    if reason is None:
        return options
    context.log.info(f"[sagemaker] This step waits for its job all the same: {reason}")
    return replace(options, wait_for_completion=True)


def _config(context: StepContext) -> Mapping[str, Any]:
    config = context.op_execution_context.op_config
    return config if isinstance(config, Mapping) else {}


def _created(context: StepContext) -> int:
    """The second at which the first of the runs that re-execute one another was made."""
    return int(_made(context, context.run.root_run_id or context.run.run_id).timestamp())


def _fresh_since(context: StepContext) -> datetime | None:
    if context.run.tags.get(FRESH_TAG) != "true":
        return None
    return _made(context, context.run.run_id)


def _waited_seconds(context: StepContext) -> float:
    """How long ago the run began whose job this one is to conclude, or to submit at last."""
    first = context.run.tags.get(ROOT_RUN_TAG)
    if first is None:
        return 0.0
    return (datetime.now(timezone.utc) - _made(context, first)).total_seconds()


def _made(context: StepContext, run_id: str) -> datetime:
    record = context.instance.get_run_record_by_id(run_id)
    return record.create_timestamp if record else datetime.now(timezone.utc)


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

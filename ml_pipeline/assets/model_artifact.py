"""A classifier of late arrivals, trained by a SageMaker training job.

It learns from ``train`` and ``validation`` and never sees the day it is evaluated on.
"""

from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerTrainingClient,
    SKLearnTraining,
    TrainingChannel,
)
from ml_pipeline import code_bundles
from ml_pipeline.automation import follows_its_inputs
from ml_pipeline.partitions import backfill_policy, daily, days_of
from ml_pipeline.publishing.artifacts import Dataset, Model
from ml_pipeline.publishing.results import materialized
from ml_pipeline.settings import Settings, get_settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    backfill_policy=backfill_policy,
    group_name="flights",
    kinds={"sagemaker", "scikitlearn"},
    owners=["team:ml"],
    code_version=code_bundles.train.version,
    pool="sagemaker_training",
    io_manager_key="models",
    output_required=False,
    automation_condition=follows_its_inputs(get_settings()),
)
def model_artifact(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    training: PipesSageMakerTrainingClient,
    preprocessed_dataset: dict[str, Dataset],
) -> Iterator[dg.MaterializeResult[Mapping[str, Model]]]:
    made = {}
    for ds in days_of(context):
        request = build_request(settings, preprocessed_dataset[ds])
        invocation = training.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        job = invocation.job
        made[ds] = Model.from_job(job, code_version=code_bundles.train.version)
        context.add_asset_metadata(job.metadata, partition_key=ds)
    yield materialized(made)


def build_request(settings: Settings, dataset: Dataset) -> JobRequest:
    """The training job of one partition."""
    bucket = f"s3://{settings.bucket_name}"
    training = SKLearnTraining(
        region=settings.region,
        role_arn=settings.job_role_arn,
        instance_type=settings.training_instance_type,
        max_runtime_seconds=settings.max_runtime_seconds,
        metric_definitions={
            f"{channel}:auc": rf"{channel}:auc=([0-9.]+);" for channel in ("train", "validation")
        },
    )
    return training.build(
        code=code_bundles.train,
        code_uri=f"{bucket}/code",
        channels=[
            TrainingChannel(name=name, s3_uri=dataset.outputs[name].uri)
            for name in ("train", "validation")
        ],
        output_uri=f"{bucket}/model_artifact/ds={{{{ ds }}}}",
        version=dataset.etags("train", "validation"),
    )

"""A classifier of late arrivals, trained by a SageMaker training job.

It learns from ``train`` and ``validation`` and never sees the day it is evaluated on.
"""

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerTrainingClient,
    SKLearnTraining,
    TrainingChannel,
)
from ml_pipeline import code_bundles
from ml_pipeline.partitions import daily, require_partition
from ml_pipeline.publishing.artifacts import Dataset, Model
from ml_pipeline.settings import Settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    group_name="flights",
    kinds={"sagemaker", "scikitlearn"},
    owners=["team:ml"],
    code_version=code_bundles.train.version,
    pool="sagemaker_training",
    io_manager_key="models",
)
def model_artifact(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    training: PipesSageMakerTrainingClient,
    preprocessed_dataset: Dataset,
) -> dg.MaterializeResult[Model]:
    require_partition(context.run.tags)
    job = training.run(context=context, request=build_request(settings, preprocessed_dataset)).job
    model = Model.from_job(job, code_version=code_bundles.train.version)
    return dg.MaterializeResult(value=model, metadata=job.metadata)


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

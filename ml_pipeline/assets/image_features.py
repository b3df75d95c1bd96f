"""Embeddings of images by a pretrained model, made by a SageMaker processing job in PyTorch.

Images and model are settings (``ML_PIPELINE_IMAGES_URI``, ``ML_PIPELINE_IMAGE_MODEL_URI``): nothing
is downloaded. On an instance type with GPUs it is the image for them, and mixed precision. Nothing
depends on this asset, and the daily job does not make it.
"""

import shlex
from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    ManifestInput,
    PipesSageMakerProcessingClient,
    ProcessingInput,
    ProcessingOutput,
    SageMakerConnection,
)
from ml_pipeline import code_bundles
from ml_pipeline.feature_settings import folder_of_day, of_day
from ml_pipeline.partitions import backfill_policy, daily, days_of
from ml_pipeline.processors import pytorch_processor
from ml_pipeline.publishing.artifacts import Features
from ml_pipeline.publishing.results import materialized
from ml_pipeline.s3_inputs import version_of
from ml_pipeline.settings import Settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    backfill_policy=backfill_policy,
    group_name="processors",
    kinds={"sagemaker", "pytorch"},
    owners=["team:ml"],
    code_version=code_bundles.image_features.version,
    pool="sagemaker_processing",
    io_manager_key="features",
    output_required=False,
)
def image_features(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
    processing: PipesSageMakerProcessingClient,
) -> Iterator[dg.MaterializeResult[Mapping[str, Features]]]:
    made = {}
    code_version = code_bundles.image_features.version
    s3 = aws.client("s3")
    for ds in days_of(context):
        images = folder_of_day(settings.images_uri, ds)
        model = of_day(settings.image_model_uri, ds)
        version = (
            version_of(s3, images, "ML_PIPELINE_IMAGES_URI"),
            version_of(s3, model, "ML_PIPELINE_IMAGE_MODEL_URI"),
        )
        request = build_request(settings, images, model, " ".join(version))
        invocation = processing.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        made[ds] = Features.from_job(invocation.job, code_version=code_version)
        context.add_asset_metadata(invocation.job.metadata, partition_key=ds)
    yield materialized(made)


def build_request(settings: Settings, images: str, model: str, version: str) -> JobRequest:
    """The processing job of one day.

    Args:
        settings: Image, instances and arguments.
        images: S3 prefix; each instance gets a share of what is there.
        model: S3 URI of the model's file.
        version: See ``JobRequest.version``.
    """
    bucket = f"s3://{settings.bucket_name}"
    folder, _, file = model.rpartition("/")
    return pytorch_processor(settings).build(
        code=code_bundles.image_features,
        code_uri=f"{bucket}/code",
        arguments=shlex.split(settings.image_features_arguments),
        inputs=[
            ProcessingInput(
                name="images",
                s3_uri=images,
                local_path="/opt/ml/processing/input/images",
                distribution="ShardedByS3Key",
            ),
            # A prefix would bring model.pt2 along with model.pt.
            ManifestInput(
                name="model",
                prefix=folder,
                objects=(file,),
                local_path="/opt/ml/processing/input/model",
                manifest_uri=f"{bucket}/manifests",
            ),
        ],
        outputs=[
            ProcessingOutput(
                name=name,
                s3_uri=f"{bucket}/image_features/ds={{{{ ds }}}}/{{{{ job_name }}}}/{name}",
                local_path=f"/opt/ml/processing/output/{name}",
            )
            for name in ("features", "report")
        ],
        version=version,
    )

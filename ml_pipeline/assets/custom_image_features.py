"""Features of a day's flights, made by a SageMaker processing job in an image of your own.

Image and command are settings (``ML_PIPELINE_CUSTOM_IMAGE_URI``, ``ML_PIPELINE_CUSTOM_COMMAND``).
Nothing depends on this asset, and the daily job does not make it.
"""

from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    ProcessingInput,
    ProcessingOutput,
)
from ml_pipeline import code_bundles
from ml_pipeline.partitions import backfill_policy, daily, days_of
from ml_pipeline.processors import custom_processor
from ml_pipeline.publishing.artifacts import Features, RawDay
from ml_pipeline.publishing.results import materialized
from ml_pipeline.settings import Settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    backfill_policy=backfill_policy,
    group_name="processors",
    kinds={"sagemaker", "docker"},
    owners=["team:ml"],
    code_version=code_bundles.custom_image_features.version,
    pool="sagemaker_processing",
    io_manager_key="features",
    output_required=False,
)
def custom_image_features(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    processing: PipesSageMakerProcessingClient,
    raw_flights: dict[str, RawDay],
) -> Iterator[dg.MaterializeResult[Mapping[str, Features]]]:
    made = {}
    code_version = code_bundles.custom_image_features.version
    for ds in days_of(context):
        request = build_request(settings, raw_flights[ds])
        invocation = processing.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        made[ds] = Features.from_job(invocation.job, code_version=code_version)
        context.add_asset_metadata(invocation.job.metadata, partition_key=ds)
    yield materialized(made)


def build_request(settings: Settings, raw: RawDay) -> JobRequest:
    """The processing job of one day."""
    bucket = f"s3://{settings.bucket_name}"
    (flights,) = (
        stored.key
        for stored in raw.outputs["files"].objects
        if stored.key.rpartition("/")[2] == "flights.csv"
    )
    return custom_processor(settings).build(
        code=code_bundles.custom_image_features,
        code_uri=f"{bucket}/code",
        inputs=[
            ProcessingInput(
                name="raw",
                s3_uri=f"{bucket}/{flights}",
                local_path="/opt/ml/processing/input/raw",
            )
        ],
        outputs=[
            ProcessingOutput(
                name=name,
                s3_uri=f"{bucket}/custom_image_features/ds={{{{ ds }}}}/{{{{ job_name }}}}/{name}",
                local_path=f"/opt/ml/processing/output/{name}",
            )
            for name in ("features", "report")
        ],
        version=raw.etags(),
    )

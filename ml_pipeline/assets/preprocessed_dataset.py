"""Features of a day and of the trailing window before it, made by a SageMaker processing job.

Channels ``train`` and ``validation`` come from the window; ``holdout`` is the day itself, which
training never receives. Imputation, scaling and encoding are fitted on ``train`` alone and kept as
a plain scikit-learn object. Flights that were cancelled have no label: they are counted, not used.
"""

from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    ManifestInput,
    PipesSageMakerProcessingClient,
    ProcessingOutput,
    SageMakerConnection,
)
from ml_pipeline import code_bundles, landing
from ml_pipeline.partitions import backfill_policy, daily, days_of, window
from ml_pipeline.processors import sklearn_processor
from ml_pipeline.publishing.artifacts import Dataset, RawDay
from ml_pipeline.publishing.results import materialized
from ml_pipeline.settings import Settings

CHANNELS = ("train", "validation", "holdout")


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    deps=["raw_flights", dg.AssetDep("raw_history", partition_mapping=window)],
    backfill_policy=backfill_policy,
    group_name="flights",
    kinds={"sagemaker", "scikitlearn", "parquet"},
    owners=["team:ml"],
    code_version=code_bundles.preprocess.version,
    pool="sagemaker_processing",
    io_manager_key="datasets",
    output_required=False,
)
def preprocessed_dataset(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
    processing: PipesSageMakerProcessingClient,
) -> Iterator[dg.MaterializeResult[Mapping[str, Dataset]]]:
    made = {}
    for ds in days_of(context):
        days = settings.window(ds)
        _require_history(ds, len(days) - 1, settings)
        request = build_request(settings, landing.find_or_land(context, settings, aws, days))
        invocation = processing.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        job = invocation.job
        made[ds] = Dataset.from_job(job, code_version=code_bundles.preprocess.version)
        rows = sum(job.metadata.get(f"{channel}_rows", 0) for channel in CHANNELS)
        metadata = {**job.metadata, "dagster/partition_row_count": rows}
        context.add_asset_metadata(metadata, partition_key=ds)
    yield materialized(made)


def _require_history(ds: str, days: int, settings: Settings) -> None:
    if days < settings.min_history_days:
        raise dg.Failure(
            f"{ds} has {days} days of history and needs {settings.min_history_days}: "
            "choose a later day, or set ML_PIPELINE_MIN_HISTORY_DAYS",
            allow_retries=False,
        )


def build_request(settings: Settings, raw_flights: dict[str, RawDay]) -> JobRequest:
    """The processing job of one partition, over exactly the objects of its window."""
    bucket = f"s3://{settings.bucket_name}"
    keys = {
        stored.key.removeprefix("raw_flights/")
        for day in raw_flights.values()
        for output in day.outputs.values()
        for stored in output.objects
    }
    return sklearn_processor(settings).build(
        code=code_bundles.preprocess,
        code_uri=f"{bucket}/code",
        arguments=[
            "--ds={{ ds }}",
            f"--split={settings.split}",
            f"--validation-fraction={settings.validation_fraction}",
        ],
        inputs=[
            ManifestInput(
                name="raw",
                prefix=f"{bucket}/raw_flights/",
                objects=tuple(sorted(keys)),
                local_path="/opt/ml/processing/input/raw",
                manifest_uri=f"{bucket}/manifests",
            )
        ],
        outputs=[
            ProcessingOutput(
                name=name,
                s3_uri=f"{bucket}/preprocessed_dataset/ds={{{{ ds }}}}/{{{{ job_name }}}}/{name}",
                local_path=f"/opt/ml/processing/output/{name}",
            )
            for name in (*CHANNELS, "preprocessor", "report")
        ],
        version=" ".join(raw_flights[ds].etags() for ds in sorted(raw_flights)),
    )

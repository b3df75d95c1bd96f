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
    ProcessingInput,
    ProcessingOutput,
    SageMakerConnection,
)
from ml_pipeline import code_bundles, landing
from ml_pipeline.partitions import backfill_policy, daily, days_of, window
from ml_pipeline.processors import sklearn_processor
from ml_pipeline.publishing.artifacts import Dataset, RawDay, Statistics
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.publishing.results import materialized
from ml_pipeline.settings import Settings, get_settings

STATISTICS = "/opt/ml/processing/input/statistics"
CHANNELS = ("train", "validation", "holdout")


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    deps=[
        "raw_flights",
        dg.AssetDep("raw_history", partition_mapping=window),
        *(["route_statistics"] if get_settings().use_route_statistics else []),
    ],
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
        landing.require_history(ds, days[:-1], settings)
        statistics = find_statistics(settings, aws, ds)
        raw = landing.find_or_land(context, settings, aws, days)
        request = build_request(settings, raw, statistics)
        invocation = processing.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        job = invocation.job
        made[ds] = Dataset.from_job(job, code_version=code_bundles.preprocess.version)
        rows = sum(job.metadata.get(f"{channel}_rows", 0) for channel in CHANNELS)
        metadata = {**job.metadata, "dagster/partition_row_count": rows}
        context.add_asset_metadata(metadata, partition_key=ds)
    yield materialized(made)


def find_statistics(settings: Settings, aws: SageMakerConnection, ds: str) -> Statistics | None:
    """The route statistics of a day, if the settings want them.

    Raises:
        dagster.Failure: They are wanted and not there. Not retried.
    """
    if not settings.use_route_statistics:
        return None
    manifests = Manifests(aws.client("s3"), settings.bucket_name)
    found = manifests.find("route_statistics", ds, Statistics)
    if found is None:
        raise dg.Failure(
            f"route_statistics lacks {ds}, which ML_PIPELINE_USE_ROUTE_STATISTICS asks for: make "
            "it with `dagster asset materialize -m ml_pipeline --select route_statistics "
            f"--partition {ds}`, or unset the variable",
            allow_retries=False,
        )
    return found


def build_request(
    settings: Settings, raw_flights: dict[str, RawDay], statistics: Statistics | None = None
) -> JobRequest:
    """The processing job of one partition, over exactly the objects of its window.

    Args:
        settings: Of the pipeline.
        raw_flights: The raw days of the window, the partition's own among them.
        statistics: The partition's route statistics, if the job is to use them.
    """
    bucket = f"s3://{settings.bucket_name}"
    keys = {
        stored.key.removeprefix("raw_flights/")
        for day in raw_flights.values()
        for output in day.outputs.values()
        for stored in output.objects
    }
    version = " ".join(raw_flights[ds].etags() for ds in sorted(raw_flights))
    arguments, further = [], []
    if statistics is not None:
        arguments.append(f"--statistics={STATISTICS}")
        further.append(
            ProcessingInput(
                name="statistics",
                s3_uri=statistics.outputs["daily"].uri,
                local_path=STATISTICS,
            )
        )
        version += f" {statistics.etags('daily')}"
    return sklearn_processor(settings).build(
        code=code_bundles.preprocess,
        code_uri=f"{bucket}/code",
        arguments=[
            "--ds={{ ds }}",
            f"--split={settings.split}",
            f"--validation-fraction={settings.validation_fraction}",
            *arguments,
        ],
        inputs=[
            ManifestInput(
                name="raw",
                prefix=f"{bucket}/raw_flights/",
                objects=tuple(sorted(keys)),
                local_path="/opt/ml/processing/input/raw",
                manifest_uri=f"{bucket}/manifests",
            ),
            *further,
        ],
        outputs=[
            ProcessingOutput(
                name=name,
                s3_uri=f"{bucket}/preprocessed_dataset/ds={{{{ ds }}}}/{{{{ job_name }}}}/{name}",
                local_path=f"/opt/ml/processing/output/{name}",
            )
            for name in (*CHANNELS, "preprocessor", "report")
        ],
        version=version,
    )

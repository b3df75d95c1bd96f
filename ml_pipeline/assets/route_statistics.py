"""How late flights were before a day, by carrier, route and hour, counted by a Spark cluster.

It counts the trailing window, the day itself left out, so that nothing of a day's outcome can reach
what is known before it. Executors read the raw days and write the tables in S3 themselves. Image
and number of instances are settings (``ML_PIPELINE_SPARK_IMAGE_URI``,
``ML_PIPELINE_SPARK_INSTANCE_COUNT``). The daily job makes it only if the dataset takes it
(``ML_PIPELINE_USE_ROUTE_STATISTICS``).
"""

from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    ProcessingOutput,
    SageMakerConnection,
)
from ml_pipeline import code_bundles, landing
from ml_pipeline.partitions import backfill_policy, daily, days_of, history
from ml_pipeline.processors import spark_processor
from ml_pipeline.publishing.artifacts import RawDay, Statistics
from ml_pipeline.publishing.results import materialized
from ml_pipeline.settings import Settings

TABLES = ("daily", "statistics")


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    deps=[dg.AssetDep("raw_history", partition_mapping=history)],
    backfill_policy=backfill_policy,
    group_name="processors",
    kinds={"sagemaker", "spark", "parquet"},
    owners=["team:ml"],
    code_version=code_bundles.route_statistics.version,
    pool="sagemaker_processing",
    io_manager_key="statistics",
    output_required=False,
)
def route_statistics(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
    processing: PipesSageMakerProcessingClient,
) -> Iterator[dg.MaterializeResult[Mapping[str, Statistics]]]:
    made = {}
    for ds in days_of(context):
        days = settings.window(ds)[:-1]
        landing.require_history(ds, days, settings)
        request = build_request(settings, landing.find_or_land(context, settings, aws, days))
        invocation = processing.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        job = invocation.job
        made[ds] = Statistics.from_job(job, code_version=code_bundles.route_statistics.version)
        context.add_asset_metadata(job.metadata, partition_key=ds)
    yield materialized(made)


def build_request(settings: Settings, raw_flights: dict[str, RawDay]) -> JobRequest:
    """The processing job of one partition, over exactly the days before it."""
    bucket = f"s3://{settings.bucket_name}"
    place = f"{bucket}/route_statistics/ds={{{{ ds }}}}/{{{{ job_name }}}}"
    return spark_processor(settings).build(
        code=code_bundles.route_statistics,
        code_uri=f"{bucket}/code",
        arguments=[
            "--ds={{ ds }}",
            f"--first={min(raw_flights)}",
            f"--input={bucket}/raw_flights/",
            f"--output={place}/",
        ],
        outputs=[
            *(
                ProcessingOutput(
                    name=name,
                    s3_uri=f"{place}/{name}",
                    local_path=f"/opt/ml/processing/output/{name}",
                    app_managed=True,
                )
                for name in TABLES
            ),
            ProcessingOutput(
                name="report",
                s3_uri=f"{place}/report",
                local_path="/opt/ml/processing/output/report",
            ),
        ],
        version=" ".join(raw_flights[ds].etags() for ds in sorted(raw_flights)),
    )

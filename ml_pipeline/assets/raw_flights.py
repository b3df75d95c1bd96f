"""One day of flights out of New York and of the weather there, as they are, as CSV in S3.

The planes table lies beside the days, once. A day is landed only if its files hold every column
that the pipeline reads, and numbers where numbers belong.
"""

import dagster as dg

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.landing import observe
from ml_pipeline.partitions import daily, days_of
from ml_pipeline.publishing.artifacts import RawDay
from ml_pipeline.raw_days import land
from ml_pipeline.settings import Settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    # All days of a backfill in one run: a day takes milliseconds, a run takes seconds.
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="flights",
    kinds={"s3", "csv"},
    owners=["team:ml"],
    code_version="1",
    io_manager_key="raw_days",
)
def raw_flights(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
) -> dg.MaterializeResult[dict[str, RawDay]]:
    landed, flights = land(settings, aws, days_of(context))
    for ds, rows in flights.items():
        context.add_asset_metadata({"dagster/partition_row_count": rows}, partition_key=ds)
    observe(context, landed)
    return dg.MaterializeResult(value=landed)

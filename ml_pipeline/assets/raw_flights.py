"""One day of flights out of New York and of the weather there, as they are, as CSV in S3.

The planes table lies beside the days, once. A day is landed only if its files hold every column
that the pipeline reads, and numbers where numbers belong.
"""

from typing import TYPE_CHECKING

import dagster as dg

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.partitions import daily, require_partition
from ml_pipeline.publishing.artifacts import Output, RawDay, StoredObject
from ml_pipeline.publishing.s3_writes import put_if_changed
from ml_pipeline.raw_sources import MissingRawDataError, RawSource, open_raw_source
from ml_pipeline.settings import Settings
from preprocessing_scripts.flights import MAY_BE_EMPTY, RAW_TABLES, RawDataError, parse_csv

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


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
    require_partition(context.run.tags)
    source = open_raw_source(settings.raw_source, aws)
    days = _read_days(source, list(context.partition_keys))
    landed = _land(aws.client("s3"), settings.bucket_name, source.planes(), days)
    for ds, files in days.items():
        rows = files["flights.csv"].count(b"\n") - 1
        context.add_asset_metadata({"dagster/partition_row_count": rows}, partition_key=ds)
    return dg.MaterializeResult(value=landed)


def _read_days(source: RawSource, keys: list[str]) -> dict[str, dict[str, bytes]]:
    """Every day's files, checked; nothing is written until all of them are good."""
    try:
        _check("planes.csv", source.planes())
        days = {ds: source.day(ds) for ds in keys}
        for ds, files in days.items():
            for name, content in files.items():
                _check(f"ds={ds}/{name}", content)
    except (MissingRawDataError, RawDataError) as error:
        raise dg.Failure(
            f"nothing was landed: {error}. Correct the data, or ML_PIPELINE_RAW_SOURCE.",
            allow_retries=False,
        ) from error
    return days


def _check(name: str, content: bytes) -> None:
    table = name.rpartition("/")[2].removesuffix(".csv")
    parse_csv(content, RAW_TABLES[table], name, rows_required=table not in MAY_BE_EMPTY)


def _land(
    s3: "S3Client", bucket: str, planes: bytes, days: dict[str, dict[str, bytes]]
) -> dict[str, RawDay]:
    """Write the planes and every day; the IO manager publishes them afterwards."""
    stored_planes = put_if_changed(s3, bucket, "raw_flights/planes.csv", planes)
    landed = {}
    for ds, files in days.items():
        stored: list[StoredObject] = [
            put_if_changed(s3, bucket, f"raw_flights/ds={ds}/{name}", content)
            for name, content in sorted(files.items())
        ]
        landed[ds] = RawDay(
            outputs={
                "files": Output(uri=f"s3://{bucket}/raw_flights/ds={ds}/", objects=tuple(stored)),
                "planes": Output(uri=f"s3://{bucket}/raw_flights/", objects=(stored_planes,)),
            }
        )
    return landed

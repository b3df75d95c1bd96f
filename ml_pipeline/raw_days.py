"""Days of raw data: read from the raw source, checked, and written to S3."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import dagster as dg

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.publishing.artifacts import Output, RawDay, StoredObject
from ml_pipeline.publishing.s3_writes import put_if_changed
from ml_pipeline.raw_sources import MissingRawDataError, RawSource, open_raw_source
from ml_pipeline.scripts import flights
from ml_pipeline.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

Files: TypeAlias = dict[str, bytes]


def land(
    settings: Settings, aws: SageMakerConnection, days: Sequence[str]
) -> tuple[dict[str, RawDay], dict[str, int]]:
    """Copy days from the raw source to S3; nothing is written until all of them are good.

    Returns:
        What was written, to be published, and the number of flights, both by day.

    Raises:
        dagster.Failure: The source lacks a day, or holds one that cannot be used. Not retried.
    """
    source = open_raw_source(settings.raw_source, aws)
    files = _read(source, days)
    landed = _write(aws.client("s3"), settings.bucket_name, source.planes(), files)
    return landed, {ds: files[ds]["flights.csv"].count(b"\n") - 1 for ds in days}


def shown(days: Sequence[str]) -> str:
    """Some days, for people; of many the first two and the last."""
    if len(days) <= 5:
        return ", ".join(days)
    return f"{days[0]}, {days[1]}, ... {days[-1]} ({len(days)} days)"


def _read(source: RawSource, days: Sequence[str]) -> dict[str, Files]:
    try:
        _check("planes.csv", source.planes())
    except (MissingRawDataError, flights.RawDataError) as error:
        raise _nothing_landed(error, []) from error
    read: dict[str, Files] = {}
    problems: dict[str, Exception] = {}
    for ds in days:
        files = _read_day(source, ds)
        if isinstance(files, Exception):
            problems[ds] = files
        else:
            read[ds] = files
    if problems:
        first, *others = problems
        raise _nothing_landed(problems[first], others) from problems[first]
    return read


def _read_day(source: RawSource, ds: str) -> Files | MissingRawDataError | flights.RawDataError:
    try:
        files = source.day(ds)
        for name, content in files.items():
            _check(f"ds={ds}/{name}", content)
    except (MissingRawDataError, flights.RawDataError) as error:
        return error
    return files


def _nothing_landed(error: Exception, others: Sequence[str]) -> dg.Failure:
    also = f" Nor can {shown(others)} be used." if others else ""
    return dg.Failure(
        f"Nothing was landed: {str(error).rstrip('.')}.{also} Correct the data, or "
        "ML_PIPELINE_RAW_SOURCE.",
        allow_retries=False,
    )


def _check(name: str, content: bytes) -> None:
    table = name.rpartition("/")[2].removesuffix(".csv")
    flights.parse_csv(
        content, flights.RAW_TABLES[table], name, rows_required=table not in flights.MAY_BE_EMPTY
    )


def _write(
    s3: "S3Client", bucket: str, planes: bytes, days: Mapping[str, Mapping[str, bytes]]
) -> dict[str, RawDay]:
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

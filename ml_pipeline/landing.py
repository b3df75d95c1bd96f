"""Raw days: from the raw source to S3, checked, and published."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import dagster as dg

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.publishing.artifacts import Output, RawDay, StoredObject
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.publishing.s3_writes import put_if_changed
from ml_pipeline.raw_sources import MissingRawDataError, RawSource, open_raw_source
from ml_pipeline.settings import Settings
from preprocessing_scripts.flights import MAY_BE_EMPTY, RAW_TABLES, RawDataError, parse_csv

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ASSET = "raw_flights"
HISTORY = "raw_history"


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


def find_or_land(
    context: dg.AssetExecutionContext,
    settings: Settings,
    aws: SageMakerConnection,
    days: Sequence[str],
) -> dict[str, RawDay]:
    """The published days; those that are not there are landed first, and reported as such.

    Several runs may need the same day at once: one of them publishes it, and reports it.

    Raises:
        dagster.Failure: A day is not there, and cannot or shall not be landed. Not retried.
    """
    manifests = Manifests(aws.client("s3"), settings.bucket_name)
    found = {ds: manifests.find(ASSET, ds, RawDay) for ds in days}
    missing = [ds for ds in days if found[ds] is None]
    if missing:
        if not settings.land_missing_days:
            raise _must_be_landed(missing)
        _land_and_report(context, settings, aws, missing)
        found |= {ds: manifests.find(ASSET, ds, RawDay) for ds in missing}
    return {ds: day for ds, day in found.items() if day is not None}


def observe(context: dg.AssetExecutionContext, days: Mapping[str, RawDay]) -> None:
    """Tell ``raw_history`` what its days hold now, which is what makes windows over them stale."""
    for ds, day in sorted(days.items()):
        version = {"dagster/data_version": day.etags()}
        context.log_event(dg.AssetObservation(HISTORY, partition=ds, tags=version))


def _land_and_report(
    context: dg.AssetExecutionContext,
    settings: Settings,
    aws: SageMakerConnection,
    days: Sequence[str],
) -> None:
    manifests = Manifests(aws.client("s3"), settings.bucket_name)
    landed, flights = land(settings, aws, days)
    published = {
        ds: day for ds, day in landed.items() if manifests.publish_if_absent(ASSET, ds, day)
    }
    for ds in published:
        metadata: dict[str, str | int] = {
            "dagster/uri": manifests.uri(ASSET, ds),
            "dagster/partition_row_count": flights[ds],
            "landed_by": context.run.run_id,
        }
        context.log_event(dg.AssetMaterialization(ASSET, partition=ds, metadata=metadata))
    observe(context, published)
    # Dagster noted what the step reads before the step began: let it look again, or the days that
    # were just landed would make the step's own result stale.
    context.get_step_execution_context().fetch_external_input_asset_version_info()
    if published:
        context.log.info(
            f"Landed {len(published)} raw days that were not there: {shown(sorted(published))}"
        )


def shown(days: Sequence[str]) -> str:
    """Some days, for people: the first and the last if they follow one another."""
    if len(days) <= 5:
        return ", ".join(days)
    return f"{days[0]}, {days[1]}, ... {days[-1]} ({len(days)} days)"


def _must_be_landed(missing: Sequence[str]) -> dg.Failure:
    return dg.Failure(
        f"{len(missing)} raw days that this partition needs are not there: {shown(missing)}. Land "
        f"them with `make land FROM={missing[0]} TO={missing[-1]}`, or let runs do so "
        "(ML_PIPELINE_LAND_MISSING_DAYS=true).",
        allow_retries=False,
    )


def _read(source: RawSource, days: Sequence[str]) -> dict[str, dict[str, bytes]]:
    problems = []
    read = {}
    try:
        _check("planes.csv", source.planes())
    except (MissingRawDataError, RawDataError) as error:
        raise _nothing_landed(str(error)) from error
    for ds in days:
        try:
            read[ds] = source.day(ds)
            for name, content in read[ds].items():
                _check(f"ds={ds}/{name}", content)
        except (MissingRawDataError, RawDataError) as error:
            problems.append((ds, str(error)))
    if problems:
        others = [ds for ds, _ in problems[1:]]
        raise _nothing_landed(
            problems[0][1] + (f". Nor can {shown(others)} be used" if others else "")
        )
    return read


def _nothing_landed(problem: str) -> dg.Failure:
    return dg.Failure(
        f"Nothing was landed: {problem.rstrip('.')}. Correct the data, or ML_PIPELINE_RAW_SOURCE.",
        allow_retries=False,
    )


def _check(name: str, content: bytes) -> None:
    table = name.rpartition("/")[2].removesuffix(".csv")
    parse_csv(content, RAW_TABLES[table], name, rows_required=table not in MAY_BE_EMPTY)


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

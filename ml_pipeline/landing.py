"""The raw days that a run needs: those that are not there are landed, and reported."""

from collections.abc import Mapping, Sequence

import dagster as dg

from dagster_sagemaker import SageMakerConnection, is_of_asset_backfill
from ml_pipeline.publishing.artifacts import RawDay
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.raw_days import land, shown
from ml_pipeline.settings import Settings

ASSET = "raw_flights"
HISTORY = "raw_history"


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
    found = _published(settings, aws, days)
    missing = [ds for ds in days if ds not in found]
    if missing:
        if not settings.land_missing_days:
            raise _must_be_landed(missing)
        _land_and_report(context, settings, aws, missing)
        found |= _published(settings, aws, missing)
    return found


def find(settings: Settings, aws: SageMakerConnection, days: Sequence[str]) -> dict[str, RawDay]:
    """The published days.

    Raises:
        dagster.Failure: A day is not there.
    """
    found = _published(settings, aws, days)
    missing = [ds for ds in days if ds not in found]
    if missing:
        raise _must_be_landed(missing)
    return found


def require_history(ds: str, days: Sequence[str], settings: Settings) -> None:
    """Refuse a partition with too few days before it.

    Args:
        ds: The partition.
        days: Those before it that its window holds.
        settings: Say how few are too few.

    Raises:
        dagster.Failure: Not retried.
    """
    if len(days) < settings.min_history_days:
        raise dg.Failure(
            f"{ds} has {len(days)} days of history and needs {settings.min_history_days}: "
            "choose a later day, or set ML_PIPELINE_MIN_HISTORY_DAYS",
            allow_retries=False,
        )


def observe(context: dg.AssetExecutionContext, days: Mapping[str, RawDay]) -> None:
    """Tell ``raw_history`` what its days hold now, which is what makes windows over them stale."""
    for ds, day in sorted(days.items()):
        version = {"dagster/data_version": day.etags()}
        context.log_event(dg.AssetObservation(HISTORY, partition=ds, tags=version))


def _published(
    settings: Settings, aws: SageMakerConnection, days: Sequence[str]
) -> dict[str, RawDay]:
    manifests = Manifests(aws.client("s3"), settings.bucket_name)
    found = {ds: manifests.find(ASSET, ds, RawDay) for ds in days}
    return {ds: day for ds, day in found.items() if day is not None}


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
        _report(context, dg.AssetMaterialization(ASSET, partition=ds, metadata=metadata))
    observe(context, published)
    # Dagster noted what the step reads before the step began: let it look again, or the days that
    # were just landed would make the step's own result stale.
    context.get_step_execution_context().fetch_external_input_asset_version_info()
    if published:
        context.log.info(
            f"Landed {len(published)} raw days that were not there: {shown(sorted(published))}"
        )


def _report(context: dg.AssetExecutionContext, landed: dg.AssetMaterialization) -> None:
    # A backfill of assets counts whatever its runs materialize of them, the days before its own
    # included, as done: "666 % completed". An event without a run is not counted.
    if is_of_asset_backfill(context.run):
        context.instance.report_runless_asset_event(landed)
    else:
        context.log_event(landed)


def _must_be_landed(missing: Sequence[str]) -> dg.Failure:
    return dg.Failure(
        f"{len(missing)} raw days that this partition needs are not there: {shown(missing)}. Land "
        f"them with `make land FROM={missing[0]} TO={missing[-1]}`, or let runs do so "
        "(ML_PIPELINE_LAND_MISSING_DAYS=true).",
        allow_retries=False,
    )

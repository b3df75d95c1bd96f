"""The daily partitions, Airflow's ``ds``."""

import sys
from collections.abc import Mapping, Sequence

import dagster as dg

from ml_pipeline.settings import Settings, get_settings


def daily_partitions(settings: Settings) -> dg.DailyPartitionsDefinition:
    """The days from the first one to the last one, or to yesterday."""
    end = settings.end_date
    return dg.DailyPartitionsDefinition(
        start_date=settings.start_date.isoformat(), end_date=end.isoformat() if end else None
    )


daily = daily_partitions(get_settings())

window = dg.TimeWindowPartitionMapping(start_offset=-get_settings().window_days)
"""A day and the trailing window before it, clipped at the first partition."""

history = dg.TimeWindowPartitionMapping(start_offset=-get_settings().window_days, end_offset=-1)
"""The trailing window before a day, without the day."""


def choose_backfill_policy(settings: Settings, command: Sequence[str]) -> dg.BackfillPolicy | None:
    """How many days one run of a backfill makes; None is Dagster's own way, one.

    Args:
        settings: What was chosen.
        command: The command line that loads the assets. ``dagster asset materialize
            --partition-range`` makes one run of all days whatever is chosen, and refuses assets
            that do not say so.
    """
    asks_for_a_range = any(word.startswith("--partition-range") for word in command)
    days = 0 if asks_for_a_range else settings.backfill_days_per_run
    if days == 1:
        return None
    return dg.BackfillPolicy.multi_run(days) if days else dg.BackfillPolicy.single_run()


backfill_policy = choose_backfill_policy(get_settings(), sys.argv)
"""Of all assets that jobs make."""


_PARTITION_TAGS = (
    "dagster/partition",
    "dagster/asset_partition_range_start",
    "dagster/asset_partition_range_end",
)


def days_of(context: dg.AssetExecutionContext) -> list[str]:
    """The days that a run is to make: one, or those of a range.

    Raises:
        dagster.Failure: The run names no partition, or one that does not exist. Not retried.
    """
    require_partition(context.run.tags)
    return list(context.partition_keys)


def require_partition(run_tags: Mapping[str, str]) -> None:
    """Refuse a run for a day that is no partition.

    ``dagster job execute`` and ``dagster job launch`` take any text as a partition and run the
    asset with it; every asset calls this before it does anything.

    Args:
        run_tags: The run's tags, where Dagster keeps the partition or the range.

    Raises:
        dagster.Failure: The run names no partition, or one that does not exist. Not retried.
    """
    keys = [run_tags[tag] for tag in _PARTITION_TAGS if tag in run_tags]
    unknown = [key for key in keys if not _exists(key)]
    if keys and not unknown:
        return
    problem = f"{unknown[0]} is not a partition" if unknown else "this run names no partition"
    last = daily.get_last_partition_key()
    raise dg.Failure(
        f"{problem}: choose a day from {daily.get_first_partition_key()} to {last}, such as "
        f'--tags \'{{"dagster/partition": "{last}"}}\'. The days are set by '
        "ML_PIPELINE_START_DATE and ML_PIPELINE_END_DATE.",
        allow_retries=False,
    )


def _exists(key: str) -> bool:
    try:
        return daily.has_partition_key(key)
    except ValueError:  # not a date at all
        return False

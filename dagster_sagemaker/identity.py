"""Which piece of work a step does: what names its job and fills its request's templates."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import TypeAlias

import dagster as dg

from dagster_sagemaker.run_jobs import RANGE, root_run_id

StepContext: TypeAlias = "dg.AssetExecutionContext | dg.OpExecutionContext"


@dataclass(frozen=True)
class StepIdentity:
    """One piece of work of one run.

    Args:
        work: The asset key's path; for a step of several assets or of none, the op's name.
        partition: Partition key, or ``first...last`` for a range; None without partitions.
        ds: Day that the partition starts on, as YYYY-MM-DD; None if it is not a time.
        run_id: The run.
        root_run_id: The first of the runs that re-execute one another.
        interval: From when to when the partition or the range goes; None if it is not a time.
    """

    work: tuple[str, ...]
    partition: str | None
    ds: str | None
    run_id: str
    root_run_id: str
    interval: tuple[datetime, datetime] | None = None

    @property
    def title(self) -> str:
        """The work and its partition, for people."""
        work = "/".join(self.work)
        return work if self.partition is None else f"{work}[{self.partition}]"

    @property
    def first_partition(self) -> str | None:
        """The partition, or the first one of a range."""
        return None if self.partition is None else self.partition.partition(RANGE)[0]

    @property
    def last_partition(self) -> str | None:
        """The partition, or the last one of a range."""
        return None if self.partition is None else self.partition.rpartition(RANGE)[2]


def identify(context: StepContext, partition_key: str | None = None) -> StepIdentity:
    """The identity of the step that a context belongs to.

    Args:
        context: The step's.
        partition_key: The one of the step's partitions that is meant, if not all of them.
    """
    run = context.run
    partition = partition_key or _partition(context)
    interval = None if partition is None else _interval(context, partition)
    one_time = interval is not None and partition is not None and RANGE not in partition
    return StepIdentity(
        work=_work(context),
        partition=partition,
        ds=interval[0].strftime("%Y-%m-%d") if interval and one_time else None,
        run_id=run.run_id,
        root_run_id=root_run_id(context.instance, run),
        interval=interval,
    )


def is_of_asset_backfill(run: dg.DagsterRun) -> bool:
    """Whether a run belongs to a backfill of assets; the runs of a backfill of a job do not.

    Such a backfill counts what its own runs materialize, and nothing else.
    """
    return "dagster/backfill" in run.tags and "dagster/partition_set" not in run.tags


def _work(context: StepContext) -> tuple[str, ...]:
    if context.has_assets_def and len(context.selected_asset_keys) == 1:
        return tuple(next(iter(context.selected_asset_keys)).path)
    return (str(context.op_handle),)


def _partition(context: StepContext) -> str | None:
    if context.has_partition_key:
        return str(context.partition_key)
    if not context.has_partition_key_range:
        return None
    keys = context.partition_key_range
    return keys.start if keys.start == keys.end else f"{keys.start}{RANGE}{keys.end}"


def _interval(context: StepContext, partition: str) -> tuple[datetime, datetime] | None:
    first, last = partition.partition(RANGE)[0], partition.rpartition(RANGE)[2]
    definition = context.assets_def.partitions_def if context.has_assets_def else None
    if isinstance(definition, dg.TimeWindowPartitionsDefinition):
        start = definition.time_window_for_partition_key(first).start
        return start, definition.time_window_for_partition_key(last).end
    try:
        window = context.partition_time_window
    except dg.DagsterInvariantViolationError:  # the partitions are not time windows
        return _days(first, last)
    return window.start, window.end


def _days(first: str, last: str) -> tuple[datetime, datetime] | None:
    try:
        days = [date.fromisoformat(key) for key in (first, last)]
    except ValueError:
        return None
    start, end = (datetime.combine(day, time(), timezone.utc) for day in days)
    return start, end + timedelta(days=1)

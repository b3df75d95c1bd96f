"""Which piece of work a step does: what names its job and fills its request's placeholders."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import dagster as dg

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
    """

    work: tuple[str, ...]
    partition: str | None
    ds: str | None
    run_id: str
    root_run_id: str

    @property
    def title(self) -> str:
        """The work and its partition, for people."""
        work = "/".join(self.work)
        return work if self.partition is None else f"{work}[{self.partition}]"

    def placeholders(self, job_name: str | None) -> dict[str, str | None]:
        """Values by placeholder; None for what this step does not have."""
        return {
            "ds": self.ds,
            "ds_nodash": self.ds.replace("-", "") if self.ds else None,
            "partition_key": self.partition,
            "run_id": self.run_id,
            "job_name": job_name,
        }


def identify(context: StepContext, partition_key: str | None = None) -> StepIdentity:
    """The identity of the step that a context belongs to.

    Args:
        context: The step's.
        partition_key: The one of the step's partitions that is meant, if not all of them.
    """
    run = context.run
    partition = partition_key or _partition(context)
    return StepIdentity(
        work=_work(context),
        partition=partition,
        ds=_day(context, partition),
        run_id=run.run_id,
        root_run_id=run.root_run_id or run.run_id,
    )


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
    return keys.start if keys.start == keys.end else f"{keys.start}...{keys.end}"


def _day(context: StepContext, partition: str | None) -> str | None:
    if partition is None or "..." in partition:
        return None
    definition = context.assets_def.partitions_def if context.has_assets_def else None
    if isinstance(definition, dg.TimeWindowPartitionsDefinition):
        return definition.time_window_for_partition_key(partition).start.strftime("%Y-%m-%d")
    try:
        return context.partition_time_window.start.strftime("%Y-%m-%d")
    except dg.DagsterInvariantViolationError:  # the partitions are not time windows
        return _as_day(partition)


def _as_day(partition: str) -> str | None:
    try:
        return date.fromisoformat(partition).isoformat()
    except ValueError:
        return None

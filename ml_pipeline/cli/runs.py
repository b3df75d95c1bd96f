"""Runs of ``daily_training`` in this process, as ``dagster job execute`` makes them."""

import gc
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg

# What Dagster says of parts of its interface that are new: it is used on purpose.
for _message in (
    "Parameter `backfill_policy` of function `asset`",
    "Specifying a partitions_def on an AssetCheckSpec",
    "Asset job \\w+ materializes assets with varying",
    "Function `PipesMessageReader.expected_writer_count`",
):
    warnings.filterwarnings("ignore", message=_message)


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        partition: Its day.
        run_id: The run.
        seconds: How long it took.
        failure: Why it failed; None if it did not.
    """

    partition: str
    run_id: str
    seconds: float
    failure: str | None


def daily_job() -> dg.JobDefinition:
    """The job that every run is of."""
    from ml_pipeline.definitions import defs

    return defs.resolve_job_def("daily_training")


def execute(partition: str, tags: Mapping[str, str], log_level: str = "INFO") -> Outcome:
    """Run the job for a partition, and wait for its end.

    Args:
        partition: An existing partition.
        tags: The run's own tags.
        log_level: What of the run's log goes to the terminal; Dagster keeps all of it.
    """
    import ml_pipeline.definitions  # noqa: F401 - before what was imported is frozen

    started = time.monotonic()
    # What was imported stays until the process ends: spare every garbage collection, and the
    # interpreter's end, from going through it, which takes half a second.
    gc.freeze()
    with (
        dg.DagsterInstance.get() as instance,
        dg.execute_job(
            dg.reconstructable(daily_job),
            instance=instance,
            tags={**tags, "dagster/partition": partition},
            run_config={"loggers": {"console": {"config": {"log_level": log_level}}}},
        ) as result,
    ):
        run_id = result.run_id
        failure = None if result.success else why_it_failed(instance, run_id)
    return Outcome(partition, run_id, time.monotonic() - started, failure)


def why_it_failed(instance: dg.DagsterInstance, run_id: str) -> str:
    """The first failure of a run, in the words of what failed."""
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        data = entry.dagster_event.step_failure_data if entry.dagster_event else None
        if data is None:
            continue
        if data.user_failure_data is not None and data.user_failure_data.description:
            return data.user_failure_data.description
        error = data.error
        while error is not None and error.cause is not None:
            error = error.cause
        if error is not None:
            return error.message.strip()
    return f"run {run_id} ended before a step failed: its log is in the UI (make dev)"

"""What the templates of a request may use, by name."""

from collections.abc import Mapping
from typing import Any

from dagster_sagemaker.airflow_macros import MACROS, as_ts, as_ts_nodash
from dagster_sagemaker.identity import StepIdentity


def template_values(
    step: StepIdentity, params: Mapping[str, Any], job_name: str | None
) -> dict[str, Any]:
    """Values by name, those of Airflow and a few of our own; None for what a step does not have.

    Args:
        step: The work. Its partition is what Airflow calls the data interval.
        params: What templates know as ``params``.
        job_name: Name of the job; None where it is not known yet.
    """
    start, end = step.interval or (None, None)
    logical_date = start if step.ds else None
    return {
        "ds": step.ds,
        "ds_nodash": step.ds.replace("-", "") if step.ds else None,
        "ts": as_ts(logical_date) if logical_date else None,
        "ts_nodash": as_ts_nodash(logical_date) if logical_date else None,
        "logical_date": logical_date,
        "data_interval_start": start,
        "data_interval_end": end,
        "run_id": step.run_id,
        "params": dict(params),
        "macros": MACROS,
        "partition_key": step.partition,
        "partition_start": step.first_partition,
        "partition_end": step.last_partition,
        "job_name": job_name,
    }

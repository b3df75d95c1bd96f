"""What a finished job leaves on the asset's materialization."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.links import job_links
from dagster_sagemaker.result import S3Output
from dagster_sagemaker.same_keys import same_keys_warning
from dagster_sagemaker.spot import spot_metadata

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
    from dagster_sagemaker.logs import LogTail


def job_metadata(
    connection: "SageMakerConnection",
    kind: JobKind,
    description: Mapping[str, Any],
    logs: "LogTail",
    report: Mapping[str, Any] | None,
    outputs: Mapping[str, S3Output],
) -> dict[str, Any]:
    """Metadata by stable names: numbers as numbers, so that Dagster plots them.

    Nothing of the job's environment, arguments or hyperparameters goes in: they may hold secrets.
    """
    name = description[kind.name_field]
    facts: dict[str, Any] = {
        **_logged_metrics(description),
        **_reported_metrics(report),
        "dagster/column_schema": _column_schema(report),
        "job_name": name,
        "job_arn": description[kind.arn_field],
        **job_links(connection, kind, name),
        "log_group": logs.group,
        "log_stream": ", ".join(logs.stream_names) or None,
        "image": kind.image_uri(description),
        "instance_type": kind.instance_type(description),
        "instance_count": kind.instance_count(description),
        "duration_s": _duration(kind, description),
        "training_seconds": description.get("TrainingTimeInSeconds"),
        "billable_seconds": description.get("BillableTimeInSeconds"),
        **spot_metadata(description),
        "same_keys_warning": same_keys_warning(kind, description, outputs),
    }
    return {key: value for key, value in facts.items() if value is not None}


def _reported_metrics(report: Mapping[str, Any] | None) -> dict[str, int | float | str]:
    metrics = (report or {}).get("metrics")
    if not isinstance(metrics, Mapping):
        return {}
    return {
        str(name): _number(value)
        for name, value in metrics.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }


def _column_schema(report: Mapping[str, Any] | None) -> dg.TableSchema | None:
    columns = (report or {}).get("schema")
    if not columns or not isinstance(columns, list):
        return None
    try:
        return dg.TableSchema(
            [dg.TableColumn(column["name"], str(column["type"])) for column in columns]
        )
    except (TypeError, KeyError, dg.DagsterError):  # what a script reports never fails its job
        return None


def _logged_metrics(description: Mapping[str, Any]) -> dict[str, int | float | str]:
    return {
        entry["MetricName"]: _number(float(entry["Value"]))
        for entry in description.get("FinalMetricDataList", [])
    }


def _number(value: float) -> int | float | str:
    # GraphQL has no number for NaN and infinity: one of them makes the asset's page fail.
    return value if math.isfinite(value) else str(value)


def _duration(kind: JobKind, description: Mapping[str, Any]) -> float | None:
    start, end = description.get(kind.start_field), description.get(kind.end_field)
    return None if start is None or end is None else float((end - start).total_seconds())

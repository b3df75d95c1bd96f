"""The instance metrics that SageMaker publishes of a job in CloudWatch."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from dagster_sagemaker.images.processors import processor_of
from dagster_sagemaker.kinds import JobKind

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

Peaks = Mapping[str, float]
"""Percent by ``METRICS``. Of CPU, GPU and GPU memory each core and each GPU counts for 100."""

METRICS = {
    "memory": "MemoryUtilization",
    "cpu": "CPUUtilization",
    "disk": "DiskUtilization",
    "gpu": "GPUUtilization",
    "gpu_memory": "GPUMemoryUtilization",
}
"""CloudWatch's names of what is read."""

_OF_GPUS = ("gpu", "gpu_memory")

# GetMetricData takes so many queries, and answers with so many values at most.
_MOST_QUERIES = 500
_MOST_VALUES = 100_000
# Enough for a peak, whatever the length of the job; CloudWatch has one value a minute.
_VALUES_OF_EACH = 1_000


def peaks_by_host(
    cloudwatch: "CloudWatchClient", kind: JobKind, description: Mapping[str, Any]
) -> dict[str, Peaks]:
    """The highest values that CloudWatch has of a job, by its hosts; with one request.

    SageMaker publishes once a minute: of a job that took less there are none, and of any the last
    minute may not be there yet. Of more hosts than one request can ask for, the first are read.

    Args:
        cloudwatch: CloudWatch client.
        kind: Processing or training.
        description: The service's description of a job that has started and ended.
    """
    asked = _queries(kind, description)
    start, end, period = _span(
        description[kind.start_field], description[kind.end_field], len(asked)
    )
    queries: list[MetricDataQueryTypeDef] = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": kind.metric_namespace,
                    "MetricName": METRICS[metric],
                    "Dimensions": [
                        {"Name": "Host", "Value": f"{description[kind.name_field]}/{host}"}
                    ],
                },
                "Period": period,
                "Stat": "Maximum",
            },
        }
        for number, (host, metric) in enumerate(asked)
    ]
    answer = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end)
    found: dict[str, dict[str, float]] = {}
    for result in answer["MetricDataResults"]:
        if result.get("Values"):
            host, metric = asked[int(result["Id"][1:])]
            found.setdefault(host, {})[metric] = max(result["Values"])
    return dict(found)


def _queries(kind: JobKind, description: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Hosts and metrics to ask for."""
    instance_type = kind.instance_type(description)
    without = () if instance_type is None or processor_of(instance_type) == "gpu" else _OF_GPUS
    metrics = [metric for metric in METRICS if metric not in without]
    count = min(kind.instance_count(description), _MOST_QUERIES // len(metrics))
    return [(f"algo-{number}", metric) for number in range(1, count + 1) for metric in metrics]


def _span(start: datetime, end: datetime, queries: int) -> tuple[datetime, datetime, int]:
    """From when to when to ask, and the seconds that each value is to stand for."""
    values = min(_VALUES_OF_EACH, _MOST_VALUES // queries)
    minutes = (end - start).total_seconds() / 60 + 2
    period = 60 * math.ceil(minutes / values)
    begin = datetime.fromtimestamp(start.timestamp() // period * period, timezone.utc)
    return begin, end.astimezone(timezone.utc) + timedelta(minutes=1), period

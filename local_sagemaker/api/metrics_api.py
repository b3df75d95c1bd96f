"""The CloudWatch operations that read metrics, for those of jobs' instances.

Each metric has one value, the peak of the whole job, at the minute of the job's end. All other
metrics, and the operations that write, are moto's.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.kinds import KINDS, JobKind
from local_sagemaker.metrics.instance_memory import memory_of_type
from local_sagemaker.metrics.job_metrics import hosts_of, measured_at, metrics_of, type_of
from local_sagemaker.records.job import Job
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import JobStore
from local_sagemaker.service_errors import ServiceError

INVALID = "InvalidParameterValue"
NAMESPACES: dict[str, JobKind] = {kind.metric_namespace: kind for kind in KINDS.values()}
"""The namespaces of instance metrics, and of which kind of job they are."""

Members = Mapping[str, Any]

_PAGE = 500
_TOKEN = re.compile(r"\d{1,9}")
_STATISTICS = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")


@dataclass(frozen=True)
class _Series:
    """One metric of one host of a job."""

    job: Job
    host: str
    metric: str

    def value(self, request: Members, period: int) -> tuple[float, float] | None:
        """The time and the value, if they are asked for."""
        at = measured_at(self.job) // 60 * 60
        value = metrics_of(self.job, self.host).get(self.metric)
        asked = request["StartTime"] // 60 * 60 <= at < request["EndTime"]
        return (at // period * period, value) if asked and value is not None else None

    @property
    def dimension(self) -> str:
        """The value of its only dimension."""
        return f"{self.job.name}/{self.host}"

    def described(self) -> dict[str, Any]:
        return {
            "Namespace": self.job.kind.metric_namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": "Host", "Value": self.dimension}],
        }


class MetricOperations:
    """Reading of metrics.

    Args:
        store: The jobs, whose records have what they took.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def get_metric_data(self, request: Members) -> dict[str, Any]:
        """Answer ``GetMetricData``.

        Raises:
            ServiceError: A query is about something else than a job's instances.
        """
        results: list[dict[str, Any]] = []
        messages: dict[str, str] = {}
        for query in request["MetricDataQueries"]:
            stat = query.get("MetricStat")
            if stat is None:
                raise _refused("MetricDataQueries: an Expression is not supported with them")
            series = self._find(stat["Metric"])
            found = series.value(request, stat["Period"]) if series else None
            if found and series:
                messages |= _told(series)
            if query.get("ReturnData", True):
                results.append(_result(query, found))
        told = [{"Code": code, "Value": text} for code, text in messages.items()]
        return {"MetricDataResults": results, "Messages": told}

    def get_metric_statistics(self, request: Members) -> dict[str, Any]:
        """Answer ``GetMetricStatistics``.

        Raises:
            ServiceError: No statistic is asked for.
        """
        names = request.get("Statistics", [])
        if not names:
            raise _refused(f"Statistics: give some of {', '.join(_STATISTICS)}")
        series = self._find(request)
        found = series.value(request, request["Period"]) if series else None
        points = []
        if found:
            at, value = found
            values = {name: _statistic(name, value) for name in names}
            points.append({"Timestamp": at, "Unit": "Percent", **values})
        return {"Label": request["MetricName"], "Datapoints": points}

    def list_metrics(self, request: Members) -> dict[str, Any]:
        """Answer ``ListMetrics``.

        Raises:
            ServiceError: The token is none of ours.
        """
        metrics = [series.described() for series in self._select(request)]
        token = request.get("NextToken", "0")
        if not _TOKEN.fullmatch(token):
            raise _refused(f"NextToken: {token!r} is none of this service's")
        first = int(token)
        following = {"NextToken": str(first + _PAGE)} if len(metrics) > first + _PAGE else {}
        return {"Metrics": metrics[first : first + _PAGE], **following}

    def _select(self, request: Members) -> Iterator[_Series]:
        """The metrics that ``ListMetrics`` asks for."""
        filters = {one["Name"]: one.get("Value") for one in request.get("Dimensions", [])}
        if not filters.keys() <= {"Host"}:
            return
        wanted, named = request.get("MetricName"), filters.get("Host")
        kind = _kind(request)
        one = named and self._store.get(kind, named.partition("/")[0])
        jobs = ([one] if one else []) if named else self._store.find(JobQuery(kind))
        every = (
            _Series(job, host, metric)
            for job in jobs
            for host in hosts_of(job)
            for metric in metrics_of(job, host)
        )
        yield from (
            series
            for series in every
            if named in {None, series.dimension} and wanted in {None, series.metric}
        )

    def _find(self, metric: Members) -> _Series | None:
        """A metric; None if there is no such job, host or dimension."""
        kind = _kind(metric)
        dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions", [])}
        if dimensions.keys() != {"Host"}:
            return None
        name, _, host = dimensions["Host"].partition("/")
        job = self._store.get(kind, name)
        if job is None or host not in hosts_of(job):
            return None
        return _Series(job, host, metric.get("MetricName", ""))


def _kind(metric: Members) -> JobKind:
    kind = NAMESPACES.get(metric.get("Namespace", ""))
    if kind is None:
        raise _refused(
            f"Namespace: {metric.get('Namespace')!r}; a request about the local SageMaker's jobs "
            f"is about nothing but {' or '.join(NAMESPACES)}"
        )
    return kind


def _result(query: Members, found: tuple[float, float] | None) -> dict[str, Any]:
    """What ``GetMetricData`` answers to one query."""
    stat = query["MetricStat"]
    return {
        "Id": query["Id"],
        "Label": query.get("Label", stat["Metric"].get("MetricName", "")),
        "Timestamps": [found[0]] if found else [],
        "Values": [_statistic(stat["Stat"], found[1])] if found else [],
        "StatusCode": "Complete",
    }


def _statistic(name: str, value: float) -> float:
    if name not in _STATISTICS:
        raise _refused(f"{name!r} is none of {', '.join(_STATISTICS)}")
    return 1.0 if name == "SampleCount" else value


def _told(series: _Series) -> dict[str, str]:
    instance_type = type_of(series.job, series.host)
    if series.metric != "MemoryUtilization" or memory_of_type(instance_type):
        return {}
    text = f"The memory of {instance_type} is not known: percent are of this machine's"
    return {"RelativeToThisMachine": text}


def _refused(message: str) -> ServiceError:
    return ServiceError(INVALID, message)

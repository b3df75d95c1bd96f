"""What CloudWatch tells of jobs, as clients ask for it: boto3 against a running daemon."""

import json
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.account import job_arn
from local_sagemaker.api.services import cloudwatch as cloudwatch_service
from local_sagemaker.kinds import PROCESSING
from local_sagemaker.metrics.instance_memory import memory_of_machine
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import processing_request

NAMESPACE = "/aws/sagemaker/ProcessingJobs"
GIBIBYTE = 1024**3
NOW = datetime.now(timezone.utc)
SPAN = {"StartTime": NOW - timedelta(hours=1), "EndTime": NOW + timedelta(hours=1)}


@pytest.fixture
def cloudwatch(scripted_service: LocalService) -> Any:
    return scripted_service.client("cloudwatch")


def measured(service: LocalService, hosts: int = 1, instance_type: str = "ml.m5.large") -> str:
    """A job that has ended, on as many hosts, and took what they say."""
    name = f"job-{uuid4().hex[:12]}"
    request = processing_request(name)
    request["ProcessingResources"]["ClusterConfig"] |= {
        "InstanceCount": hosts,
        "InstanceType": instance_type,
    }
    use = {
        f"algo-{number}": {
            "PeakMemoryBytes": number * GIBIBYTE,
            "PeakCpuPercent": 100.0 + number,
            "PeakDiskBytes": GIBIBYTE // 4,
        }
        for number in range(1, hosts + 1)
    }
    state = {
        "ProcessingJobStatus": "Completed",
        "ProcessingEndTime": NOW.timestamp(),
        "ResourceUse": {"Hosts": use},
    }
    store = JobStore(service.home.job_database)
    store.add(PROCESSING, name, job_arn(PROCESSING, name), request, state)
    return name


def query(number: int, host: str, metric: str, **members: Any) -> dict[str, Any]:
    dimensions = [{"Name": "Host", "Value": host}]
    described = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": dimensions}
    stat = {"Metric": {**described, **members}, "Period": 60, "Stat": "Maximum"}
    return {"Id": f"q{number}", "MetricStat": stat}


def test_every_host_of_a_job_has_its_peaks(scripted_service: LocalService, cloudwatch: Any) -> None:
    name = measured(scripted_service, hosts=2)
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[
            query(1, f"{name}/algo-1", "MemoryUtilization"),
            query(2, f"{name}/algo-2", "MemoryUtilization"),
            query(3, f"{name}/algo-2", "CPUUtilization"),
            query(4, f"{name}/algo-1", "DiskUtilization"),
            query(5, f"{name}/algo-3", "CPUUtilization"),
            query(6, f"{name}/algo-1", "GPUUtilization"),
            query(7, "nobody/algo-1", "CPUUtilization"),
        ],
        **SPAN,
    )
    values = {one["Id"]: one["Values"] for one in answer["MetricDataResults"]}
    # An ml.m5.large has 8 GiB, and the volume 1 GiB.
    expected = {"q1": [12.5], "q2": [25.0], "q3": [102.0], "q4": [25.0]}
    assert values == {**expected, "q5": [], "q6": [], "q7": []}
    [time] = answer["MetricDataResults"][0]["Timestamps"]
    assert time == NOW.replace(second=0, microsecond=0)
    assert answer["Messages"] == []


def test_a_type_whose_memory_is_not_known_is_compared_with_this_machine(
    scripted_service: LocalService, cloudwatch: Any
) -> None:
    name = measured(scripted_service, instance_type="ml.p6e-gb200.36xlarge")
    asked = [query(1, f"{name}/algo-1", "MemoryUtilization")]
    answer = cloudwatch.get_metric_data(MetricDataQueries=asked, **SPAN)
    [value] = answer["MetricDataResults"][0]["Values"]
    assert value == pytest.approx(100 * GIBIBYTE / memory_of_machine())
    [message] = answer["Messages"]
    assert "ml.p6e-gb200.36xlarge is not known" in message["Value"]


def test_another_time_has_no_values(scripted_service: LocalService, cloudwatch: Any) -> None:
    asked = [query(1, f"{measured(scripted_service)}/algo-1", "CPUUtilization")]
    for days in (-1, 1):
        span = {name: time + timedelta(days=days) for name, time in SPAN.items()}
        answer = cloudwatch.get_metric_data(MetricDataQueries=asked, **span)
        assert answer["MetricDataResults"][0]["Values"] == []


def test_statistics_of_one_metric(scripted_service: LocalService, cloudwatch: Any) -> None:
    asked = {
        "Namespace": NAMESPACE,
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "Host", "Value": f"{measured(scripted_service)}/algo-1"}],
        "Period": 60,
        **SPAN,
    }
    answer = cloudwatch.get_metric_statistics(**asked, Statistics=["Maximum", "SampleCount"])
    [point] = answer["Datapoints"]
    assert (point["Maximum"], point["SampleCount"], point["Unit"]) == (101.0, 1.0, "Percent")
    with pytest.raises(ClientError, match="Statistics: give some of Average, Maximum"):
        cloudwatch.get_metric_statistics(**asked)


def test_metrics_are_listed(scripted_service: LocalService, cloudwatch: Any) -> None:
    name = measured(scripted_service, hosts=2)
    hosts = [[{"Name": "Host", "Value": f"{name}/algo-{number}"}] for number in (1, 2)]
    found = cloudwatch.list_metrics(Namespace=NAMESPACE, MetricName="CPUUtilization")["Metrics"]
    assert [one["Dimensions"] for one in found if one["Dimensions"] in hosts] == hosts
    of_one = cloudwatch.list_metrics(Namespace=NAMESPACE, Dimensions=hosts[1])["Metrics"]
    names = ["MemoryUtilization", "CPUUtilization", "DiskUtilization"]
    assert [one["MetricName"] for one in of_one] == names
    # The SageMaker SDK looks for the metrics of a script so.
    of_script = [{"Name": "TrainingJobName", "Value": name}]
    assert cloudwatch.list_metrics(Namespace=NAMESPACE, Dimensions=of_script)["Metrics"] == []


def test_what_would_be_answered_in_part_is_refused(
    scripted_service: LocalService, cloudwatch: Any
) -> None:
    asked = query(1, f"{measured(scripted_service)}/algo-1", "CPUUtilization")
    other = query(2, "a/b", "CPUUtilization", Namespace="mine")
    for second in (other, {"Id": "e", "Expression": "q1 * 2"}):
        with pytest.raises(ClientError, match="InvalidParameterValue"):
            cloudwatch.get_metric_data(MetricDataQueries=[asked, second], **SPAN)
    asked["MetricStat"]["Stat"] = "p90"
    with pytest.raises(ClientError, match="'p90' is none of Average"):
        cloudwatch.get_metric_data(MetricDataQueries=[asked], **SPAN)
    with pytest.raises(ClientError, match="NextToken: 'page 2' is none"):
        cloudwatch.list_metrics(Namespace=NAMESPACE, NextToken="page 2")


def test_only_what_is_about_jobs_is_answered_here() -> None:
    nothing: Any = None
    service = cloudwatch_service(nothing)
    about_a_job = json.dumps({"Namespace": NAMESPACE}).encode()
    target = "GraniteServiceVersion20100801."
    assert service.takes(f"{target}ListMetrics", about_a_job)
    assert not service.takes(f"{target}ListMetrics", b'{"Namespace": "mine"}')
    assert not service.takes(f"{target}PutMetricData", about_a_job)
    assert not service.takes(
        "", b"Action=ListMetrics&Namespace=%2Faws%2Fsagemaker%2FProcessingJobs"
    )


@pytest.mark.long  # moto is imported for it
def test_metrics_of_ones_own_are_motos(scripted_service: LocalService, cloudwatch: Any) -> None:
    data = [{"MetricName": "rows", "Value": 5.0, "Timestamp": NOW}]
    cloudwatch.put_metric_data(Namespace="mine", MetricData=data)
    assert [one["MetricName"] for one in cloudwatch.list_metrics(Namespace="mine")["Metrics"]] == [
        "rows"
    ]

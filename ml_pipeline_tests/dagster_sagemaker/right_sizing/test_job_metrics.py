"""What is asked of CloudWatch: one request, however long the job and however many its hosts."""

from datetime import datetime, timedelta, timezone
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from dagster_sagemaker.kinds import TRAINING
from dagster_sagemaker.right_sizing.job_metrics import METRICS, peaks_by_host

START = datetime(2026, 1, 1, 12, 0, 30, tzinfo=timezone.utc)


def asked(instance_type: str | None, hosts: int, length: timedelta) -> dict[str, Any]:
    """The request about a job, which is answered with a value for its first metric."""
    groups = [{"InstanceType": "ml.m5.large", "InstanceCount": hosts}]
    machine = {"InstanceType": instance_type, "InstanceCount": hosts}
    description = {
        "TrainingJobName": "job",
        "ResourceConfig": machine if instance_type else {"InstanceGroups": groups},
        "TrainingStartTime": START,
        "TrainingEndTime": START + length,
    }
    client = boto3.client(
        "cloudwatch", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    requests: list[dict[str, Any]] = []
    client.meta.events.register(
        "provide-client-params.cloudwatch.GetMetricData",
        lambda params, **_: requests.append(params),
    )
    result = {"Id": "q0", "Values": [3.0, 7.0, 5.0]}
    with Stubber(client) as stub:
        expected = {"MetricDataQueries": ANY, "StartTime": ANY, "EndTime": ANY}
        stub.add_response("get_metric_data", {"MetricDataResults": [result]}, expected)
        assert peaks_by_host(client, TRAINING, description) == {"algo-1": {"memory": 7.0}}
    (request,) = requests
    return request


def metrics(request: dict[str, Any]) -> set[str]:
    queries = request["MetricDataQueries"]
    return {query["MetricStat"]["Metric"]["MetricName"] for query in queries}


@pytest.mark.parametrize(
    ("instance_type", "gpus"), [("ml.m5.large", False), ("ml.g5.xlarge", True), (None, True)]
)
def test_gpus_are_asked_for_where_there_may_be_some(instance_type: str | None, gpus: bool) -> None:
    found = metrics(asked(instance_type, 1, timedelta(minutes=5)))
    assert found == {name for name in METRICS.values() if gpus or not name.startswith("GPU")}


def test_the_whole_job_is_asked_for_by_the_minute() -> None:
    request = asked("ml.m5.large", 2, timedelta(minutes=5))
    assert request["StartTime"] == START.replace(second=0)
    assert request["EndTime"] == START + timedelta(minutes=6)
    stats = [query["MetricStat"] for query in request["MetricDataQueries"]]
    assert {stat["Period"] for stat in stats} == {60}
    assert [stat["Metric"]["Dimensions"][0]["Value"] for stat in stats] == (
        ["job/algo-1"] * 3 + ["job/algo-2"] * 3
    )
    assert {stat["Metric"]["Namespace"] for stat in stats} == {"/aws/sagemaker/TrainingJobs"}


@pytest.mark.parametrize(("hosts", "days"), [(1, 5), (90, 28), (400, 1)])
def test_no_request_asks_for_more_than_cloudwatch_gives(hosts: int, days: int) -> None:
    request = asked("ml.g5.xlarge", hosts, timedelta(days=days))
    queries = request["MetricDataQueries"]
    (period,) = {query["MetricStat"]["Period"] for query in queries}
    span = (request["EndTime"] - request["StartTime"]).total_seconds()
    assert len(queries) <= 500
    assert period % 60 == 0
    assert len(queries) * span / period <= 100_800

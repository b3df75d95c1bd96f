from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg
import pytest
from dagster._core.pipes.reattach import EXTERNAL_RUN_URL_METADATA_KEY

from dagster_sagemaker import Polling, SageMakerConnection
from dagster_sagemaker.kinds import PROCESSING, TRAINING
from dagster_sagemaker.links import console_url, logs_url
from dagster_sagemaker.log_text import in_batches
from dagster_sagemaker.logs import LogTail
from dagster_sagemaker.metadata import _column_schema
from dagster_sagemaker.outcome import require_completed


@pytest.fixture(autouse=True)
def _no_endpoint_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_jobs_on_aws_have_links(region: str, host: str) -> None:
    connection = SageMakerConnection(
        region=region, aws_access_key_id="a", aws_secret_access_key="b"
    )
    page = f"https://{host}/sagemaker/home?region={region}#"
    assert console_url(connection, PROCESSING, "job") == f"{page}/processing-jobs/job"
    assert console_url(connection, TRAINING, "job") == f"{page}/jobs/job"
    assert str(logs_url(connection, TRAINING, "job")).startswith(f"https://{host}/cloudwatch/")


def test_jobs_elsewhere_have_no_links(connection: SageMakerConnection) -> None:
    assert console_url(connection, PROCESSING, "job") is None
    assert logs_url(connection, PROCESSING, "job") is None


def test_another_service_may_have_pages_of_its_own() -> None:
    connection = SageMakerConnection(
        region="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        job_page_url="http://127.0.0.1:9/_jobs/{kind}/{name}",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    assert console_url(connection, TRAINING, "job") == "http://127.0.0.1:9/_jobs/training/job"


def test_a_failure_links_to_the_job_under_dagsters_own_key() -> None:
    connection = SageMakerConnection(
        region="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    description = {
        "TrainingJobName": "job",
        "TrainingJobArn": "arn",
        "TrainingJobStatus": "Failed",
        "SecondaryStatus": "Failed",
        "FailureReason": "AlgorithmError: no",
    }
    with pytest.raises(dg.Failure) as caught:
        require_completed(connection, TRAINING, description, tail(connection))
    values = {key: value.value for key, value in caught.value.metadata.items()}
    page = console_url(connection, TRAINING, "job")
    log = logs_url(connection, TRAINING, "job")
    assert values[EXTERNAL_RUN_URL_METADATA_KEY] == values["console_url"] == page
    assert values["logs_url"] == log
    assert values["failure_reason"] == "AlgorithmError: no"
    assert f"The job: {page}\nIts log streams: {log}" in (caught.value.description or "")


def tail(connection: SageMakerConnection) -> LogTail:
    return LogTail(
        connection=connection,
        kind=PROCESSING,
        job_name="job",
        journal=None,
        resumes=False,
        log=dg.build_op_context().log,
        polling=Polling(late_log_seconds=0),
    )


@pytest.mark.parametrize(
    ("status", "fields", "text", "retry"),
    [
        ("Failed", {"FailureReason": "AlgorithmError: , exit code: 1"}, "exit code: 1", False),
        ("Failed", {"FailureReason": "ClientError: no such input"}, "no such input", False),
        ("Failed", {"FailureReason": "CapacityError: Unable"}, "CapacityError", True),
        ("Failed", {"FailureReason": "InternalServerError: We"}, "InternalServerError", True),
        ("Failed", {}, "the service gave no reason", True),
        ("Stopped", {}, "someone stopped it", False),
        ("Stopped", {"seconds": 60.5}, "MaxRuntimeInSeconds=60", False),
        ("Stopped", {"SecondaryStatus": "MaxWaitTimeExceeded"}, "no spot capacity", True),
    ],
)
def test_only_what_may_pass_is_worth_a_retry(
    connection: SageMakerConnection, status: str, fields: dict[str, Any], text: str, retry: bool
) -> None:
    start = datetime(2013, 1, 1, tzinfo=timezone.utc)
    description = {
        "ProcessingJobName": "job",
        "ProcessingJobArn": "arn",
        "ProcessingJobStatus": status,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "ProcessingStartTime": start,
        "ProcessingEndTime": start + timedelta(seconds=fields.pop("seconds", 1)),
        **fields,
    }
    with pytest.raises(dg.Failure) as caught:
        require_completed(connection, PROCESSING, description, tail(connection))
    assert text in str(caught.value.description)
    assert caught.value.allow_retries is retry


@pytest.mark.parametrize(
    ("elapsed", "latest"), [(0, 2), (5, 2), (20, 2), (40, 5), (95, 5), (600, 30), (100_000, 30)]
)
def test_an_end_is_seen_soon_for_the_length_of_the_job(elapsed: float, latest: float) -> None:
    polling = Polling()
    for _ in range(20):
        assert 0.9 <= polling.interval(elapsed) < latest + 0.01


def looks(polling: Polling, seconds: float) -> int:
    elapsed, count = 0.0, 0
    while elapsed < seconds:
        elapsed += polling.interval(elapsed)
        count += 1
    return count


def test_short_jobs_are_looked_at_few_times() -> None:
    polling = Polling()
    assert looks(polling, 0.5) == 1
    assert looks(polling, 20.5) <= 12
    assert looks(polling, 95.5) <= 29


def test_the_log_is_read_less_often_than_the_job_is_looked_at() -> None:
    polling = Polling()
    for elapsed in (0, 5, 40, 100):
        assert polling.log_interval(elapsed) > 3 * polling.interval(elapsed)
    assert polling.log_interval(100_000) == polling.log_seconds
    assert polling.log_interval(0, troubles=3) == 8 * polling.log_interval(0)


def test_trouble_slows_the_requests_down_to_the_cap() -> None:
    polling = Polling()
    assert polling.interval(0, troubles=3) > polling.interval(0, troubles=0)
    assert polling.interval(0, troubles=10_000) <= polling.cap_seconds


def test_batches_are_bounded_and_lose_no_short_line() -> None:
    lines = [f"{number}" * 30 for number in range(10)] + ["x" * 500]
    texts = ["\n".join(batch) for batch in in_batches(lines, 100)]
    assert all(len(text) <= 100 for text in texts)
    joined = "\n".join(texts).split("\n")
    assert joined[:-1] == lines[:-1]
    assert joined[-1].endswith("more characters]")
    assert list(in_batches([], 100)) == []


@pytest.mark.parametrize(
    ("schema", "columns"),
    [
        ([{"name": "hour", "type": "int64"}], [("hour", "int64")]),
        ([], None),
        ("garbage", None),
        ([{"type": "int64"}], None),
    ],
)
def test_a_reported_schema_is_shown_as_columns(schema: Any, columns: Any) -> None:
    shown = _column_schema({"schema": schema})
    assert (shown and [(column.name, column.type) for column in shown.columns]) == columns

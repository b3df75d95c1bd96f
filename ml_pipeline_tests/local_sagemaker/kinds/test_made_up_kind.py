"""A new kind of job is a row and a package: a made-up one, through all that the service does."""

import json
import signal
import sys
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.api import supported
from local_sagemaker.events import QUEUE_VARIABLE
from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.kinds import KINDS
from local_sagemaker.process import ProcessId
from local_sagemaker.prune import prune
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon, wait_for
from ml_pipeline_tests.local_sagemaker.events.test_queue import queue_of
from ml_pipeline_tests.local_sagemaker.kinds import made_up
from ml_pipeline_tests.local_sagemaker.kinds.made_up import TRANSFORM, request

FIRST = f"from {made_up.__name__} import register; register(); "
SUPERVISOR = (sys.executable, made_up.__file__)
COPY = """
import pathlib
ml = pathlib.Path("/opt/ml")
for one in (ml / "input/data/in").iterdir():
    print("copying", one.name)
    (ml / "output" / one.name).write_text(one.read_text().upper())
"""


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(KINDS, TRANSFORM.name, TRANSFORM)
        yield


@pytest.fixture(scope="module")
def service(registered: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    home = tmp_path_factory.mktemp("made_up") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(QUEUE_VARIABLE, "events")
        with running_daemon(home, SUPERVISOR, FIRST) as running:
            images = {"made-up:*": {"python": sys.executable}}
            (running.home.root / "runtimes.json").write_text(json.dumps(images))
            s3 = running.client("s3")
            s3.create_bucket(Bucket="bucket")
            s3.put_object(Bucket="bucket", Key="in/a.txt", Body=b"hello")
            yield running


def status(service: LocalService, name: str) -> str:
    answer = service.client("sagemaker").describe_transform_job(TransformJobName=name)
    return str(answer["TransformJobStatus"])


def page(service: LocalService, path: str) -> str:
    with urllib.request.urlopen(f"{service.url}{path}") as answer:
        return str(answer.read().decode())


def events(service: LocalService, until: str) -> list[dict[str, Any]]:
    sqs, url = queue_of(service, "events")
    found: list[dict[str, Any]] = []

    def more() -> bool:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        found.extend(json.loads(one["Body"]) for one in answer.get("Messages", []))
        return until in [one["detail"]["TransformJobStatus"] for one in found]

    wait_for(more)
    return found


def test_a_job_from_its_creation_to_its_event_and_its_page(service: LocalService) -> None:
    client = service.client("sagemaker")
    tags = [{"Key": "team", "Value": "flights"}]
    arn = client.create_transform_job(**request("copies", COPY, Tags=tags))["TransformJobArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:transform-job/copies"
    wait_for(lambda: status(service, "copies") not in {"InProgress", "Stopping"})

    described = client.describe_transform_job(TransformJobName="copies")
    assert described["TransformJobStatus"] == "Completed", described.get("FailureReason")
    assert described["BatchStrategy"] == "MultiRecord"
    assert described["TransformStartTime"] <= described["TransformEndTime"]
    copied = service.client("s3").get_object(Bucket="bucket", Key="out/a.txt")["Body"].read()
    assert copied == b"HELLO"

    listed = client.list_transform_jobs(StatusEquals="Completed")["TransformJobSummaries"]
    assert [(one["TransformJobName"], one["TransformJobArn"]) for one in listed] == [
        ("copies", arn)
    ]
    assert client.list_tags(ResourceArn=arn)["Tags"] == tags

    logs = service.client("logs")
    group = "/aws/sagemaker/TransformJobs"
    assert [one["message"] for one in logs.filter_log_events(logGroupName=group)["events"]] == [
        "copying a.txt"
    ]

    told = events(service, "Completed")
    assert {one["detail-type"] for one in told} == {"SageMaker Transform Job State Change"}
    assert [one["detail"]["TransformJobStatus"] for one in told] == ["InProgress", "Completed"]
    assert told[-1]["detail"]["ModelName"] == "model"

    assert "/_jobs/transform/copies" in page(service, "/?kind=transform")
    shown = page(service, "/_jobs/transform/copies")
    assert all(text in shown for text in ("ml.m5.large", made_up.IMAGE, "s3://bucket/out", "team"))


def test_a_job_that_fails_and_one_that_is_stopped(service: LocalService) -> None:
    client = service.client("sagemaker")
    client.create_transform_job(**request("fails", "raise SystemExit(3)"))
    wait_for(lambda: status(service, "fails") == "Failed")
    described = client.describe_transform_job(TransformJobName="fails")
    assert described["FailureReason"] == "AlgorithmError: , exit code: 3"

    client.create_transform_job(**request("waits", "import time; time.sleep(600)"))
    started = "TransformStartTime"
    wait_for(lambda: started in client.describe_transform_job(TransformJobName="waits"))
    client.stop_transform_job(TransformJobName="waits")
    wait_for(lambda: status(service, "waits") == "Stopped")


def test_a_job_whose_supervisor_is_lost(service: LocalService) -> None:
    client = service.client("sagemaker")
    client.create_transform_job(**request("lost", "import time; time.sleep(600)"))
    store = JobStore(service.home.job_database)

    def supervisor() -> ProcessId | None:
        job = store.get(TRANSFORM, "lost")
        return job.supervisor if job else None

    wait_for(supervisor).signal(signal.SIGKILL)
    wait_for(lambda: status(service, "lost") == "Failed")
    described = client.describe_transform_job(TransformJobName="lost")
    assert described["FailureReason"].startswith("InternalServerError")
    assert "TransformEndTime" in described


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"TransformOutput": {"S3OutputPath": "https://bucket/out"}}, "is not an S3 URI"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://b/"}}, "nothing is captured"),
    ],
)
def test_what_its_rules_refuse(service: LocalService, members: Any, message: str) -> None:
    with pytest.raises(ClientError, match=message):
        service.client("sagemaker").create_transform_job(**request("refused", "", **members))


def test_names_that_no_job_has_or_that_one_has(service: LocalService) -> None:
    client = service.client("sagemaker")
    with pytest.raises(ClientError, match=r"No transform job nobody\."):
        client.describe_transform_job(TransformJobName="nobody")
    client.create_transform_job(**request("twice", ""))
    with pytest.raises(ClientError, match=r"Job name taken: arn:.*transform-job/twice"):
        client.create_transform_job(**request("twice", ""))


def test_a_quota_for_it_alone(service: LocalService) -> None:
    faults = FaultsClient(service.port)
    faults.add("quota", job="transform", limit=0)
    try:
        with pytest.raises(ClientError, match=r"ml\.m5\.large for transform job usage"):
            service.client("sagemaker").create_transform_job(**request("many", ""))
    finally:
        faults.clear()


def test_what_is_old_is_pruned(service: LocalService) -> None:
    client = service.client("sagemaker")
    client.create_transform_job(**request("old", COPY))
    wait_for(lambda: status(service, "old") == "Completed")
    group = "/aws/sagemaker/TransformJobs"
    stream = {"logGroupName": group, "logStreamNamePrefix": "old/"}
    logs = service.client("logs")
    assert logs.describe_log_streams(**stream)["logStreams"]

    def gone() -> bool:  # Not while its supervisor is still at its directory.
        prune(service.home, seconds=0)
        return JobStore(service.home.job_database).get(TRANSFORM, "old") is None

    wait_for(gone)
    assert not service.home.job_directory(TRANSFORM, "old").exists()
    assert not logs.describe_log_streams(**stream)["logStreams"]


def test_the_page_of_what_is_supported_has_it() -> None:
    text = supported.markdown()
    assert "CreateTransformJob" in text
    assert "nothing is captured" in text
    assert "StopTransformJob" in text
    assert "DeleteTransformJob" not in text

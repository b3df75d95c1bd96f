"""Events on a real queue, from the jobs of a real daemon."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local_sagemaker.daemon import control
from local_sagemaker.events import QUEUE_VARIABLE
from local_sagemaker.home import Home
from local_sagemaker.jobs.kinds.training.states import enter
from local_sagemaker.kinds import PROCESSING, TRAINING
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import (
    processing_request,
    running_daemon,
    training_request,
    wait_for,
)


@pytest.fixture
def other_sqs() -> Iterator[Any]:
    """An SQS that lives longer than daemons."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield boto3.client(
        "sqs",
        endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        region_name="us-east-1",
    )
    server.stop()


def queue_of(service: LocalService, name: str) -> tuple[Any, str]:
    sqs = service.client("sqs")

    def url() -> str | None:
        try:
            return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
        except sqs.exceptions.QueueDoesNotExist:
            return None

    return sqs, wait_for(url)


def receive(sqs: Any, url: str, until: str) -> list[dict[str, Any]]:
    """Events, up to one of a status."""
    events: list[dict[str, Any]] = []

    def more() -> bool:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", []):
            events.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return until in statuses(events)

    wait_for(more)
    return events


def statuses(events: list[dict[str, Any]]) -> list[str]:
    details = [event["detail"] for event in events]
    return [one.get("SecondaryStatus") or one["ProcessingJobStatus"] for one in details]


def outbox(home: Home) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(home.job_database)
    try:
        return connection.execute("SELECT name, state FROM outbox ORDER BY number").fetchall()
    finally:
        connection.close()


def test_every_change_of_status_is_told_in_order(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(QUEUE_VARIABLE, "job-events")
    with running_daemon(home.root) as service:
        sqs, url = queue_of(service, "job-events")
        sagemaker = service.client("sagemaker")
        sagemaker.create_processing_job(**processing_request("one", "wait"))
        sagemaker.stop_processing_job(ProcessingJobName="one")
        events = receive(sqs, url, until="Stopped")
        assert statuses(events) == ["InProgress", "Stopping", "Stopped"]
        assert {event["resources"][0] for event in events} == {
            "arn:aws:sagemaker:us-east-1:000000000000:processing-job/one"
        }
        assert len({event["id"] for event in events}) == 3

        service.client("s3").create_bucket(Bucket="bucket")
        tags = [{"Key": "team", "Value": "flights"}]
        sagemaker.create_training_job(**training_request("two", "wait", Tags=tags))
        store = JobStore(home.job_database)
        for status, message in (
            ("Starting", "only another message"),
            ("Downloading", "Downloading input data"),
            ("Training", "Training"),
        ):
            # As a supervisor does, in another process than the daemon.
            entered = partial(enter, status=status, message=message)
            store.change(TRAINING, "two", entered)
        told = receive(sqs, url, until="Training")
        assert statuses(told) == ["Starting", "Downloading", "Training"]
        assert told[-1]["detail"]["Tags"] == {"team": "flights"}
        assert [one["Status"] for one in told[1]["detail"]["SecondaryStatusTransitions"]] == [
            "Starting",
            "Downloading",
        ]
        wait_for(lambda: outbox(home) == [])


def test_no_change_is_lost_when_the_daemon_is_killed_before_it_is_told(
    home: Home, other_sqs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = other_sqs.create_queue(QueueName="events")["QueueUrl"]
    monkeypatch.setenv(QUEUE_VARIABLE, url)
    with running_daemon(home.root) as first:
        sagemaker = first.client("sagemaker")
        sagemaker.create_processing_job(**processing_request("kept", "wait"))
        assert statuses(receive(other_sqs, url, until="InProgress")) == ["InProgress"]
        wait_for(lambda: outbox(home) == [])
        os.kill(first.endpoint.pid, signal.SIGKILL)
        wait_for(lambda: control.status(home.root) is None)
        # Between the change and the telling: the job goes on, and there is no daemon.
        store = JobStore(home.job_database)
        store.update(PROCESSING, "kept", ProcessingJobStatus="Stopping")
        store.update(PROCESSING, "kept", ProcessingJobStatus="Completed")
        assert [name for name, _ in outbox(home)] == ["kept", "kept"]
        with running_daemon(home.root):
            told = receive(other_sqs, url, until="Completed")
            assert statuses(told) == ["Stopping", "Completed"]
            wait_for(lambda: outbox(home) == [])


def test_a_queue_that_is_gone_is_made_again_and_nothing_is_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(QUEUE_VARIABLE, "events.fifo")
    with running_daemon(home.root) as service:
        sqs, url = queue_of(service, "events.fifo")
        sqs.delete_queue(QueueUrl=url)
        service.client("sagemaker").create_processing_job(**processing_request("job"))
        _, url = queue_of(service, "events.fifo")
        assert statuses(receive(sqs, url, until="Completed")) == ["InProgress", "Completed"]


def test_without_a_queue_there_is_nothing(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(QUEUE_VARIABLE, "job-events")
    with running_daemon(home.root):
        pass
    monkeypatch.delenv(QUEUE_VARIABLE)
    with running_daemon(home.root) as service:
        service.client("sagemaker").create_processing_job(**processing_request("job"))
        assert service.client("sqs").list_queues().get("QueueUrls", []) == []
    connection = sqlite3.connect(home.job_database)
    assert (
        connection.execute("SELECT 1 FROM sqlite_master WHERE name LIKE '%outbox%'").fetchall()
        == []
    )
    connection.close()


def test_a_metric_that_is_no_number_keeps_no_job_from_ending(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(QUEUE_VARIABLE, "job-events")
    with running_daemon(home.root) as service:
        sqs, url = queue_of(service, "job-events")
        service.client("s3").create_bucket(Bucket="bucket")
        service.client("sagemaker").create_training_job(**training_request("nan", "wait"))
        metrics = [{"MetricName": "loss", "Value": float("nan"), "Timestamp": 1.0}]

        def end(state: dict[str, Any]) -> None:
            enter(state, "Completed", "Training job completed")
            state |= {"TrainingJobStatus": "Completed", "FinalMetricDataList": metrics}

        JobStore(home.job_database).change(TRAINING, "nan", end)
        assert statuses(receive(sqs, url, until="Completed")) == ["Starting", "Completed"]

"""How quick the local service is with many finished jobs.

Fills a home with finished jobs, starts a real daemon on it, and prints how long boto3 waits for
Describe and for pages of lists in every order and with filters, how long the daemon takes to start,
and how long it takes up the jobs that an earlier one left running.

The last column is what the daemon itself computes for one call: it is the same on a busy machine.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_sagemaker.account import job_arn
from local_sagemaker.daemon import control
from local_sagemaker.daemon.health import Endpoint
from local_sagemaker.home import Home
from local_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from local_sagemaker.process import ProcessId
from local_sagemaker.records.store import JobStore

JOBS = 10_000
LOST = 200
CALLS = 100
ROLE = "arn:aws:iam::000000000000:role/benchmark"
STATUSES = ("Completed", "Completed", "Completed", "Failed", "Stopped")
GONE = ProcessId(2**22 - 1, "0")


def main() -> None:
    """Fill, measure, and print."""
    jobs = int(sys.argv[1]) if len(sys.argv) > 1 else JOBS
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        _fill(home, jobs)
        size = home.job_database.stat().st_size / 1e6
        print(f"{jobs} finished jobs, {size:.1f} MB")
        endpoint = _start(home, "start")
        try:
            _measure(endpoint, jobs)
        finally:
            control.stop(home.root)
        _leave_running(home)
        endpoint = _start(home, f"start with {LOST} lost jobs")
        store = JobStore(home.job_database)
        began = time.monotonic()
        while store.unfinished():
            time.sleep(0.01)
        print(f"{'their ends recorded, s more':52}{time.monotonic() - began:8.2f}")
        control.stop(home.root)


def _fill(home: Home, jobs: int) -> None:
    """Half processing, half training, of the size that the SDK's requests have."""
    store = JobStore(home.job_database)
    connection = store._file.connection()
    connection.execute("PRAGMA synchronous = OFF")
    for number in range(jobs):
        kind = TRAINING if number % 2 else PROCESSING
        name = f"pipeline-{number % 97:02}-job-{number:06}"
        status = STATUSES[number % len(STATUSES)]
        request, state = _job(kind, name)
        store.add(kind, name, job_arn(kind, name), request, state)
        _end(store, kind, name, status)


def _end(store: JobStore, kind: JobKind, name: str, status: str) -> None:
    reason = {"FailureReason": "AlgorithmError: , exit code: 1"} if status == "Failed" else {}
    times = {kind.start_time: time.time(), kind.end_time: time.time()}
    store.update(kind, name, **{kind.status: status}, **times, **reason)


def _job(kind: JobKind, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    environment = {f"VARIABLE_{number}": "value" * 8 for number in range(10)}
    request: dict[str, Any] = {kind.member("Name"): name, "RoleArn": ROLE}
    request |= {"Environment": environment, "Tags": [{"Key": "run", "Value": name}]}
    if kind is PROCESSING:
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 30}
        request["ProcessingResources"] = {"ClusterConfig": cluster}
        request["AppSpecification"] = {"ImageUri": "image", "ContainerEntrypoint": ["python3", "x"]}
        return request, {"ProcessingJobStatus": "InProgress"}
    request["AlgorithmSpecification"] = {"TrainingImage": "image", "TrainingInputMode": "File"}
    request["OutputDataConfig"] = {"S3OutputPath": "s3://bucket/models"}
    request["ResourceConfig"] = {"InstanceCount": 1, "InstanceType": "ml.m5.large"}
    request["HyperParameters"] = {f"parameter-{number}": str(number) for number in range(20)}
    transitions = [
        {"Status": status, "StartTime": time.time(), "StatusMessage": "A message of some length"}
        for status in ("Starting", "Downloading", "Training", "Uploading", "Completed")
    ]
    model = {"S3ModelArtifacts": f"s3://bucket/models/{name}/output/model.tar.gz"}
    state = {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Completed"}
    return request, {**state, "SecondaryStatusTransitions": transitions, "ModelArtifacts": model}


def _start(home: Home, name: str) -> Endpoint:
    began = time.monotonic()
    endpoint = control.ensure_started(home.root, 0)
    print(f"{name + ', s':52}{time.monotonic() - began:8.2f}")
    return endpoint


def _measure(endpoint: Endpoint, jobs: int) -> None:
    client: Any = boto3.client(
        "sagemaker",
        endpoint_url=endpoint.url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )
    print(f"{'ms':52}{'median':>8}{'max':>8}{'CPU':>8}")
    middle = jobs // 2 - jobs // 2 % 2
    processing = f"pipeline-{middle % 97:02}-job-{middle:06}"
    training = f"pipeline-{(middle + 1) % 97:02}-job-{middle + 1:06}"
    describe = client.describe_processing_job
    _row(endpoint, "DescribeProcessingJob", lambda: describe(ProcessingJobName=processing))
    _row(
        endpoint,
        "DescribeTrainingJob",
        lambda: client.describe_training_job(TrainingJobName=training),
    )
    filters: list[dict[str, Any]] = [
        {},
        {"SortOrder": "Descending"},
        *({"SortBy": by} for by in ("Name", "Status")),
        *({"SortBy": by, "SortOrder": "Descending"} for by in ("Name", "Status")),
        {"StatusEquals": "Failed"},
        {"StatusEquals": "InProgress"},
        {"NameContains": f"job-{middle:06}"},
        {"NameContains": "no-such-job"},
        {"LastModifiedTimeAfter": 4e9},
        {"LastModifiedTimeBefore": 4e9, "SortBy": "Name"},
        {"CreationTimeAfter": 4e9, "SortBy": "Status"},
        {"NameContains": "job", "StatusEquals": "Stopped", "SortBy": "Name"},
    ]
    for one in filters:
        asked = {**one, "MaxResults": 100}
        text = json.dumps(one)
        _row(
            endpoint,
            f"ListProcessingJobs {text}",
            partial(client.list_processing_jobs, **asked),
        )
    for more in ({}, {"WarmPoolStatusEquals": "Available"}):
        _row(
            endpoint,
            f"ListTrainingJobs {json.dumps(more)}",
            partial(client.list_training_jobs, **more, MaxResults=100),
        )
    began = time.monotonic()
    pages = client.get_paginator("list_training_jobs").paginate(MaxResults=100)
    count = sum(len(page["TrainingJobSummaries"]) for page in pages)
    print(f"{f'all {count} training jobs, 100 a page, s':52}{time.monotonic() - began:8.2f}")


def _row(endpoint: Endpoint, name: str, call: Callable[[], Any]) -> None:
    call()
    before, seconds = _cpu(endpoint.pid), []
    for _ in range(CALLS):
        began = time.monotonic()
        call()
        seconds.append((time.monotonic() - began) * 1000)
    cpu = (_cpu(endpoint.pid) - before) / CALLS
    print(f"{name[:51]:52}{statistics.median(seconds):8.1f}{max(seconds):8.1f}{cpu:8.1f}")


def _cpu(pid: int) -> float:
    """The milliseconds of CPU that a process has used, by a clock of ten milliseconds a tick."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 10.0


def _leave_running(home: Home) -> None:
    """Jobs whose supervisor died with the daemon."""
    store = JobStore(home.job_database)
    for number in range(LOST):
        name = f"lost-{number}"
        request, state = _job(PROCESSING, name)
        store.add(PROCESSING, name, job_arn(PROCESSING, name), request, state)
        store.set_supervisor(PROCESSING, name, GONE)


if __name__ == "__main__":
    main()

"""The job operations as clients use them: boto3 against a running daemon."""

import signal
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from local_sagemaker.process import ProcessId
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import (
    processing_request,
    training_request,
    wait_for,
)


@pytest.fixture
def client(scripted_service: LocalService) -> Any:
    return scripted_service.client("sagemaker")


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    return f"job-{uuid4().hex[:12]}"


def refusal(call: Any, **members: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def contains(value: Any, part: Any) -> bool:
    """Whether all of a part is in a value, which may have more members."""
    if isinstance(part, dict):
        return all(name in value and contains(value[name], part[name]) for name in part)
    if isinstance(part, list):
        pairs = zip(value, part, strict=True)
        return len(value) == len(part) and all(contains(one, other) for one, other in pairs)
    return bool(value == part)


def processing_ended(client: Any, name: str, status: str) -> Any:
    def look() -> Any:
        job = client.describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] not in {"InProgress", "Stopping"} else None

    job = wait_for(look)
    assert job["ProcessingJobStatus"] == status, job
    return job


def training_ended(client: Any, name: str, status: str) -> Any:
    def look() -> Any:
        job = client.describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] not in {"InProgress", "Stopping"} else None

    job = wait_for(look)
    assert job["TrainingJobStatus"] == status, job
    return job


def supervisor(service: LocalService, kind: JobKind, name: str) -> ProcessId:
    job = JobStore(service.home.job_database).get(kind, name)
    assert job is not None
    assert job.supervisor is not None
    return job.supervisor


def test_a_processing_job_from_create_to_the_end(client: Any, name: str) -> None:
    request = processing_request(name, ExperimentConfig={"ExperimentName": "e"})
    arn = client.create_processing_job(**request)["ProcessingJobArn"]
    assert arn == f"arn:aws:sagemaker:us-east-1:000000000000:processing-job/{name}"
    job = processing_ended(client, name, "Completed")
    assert {member: job[member] for member in request} == request
    assert job["ProcessingJobArn"] == arn
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["CreationTime"] <= job["LastModifiedTime"] <= datetime.now(timezone.utc)
    assert "FailureReason" not in job


def test_a_training_job_as_it_is_created(client: Any, name: str) -> None:
    request = training_request(
        name, "wait", HyperParameters={"a": "1"}, EnableNetworkIsolation=True
    )
    client.create_training_job(**request, Tags=[{"Key": "k", "Value": "v"}])
    job = client.describe_training_job(TrainingJobName=name)
    assert contains(job, request)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("InProgress", "Starting")
    [transition] = job["SecondaryStatusTransitions"]
    assert transition["StatusMessage"] == "Starting the training job"
    assert "EndTime" not in transition
    assert job["CreationTime"] <= transition["StartTime"]
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == (
        f"s3://bucket/models/{name}/output/model.tar.gz"
    )
    assert job["EnableManagedSpotTraining"] is False
    client.stop_training_job(TrainingJobName=name)
    training_ended(client, name, "Stopped")


def test_a_name_is_taken_once(client: Any, name: str) -> None:
    client.create_processing_job(**processing_request(name))
    arn = client.create_training_job(**training_request(name))["TrainingJobArn"]
    assert refusal(client.create_processing_job, **processing_request(name)) == (
        "ResourceInUse",
        "Job name must be unique within an AWS account and region, and a job with this name "
        f"already exists (arn:aws:sagemaker:us-east-1:000000000000:processing-job/{name})",
    )
    assert refusal(client.create_training_job, **training_request(name)) == (
        "ResourceInUse",
        "Training job names must be unique within an AWS account and region, and a training job "
        f"with this name already exists ({arn})",
    )


def test_what_is_not_there(client: Any) -> None:
    invalid = "ValidationException"
    assert refusal(client.describe_processing_job, ProcessingJobName="none") == (
        invalid,
        "Could not find requested job with name: none",
    )
    for call in (client.describe_training_job, client.stop_training_job):
        assert refusal(call, TrainingJobName="none") == (invalid, "Requested resource not found.")
    assert refusal(client.stop_processing_job, ProcessingJobName="none")[0] == invalid


def test_nothing_is_left_of_a_job_that_is_refused(client: Any, name: str) -> None:
    request = processing_request(name)
    request["ProcessingResources"]["ClusterConfig"]["SelectedInstanceCount"] = 2
    assert refusal(client.create_processing_job, **request)[0] == "ValidationException"
    client.create_processing_job(**processing_request(name))
    assert refusal(
        client.create_processing_job, **{**processing_request("x"), "RoleArn": "x" * 20}
    )[1].startswith("1 validation error detected: Value 'xxxxx")


def test_what_is_not_offered_is_told_before_what_is_missing_for_it(client: Any, name: str) -> None:
    source = {"FileSystemId": "fs-12345678901", "FileSystemAccessMode": "ro"}
    source |= {"FileSystemType": "EFS", "DirectoryPath": "/"}
    channel = {"ChannelName": "a", "DataSource": {"FileSystemDataSource": source}}
    request = training_request(name, InputDataConfig=[channel])
    assert "put the files into S3" in refusal(client.create_training_job, **request)[1]


def test_stop_ends_a_job_and_only_one_that_runs(
    client: Any, scripted_service: LocalService, name: str
) -> None:
    client.create_processing_job(**processing_request(name, "wait"))
    process = supervisor(scripted_service, PROCESSING, name)
    process.signal(signal.SIGSTOP)
    for _ in range(2):
        client.stop_processing_job(ProcessingJobName=name)
        job = client.describe_processing_job(ProcessingJobName=name)
        assert job["ProcessingJobStatus"] == "Stopping"
    process.signal(signal.SIGCONT)
    processing_ended(client, name, "Stopped")
    assert refusal(client.stop_processing_job, ProcessingJobName=name) == (
        "ValidationException",
        "The request was rejected because the processing job is in status Stopped.",
    )
    client.create_training_job(**training_request(name, "wait"))
    client.stop_training_job(TrainingJobName=name)
    job = training_ended(client, name, "Stopped")
    first, *others = [entry["Status"] for entry in job["SecondaryStatusTransitions"]]
    assert (first, "Stopping" in others) == ("Starting", True)  # it may have got further before


@pytest.mark.parametrize("how", ["exits", "is killed"])
def test_a_job_whose_supervisor_is_gone_has_failed(
    client: Any, scripted_service: LocalService, name: str, how: str
) -> None:
    script = "die" if how == "exits" else "wait"
    client.create_processing_job(**processing_request(name, script))
    client.create_training_job(**training_request(name, script))
    if how == "is killed":
        assert supervisor(scripted_service, PROCESSING, name).signal(signal.SIGKILL)
        assert supervisor(scripted_service, TRAINING, name).signal(signal.SIGKILL)
    processing = processing_ended(client, name, "Failed")
    log = scripted_service.home.supervisor_log(PROCESSING, name)
    assert log.exists()
    assert processing["FailureReason"] == (
        f"InternalServerError: the local supervisor of this job ended unexpectedly; see {log}"
    )
    assert processing["ProcessingEndTime"] >= processing["CreationTime"]
    training = training_ended(client, name, "Failed")
    assert training["FailureReason"].startswith("InternalServerError: the local supervisor")
    assert training["SecondaryStatus"] == "Failed"
    last = training["SecondaryStatusTransitions"][-1]
    assert (last["Status"], last["StatusMessage"]) == ("Failed", "Training job failed")


def test_no_zombie_is_left(client: Any, scripted_service: LocalService, name: str) -> None:
    client.create_processing_job(**processing_request(name))
    processing_ended(client, name, "Completed")
    pid = scripted_service.endpoint.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")

    def is_zombie(pid: str) -> bool:
        try:
            return "Z (zombie)" in Path(f"/proc/{pid}/status").read_text()
        except FileNotFoundError:
            return False

    wait_for(lambda: not any(is_zombie(pid) for pid in children.read_text().split()))


def test_lists(client: Any, name: str) -> None:
    names = [f"{name}-{letter}" for letter in "cab"]
    for each in names:
        client.create_processing_job(**processing_request(each))
        client.create_training_job(**training_request(each, "wait"))
        processing_ended(client, each, "Completed")

    def listed(**members: Any) -> list[str]:
        pages = client.get_paginator("list_processing_jobs").paginate(NameContains=name, **members)
        return [
            job["ProcessingJobName"] for page in pages for job in page["ProcessingJobSummaries"]
        ]

    assert listed() == names
    assert listed(SortOrder="Descending") == names[::-1]
    assert listed(SortBy="Name") == sorted(names)
    assert listed(SortBy="Name", SortOrder="Descending", MaxResults=1) == sorted(names)[::-1]
    assert listed(SortBy="Status", MaxResults=2) == sorted(names)
    assert listed(StatusEquals="Failed") == []
    created = client.describe_processing_job(ProcessingJobName=names[1])["CreationTime"]
    # boto3 sends whole seconds.
    assert listed(CreationTimeAfter=created + timedelta(seconds=60)) == []
    assert listed(CreationTimeBefore=created + timedelta(seconds=60)) == names
    assert listed(LastModifiedTimeAfter=created - timedelta(seconds=60)) == names
    assert listed(LastModifiedTimeBefore=created - timedelta(seconds=60)) == []

    page = client.list_training_jobs(NameContains=name, MaxResults=2)
    [first, _] = page["TrainingJobSummaries"]
    assert (first["TrainingJobName"], first["TrainingJobStatus"]) == (names[0], "InProgress")
    assert first["SecondaryStatus"] == "Starting"
    token = page["NextToken"]
    assert refusal(client.list_training_jobs, NextToken=token, SortBy="Name")[0] == (
        "ValidationException"
    )
    for each in names:
        client.stop_training_job(TrainingJobName=each)


@pytest.mark.parametrize("token", ["garbage", "WyJhIl0=", "bnVsbA==", "é", "W1tb" * 2000])
def test_tokens_that_are_not_ours(client: Any, token: str) -> None:
    for call in (client.list_processing_jobs, client.list_training_jobs):
        assert refusal(call, NextToken=token)[0] == "ValidationException"


def test_tags(client: Any, name: str) -> None:
    request = processing_request(name, Tags=[{"Key": "a", "Value": "1"}])
    arn = client.create_processing_job(**request)["ProcessingJobArn"]
    added = client.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])["Tags"]
    assert added == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    client.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refusal(client.add_tags, ResourceArn=arn, Tags=many)[0] == "ValidationException"
    assert refusal(client.list_tags, ResourceArn=f"{arn}x")[0] == "ResourceNotFound"

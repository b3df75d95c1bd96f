"""Quotas and capacity."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import (
    processing_request,
    training_request,
    wait_for,
)


@pytest.fixture
def sagemaker(scripted_service: LocalService) -> Any:
    scripted_service.client("s3").create_bucket(Bucket="bucket")
    return scripted_service.client("sagemaker")


def on(instance_type: str, count: int = 1) -> dict[str, Any]:
    cluster = {"InstanceType": instance_type, "InstanceCount": count, "VolumeSizeInGB": 1}
    return {"ProcessingResources": {"ClusterConfig": cluster}}


def trained_on(instance_type: str, count: int = 1) -> dict[str, Any]:
    return {
        "ResourceConfig": {
            "InstanceType": instance_type,
            "InstanceCount": count,
            "VolumeSizeInGB": 1,
        }
    }


def limit_exceeded(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["Error"]["Code"] == "ResourceLimitExceeded"
    return str(caught.value.response["Error"]["Message"])


def stop(sagemaker: Any, name: str) -> None:
    sagemaker.stop_processing_job(ProcessingJobName=name)
    wait_for(
        lambda: (
            sagemaker.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"]
            == "Stopped"
        )
    )


def test_a_quota_counts_instances_in_use(sagemaker: Any, faults: FaultsClient) -> None:
    faults.put("quota", "quota", instance_type="ml.c5.*", job="processing", limit=3)
    create = sagemaker.create_processing_job
    create(**processing_request("first", "wait", **on("ml.c5.xlarge", 2)))
    message = limit_exceeded(create, **processing_request("second", **on("ml.c5.xlarge", 2)))
    assert message == (
        "The account-level service limit 'ml.c5.xlarge for processing job usage' is 3 Instances, "
        "with current utilization of 2 Instances and a request delta of 2 Instances. Please "
        "contact AWS support to request an increase for this limit."
    )
    # Each type has a quota of its own, and each kind of job.
    create(**processing_request("other-type", **on("ml.c5.2xlarge", 2)))
    create(**processing_request("beyond", **on("ml.m5.xlarge", 9)))
    sagemaker.create_training_job(**training_request("kind", **trained_on("ml.c5.xlarge", 4)))
    assert faults.list()[0]["hits"] == 1
    stop(sagemaker, "first")
    create(**processing_request("second", **on("ml.c5.xlarge", 2)))


def test_a_quota_can_be_lifted(sagemaker: Any, faults: FaultsClient) -> None:
    faults.put("quota", "quota", limit=0)
    request = training_request("lifted")
    assert "is 0 Instances" in limit_exceeded(sagemaker.create_training_job, **request)
    faults.put("quota", "quota", limit=1)
    sagemaker.create_training_job(**request)


def test_of_many_at_once_no_more_get_through_than_may(sagemaker: Any, faults: FaultsClient) -> None:
    faults.add("quota", instance_type="ml.r5.large", limit=3)
    names = [f"crowd-{number}" for number in range(8)]

    def create(name: str) -> str | None:
        try:
            request = processing_request(name, "wait", **on("ml.r5.large"))
            sagemaker.create_processing_job(**request)
        except ClientError:
            return None
        return name

    with ThreadPoolExecutor(8) as pool:
        created = [name for name in pool.map(create, names) if name]
    assert len(created) == 3
    for name in created:
        stop(sagemaker, name)


def test_a_name_that_is_taken_is_refused_as_such(sagemaker: Any, faults: FaultsClient) -> None:
    faults.add("quota", instance_type="ml.r5.xlarge", limit=1)
    request = processing_request("taken", "wait", **on("ml.r5.xlarge"))
    sagemaker.create_processing_job(**request)
    with pytest.raises(ClientError, match="ResourceInUse"):
        sagemaker.create_processing_job(**request)
    stop(sagemaker, "taken")


def test_no_capacity(sagemaker: Any, faults: FaultsClient) -> None:
    faults.add("capacity", instance_type="ml.p3.*", times=2)
    training = training_request("no-gpu", "wait", **trained_on("ml.p3.2xlarge"))
    sagemaker.create_training_job(**training)
    found = sagemaker.describe_training_job(TrainingJobName="no-gpu")
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Failed", "Failed")
    assert found["FailureReason"] == (
        "CapacityError: Unable to provision requested ML compute capacity. "
        "Please retry using a different ML instance type."
    )
    assert found["SecondaryStatusTransitions"][-1]["StatusMessage"] == "Training job failed"
    processing = processing_request("no-gpu", "wait", **on("ml.p3.2xlarge"))
    sagemaker.create_processing_job(**processing)
    processed = sagemaker.describe_processing_job(ProcessingJobName="no-gpu")
    assert processed["FailureReason"] == found["FailureReason"]
    sagemaker.create_processing_job(**processing_request("cpu", **on("ml.m5.large")))
    sagemaker.get_waiter("processing_job_completed_or_stopped").wait(
        ProcessingJobName="cpu", WaiterConfig={"Delay": 1}
    )

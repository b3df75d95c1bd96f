"""Jobs that will do with one of several instance types, on the local service with its faults."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore
import dagster as dg
import pytest

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
)
from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.records.store import Job
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import failure, log_lines, run_asset
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle_faults import (
    OUTPUTS,
    bucket,
    connect,
    faults,
    jobs,
    local,
    name,
)

__all__ = ["bucket", "faults", "jobs", "local", "name"]

TYPES = ("ml.p3.2xlarge", "ml.c5.xlarge", "ml.m5.xlarge")
MODEL = "sagemaker/2017-07-24/service-2.json"

Jobs = Callable[[], list[Job]]


@pytest.fixture
def training_job(training_request: dict[str, Any]) -> JobRequest:
    training_request["Environment"] = {"SCRIPT": "complete"}
    return JobRequest(training_request, optional_outputs=("model", "output"))


@pytest.fixture
def processing_job(processing_request: dict[str, Any]) -> JobRequest:
    processing_request["Environment"] = {"SCRIPT": "complete"}
    return JobRequest(processing_request, optional_outputs=OUTPUTS)


@pytest.fixture(params=["spot", "botocore without InstancePreferences"])
def one_by_one(
    request: pytest.FixtureRequest,
    training_request: dict[str, Any],
    training_job: JobRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> JobRequest:
    """A job for which the service does not choose among instance types."""
    if request.param == "spot":
        training_request["EnableManagedSpotTraining"] = True
        training_request["CheckpointConfig"] = {"S3Uri": "s3://bucket/checkpoints"}
        training_request["StoppingCondition"]["MaxWaitTimeInSeconds"] = 600
    else:
        with gzip.open(Path(botocore.__file__).parent / "data" / f"{MODEL}.gz") as file:
            model = json.load(file)
        del model["shapes"]["ResourceConfig"]["members"]["InstancePreferences"]
        (tmp_path / MODEL).parent.mkdir(parents=True)
        (tmp_path / MODEL).write_text(json.dumps(model))
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    return training_job


def training(local: LocalService, bucket: str, *types: str) -> PipesSageMakerTrainingClient:
    return PipesSageMakerTrainingClient(
        connect(local), bucket=bucket, polling=QUICK, instance_types=types
    )


def named_type(job: Job) -> str:
    return str(job.request["ResourceConfig"]["InstanceType"])


def facts(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    """What the materialization says of the job."""
    (event,) = result.get_asset_materialization_events()
    return {key: value.value for key, value in event.materialization.metadata.items()}


def test_the_service_chooses_for_a_training_job(
    local: LocalService,
    bucket: str,
    training_job: JobRequest,
    faults: FaultsClient,
    name: str,
    jobs: Jobs,
) -> None:
    faults.add("capacity", instance_type="ml.p3.*")
    result, _ = run_asset(training(local, bucket, *TYPES), training_job, name=name)
    assert result.success
    (job,) = jobs()
    assert "InstanceType" not in job.request["ResourceConfig"]
    assert facts(result)["instance_type"] == "ml.c5.xlarge"
    assert facts(result)["instance_count"] == 1


def test_the_service_chooses_for_a_processing_job(
    local: LocalService,
    bucket: str,
    processing_job: JobRequest,
    faults: FaultsClient,
    name: str,
    jobs: Jobs,
) -> None:
    del processing_job.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    faults.add("capacity", instance_type="ml.p3.*")
    client = PipesSageMakerProcessingClient(
        connect(local), bucket=bucket, polling=QUICK, instance_types=TYPES
    )
    result, _ = run_asset(client, processing_job, name=name)
    assert result.success
    assert len(jobs()) == 1
    assert facts(result)["instance_type"] == "ml.c5.xlarge"
    assert facts(result)["instance_count"] == 1


def test_no_type_is_tried_again_when_the_service_had_none(
    local: LocalService,
    bucket: str,
    training_job: JobRequest,
    faults: FaultsClient,
    name: str,
    jobs: Jobs,
) -> None:
    faults.add("capacity")
    result, _ = run_asset(training(local, bucket, *TYPES), training_job, name=name)
    assert "CapacityError: Unable to provision requested ML compute capacity" in failure(result)
    assert [job.status for job in jobs()] == ["Failed"]


def test_a_type_that_can_never_have_its_quota_is_left_out_of_the_preferences(
    local: LocalService,
    bucket: str,
    training_job: JobRequest,
    faults: FaultsClient,
    name: str,
    jobs: Jobs,
) -> None:
    faults.add("quota", instance_type="ml.c5.xlarge", limit=0)
    result, instance = run_asset(training(local, bucket, *TYPES), training_job, name=name)
    assert result.success
    (job,) = jobs()
    preferences = job.request["ResourceConfig"]["InstancePreferences"]
    assert [one["InstanceType"] for one in preferences] == ["ml.p3.2xlarge", "ml.m5.xlarge"]
    assert any(
        "Going on with ml.p3.2xlarge, ml.m5.xlarge: " in line
        for line in log_lines(result, instance)
    )


def test_one_by_one_the_next_type_is_used_where_there_is_no_capacity_or_no_quota(
    local: LocalService,
    bucket: str,
    one_by_one: JobRequest,
    faults: FaultsClient,
    name: str,
    jobs: Jobs,
) -> None:
    faults.add("quota", instance_type="ml.p3.2xlarge", limit=0)
    faults.add("capacity", instance_type="ml.c5.xlarge")
    result, instance = run_asset(training(local, bucket, *TYPES), one_by_one, name=name)
    assert result.success
    assert [(named_type(job), job.status) for job in jobs()] == [
        ("ml.c5.xlarge", "Failed"),
        ("ml.m5.xlarge", "Completed"),
    ]
    assert facts(result)["instance_type"] == "ml.m5.xlarge"
    assert sum("Going on with ml." in line for line in log_lines(result, instance)) == 2


def test_one_by_one_the_last_type_without_capacity_is_a_failure(
    local: LocalService,
    bucket: str,
    one_by_one: JobRequest,
    faults: FaultsClient,
    name: str,
    jobs: Jobs,
) -> None:
    faults.add("capacity")
    result, _ = run_asset(training(local, bucket, *TYPES[1:]), one_by_one, name=name)
    assert "CapacityError: Unable to provision requested ML compute capacity" in failure(result)
    assert [named_type(job) for job in jobs()] == ["ml.c5.xlarge", "ml.m5.xlarge"]

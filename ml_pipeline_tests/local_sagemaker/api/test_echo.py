"""Describe gives back every member that a job was created with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.api.aws_json import JsonService
from local_sagemaker.api.service_models import service_model
from local_sagemaker.api.validation import validate
from local_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.api.calls import call, idle_sagemaker
from ml_pipeline_tests.local_sagemaker.api.full_requests import full_request
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request

NOT_DESCRIBED = {"Tags", "SessionChainingConfig"}


@pytest.fixture
def service(tmp_path: Path) -> JsonService:
    objects = ObjectStore(tmp_path / "s3")
    objects.create_bucket("bucket")
    objects.put_bytes("bucket", "prefix/file", b"")
    return idle_sagemaker(JobStore(tmp_path / "jobs.db"), objects)


def members(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar in a value, with its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from members(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from members(inner, f"{path}[{number}]")
    else:
        yield path, value


@pytest.mark.parametrize(
    ("kind", "instances"),
    [
        (PROCESSING, "one type"),
        (PROCESSING, "preferences"),
        (TRAINING, "one type"),
        (TRAINING, "spot"),
        (TRAINING, "preferences"),
    ],
    ids=str,
)
def test_every_member_is_given_back(service: JsonService, kind: JobKind, instances: str) -> None:
    request = full_request(kind, "full")
    leave_out_what_excludes(request, kind, instances)
    call(service, kind.operation("Create"), request)
    described = call(service, kind.operation("Describe"), {kind.member("Name"): "full"})
    shape = service_model("sagemaker").operation_model(kind.operation("Describe")).output_shape
    validate(shape, described, "the answer breaks the model")
    assert request.keys() - described.keys() == NOT_DESCRIBED & request.keys()
    found = dict(members(described))
    lost = {
        path: value
        for path, value in members({k: v for k, v in request.items() if k not in NOT_DESCRIBED})
        if found.get(path) != value
    }
    assert lost == {}
    assert len(found) > 30


def leave_out_what_excludes(request: dict[str, Any], kind: JobKind, instances: str) -> None:
    """Not all members go together."""
    resources = kind.resources(request)
    assert isinstance(resources, dict)
    if instances == "preferences":
        for member in ("InstanceType", "InstanceCount", "InstanceGroups", "TrainingPlanArn"):
            resources.pop(member, None)
        resources.pop("InstancePlacementConfig", None)
    else:
        del resources["InstancePreferences"]
    if kind is TRAINING:
        request["EnableManagedSpotTraining"] = instances == "spot"
        if instances == "spot":
            del resources["KeepAlivePeriodInSeconds"]
        else:
            del request["StoppingCondition"]["MaxWaitTimeInSeconds"]


def test_the_tags_of_a_create_call(service: JsonService) -> None:
    request = full_request(PROCESSING, "full")
    leave_out_what_excludes(request, PROCESSING, "one type")
    arn = call(service, "CreateProcessingJob", request)["ProcessingJobArn"]
    assert call(service, "ListTags", {"ResourceArn": arn})["Tags"] == request["Tags"]


def test_what_a_processing_job_gets_by_default(service: JsonService) -> None:
    s3_input = {"S3Uri": "s3://bucket/", "S3DataType": "S3Prefix"}
    s3_input |= {"LocalPath": "/opt/ml/processing/in", "S3InputMode": "File"}
    request = processing_request("job", ProcessingInputs=[{"InputName": "in", "S3Input": s3_input}])
    del request["ProcessingResources"]["ClusterConfig"]["InstanceCount"]
    call(service, "CreateProcessingJob", request)
    job = call(service, "DescribeProcessingJob", {"ProcessingJobName": "job"})
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    assert job["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 1
    assert job["ProcessingInputs"] == [
        {
            "InputName": "in",
            "AppManaged": False,
            "S3Input": {
                **s3_input,
                "S3DataDistributionType": "FullyReplicated",
                "S3CompressionType": "None",
            },
        }
    ]
    assert "ProcessingOutputConfig" not in job


def test_what_a_training_job_gets_by_default(service: JsonService) -> None:
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/prefix/"}}
    request = training_request(
        "job",
        InputDataConfig=[{"ChannelName": "train", "DataSource": source}],
        StoppingCondition=None,
        ProfilerConfig={"S3OutputPath": "s3://bucket/"},
    )
    call(service, "CreateTrainingJob", request)
    job = call(service, "DescribeTrainingJob", {"TrainingJobName": "job"})
    assert job["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}
    [channel] = job["InputDataConfig"]
    assert (channel["CompressionType"], channel["RecordWrapperType"]) == ("None", "None")
    source = channel["DataSource"]["S3DataSource"]
    assert source["S3DataDistributionType"] == "FullyReplicated"
    assert job["OutputDataConfig"] == {
        "KmsKeyId": "",
        "S3OutputPath": "s3://bucket/models/",
        "CompressionType": "GZIP",
    }
    assert job["AlgorithmSpecification"]["EnableSageMakerMetricsTimeSeries"] is False
    assert job["ProfilerConfig"] == {
        "S3OutputPath": "s3://bucket/",
        "DisableProfiler": False,
        "ProfilingIntervalInMilliseconds": 500,
    }
    assert job["ProfilingStatus"] == "Enabled"
    assert "WarmPoolStatus" not in job


def test_rules_are_said_not_to_be_evaluated(service: JsonService) -> None:
    rule = {"RuleConfigurationName": "loss", "RuleEvaluatorImage": "image"}
    request = training_request("job", DebugRuleConfigurations=[rule])
    call(service, "CreateTrainingJob", request)
    job = call(service, "DescribeTrainingJob", {"TrainingJobName": "job"})
    assert job["DebugRuleConfigurations"] == [rule]
    [status] = job["DebugRuleEvaluationStatuses"]
    assert status["RuleEvaluationStatus"] == "Stopped"
    assert "does not evaluate" in status["StatusDetails"]
    assert job["ProfilingStatus"] == "Disabled"

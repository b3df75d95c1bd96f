import copy
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel, Shape

from dagster_sagemaker import InvalidRequestError
from dagster_sagemaker.java_patterns import compile_java
from dagster_sagemaker.request_rules import broken_rules
from dagster_sagemaker.validation import check_request
from ml_pipeline_tests.dagster_sagemaker.captured import (
    SCRIPT_PROCESSOR,
    SKLEARN_PROCESSOR,
    SKLEARN_TRAINING,
)


@pytest.fixture(scope="module")
def model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("sagemaker")


def input_shape(model: ServiceModel, operation: str) -> Shape:
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    return shape


def problems(model: ServiceModel, operation: str, request: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(InvalidRequestError) as caught:
        check_request(model, operation, request)
    assert caught.value.allow_retries is False
    return caught.value.problems


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateProcessingJob", SKLEARN_PROCESSOR),
        ("CreateProcessingJob", SCRIPT_PROCESSOR),
        ("CreateTrainingJob", SKLEARN_TRAINING),
    ],
)
def test_what_the_sdk_sends_is_valid(
    model: ServiceModel, operation: str, request_: dict[str, Any]
) -> None:
    check_request(model, operation, request_)


def test_every_problem_is_listed_with_its_path(model: ServiceModel) -> None:
    request = copy.deepcopy(SKLEARN_PROCESSOR)
    request["ProcessingJobName"] = "bad_name"
    request["ProcessingResources"]["ClusterConfig"]["InstanceType"] = "local"
    request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] = 101
    request["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"] = "30"
    request["Tags"] = [{"Key": "k", "Value": "a|b"}]
    request["StoppingCondition"] = {"MaxRuntimeInSeconds": True}
    request["Nonsense"] = 1
    del request["AppSpecification"]["ImageUri"]
    found = problems(model, "CreateProcessingJob", request)
    expected = {
        "ProcessingJobName: 'bad_name' does not match",
        "ProcessingResources.ClusterConfig.InstanceType: 'local' is none of ml.",
        "ProcessingResources.ClusterConfig.InstanceCount: is 101, must be at most 100",
        "ProcessingResources.ClusterConfig.VolumeSizeInGB: must be of type integer, not str",
        "Tags[0].Value: 'a|b' does not match",
        "StoppingCondition.MaxRuntimeInSeconds: must be of type integer, not bool",
        "Nonsense: is not a member",
        "AppSpecification.ImageUri: is required",
    }
    assert len(found) == len(expected)
    assert all(any(line.startswith(start) for line in found) for start in expected)


@pytest.mark.parametrize(
    ("operation", "request_", "limit"),
    [
        ("CreateProcessingJob", SKLEARN_PROCESSOR, 256),
        ("CreateTrainingJob", SKLEARN_TRAINING, 512),
    ],
)
def test_environment_values_have_a_maximum_and_are_not_repeated(
    model: ServiceModel, operation: str, request_: dict[str, Any], limit: int
) -> None:
    request = copy.deepcopy(request_)
    request["Environment"] = {"TOKEN": "x" * limit}
    check_request(model, operation, request)
    request["Environment"] = {"TOKEN": "x" * (limit + 1)}
    (found,) = problems(model, operation, request)
    assert found == f"Environment.TOKEN: has {limit + 1} characters, at most {limit} are allowed"


def test_hyperparameters_are_not_repeated(model: ServiceModel) -> None:
    request = copy.deepcopy(SKLEARN_TRAINING)
    request["HyperParameters"]["password"] = "hunter2" * 500
    (found,) = problems(model, "CreateTrainingJob", request)
    assert "hunter2" not in found


@pytest.mark.parametrize("value", ["é ß 日本", "a b_c.d:e/f=g+h-i@j", ""])
def test_tag_values_may_hold_any_letters(model: ServiceModel, value: str) -> None:
    request = copy.deepcopy(SKLEARN_PROCESSOR)
    request["Tags"] = [{"Key": "k", "Value": value}]
    check_request(model, "CreateProcessingJob", request)


def test_two_inputs_at_one_path_are_refused(model: ServiceModel) -> None:
    request = copy.deepcopy(SKLEARN_PROCESSOR)
    request["ProcessingInputs"].append({**request["ProcessingInputs"][0], "InputName": "again"})
    (found,) = problems(model, "CreateProcessingJob", request)
    assert "already taken by ProcessingInputs[0]" in found


def test_all_patterns_of_both_operations_are_understood(model: ServiceModel) -> None:
    patterns = {
        shape.metadata["pattern"]
        for operation in ("CreateProcessingJob", "CreateTrainingJob")
        for shape in shapes_below(input_shape(model, operation), set())
        if "pattern" in shape.metadata
    }
    assert len(patterns) > 20
    for pattern in patterns:
        assert compile_java(pattern) is not None, pattern


def shapes_below(shape: Shape, seen: set[str]) -> Iterator[Shape]:
    if shape.name in seen:
        return
    seen.add(shape.name)
    yield shape
    parts = [getattr(shape, part, None) for part in ("member", "key", "value")]
    for part in (*getattr(shape, "members", {}).values(), *parts):
        if part is not None:
            yield from shapes_below(part, seen)


GPU_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.10-gpu-py313"


@pytest.mark.parametrize(
    ("resources", "where"),
    [
        ({"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}, "ResourceConfig.InstanceType"),
        (
            {
                "InstancePreferences": [
                    {"InstanceType": "ml.g5.xlarge"},
                    {"InstanceType": "ml.c5.large"},
                ]
            },
            "ResourceConfig.InstancePreferences[1].InstanceType",
        ),
        (
            {"InstanceGroups": [{"InstanceType": "ml.c5.large"}, {"InstanceType": "ml.m5.large"}]},
            "ResourceConfig.InstanceGroups",
        ),
        ({"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}, None),
        # A group without GPUs may feed one that has some.
        (
            {"InstanceGroups": [{"InstanceType": "ml.c5.large"}, {"InstanceType": "ml.g5.xlarge"}]},
            None,
        ),
    ],
)
def test_an_image_for_gpus_needs_instances_that_have_them(
    resources: dict[str, Any], where: str | None
) -> None:
    image = {"TrainingImage": GPU_IMAGE}
    found = list(broken_rules({"AlgorithmSpecification": image, "ResourceConfig": resources}))
    assert [problem.partition(": ")[0] for problem in found] == ([where] if where else [])
    processing = {
        "AppSpecification": {"ImageUri": GPU_IMAGE},
        "ProcessingResources": {"ClusterConfig": resources},
    }
    assert len(list(broken_rules(processing))) == len(found)

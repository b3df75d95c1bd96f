from typing import Any

import pytest

from local_sagemaker.api.service_models import service_model
from local_sagemaker.api.validation import validate
from local_sagemaker.service_errors import ServiceError
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request


def message(operation: str, request: Any, code: str = "ValidationException") -> str:
    shape = service_model("sagemaker").operation_model(operation).input_shape
    with pytest.raises(ServiceError) as caught:
        validate(shape, request, "ValidationException")
    assert caught.value.code == code
    return caught.value.message


def processing(**members: Any) -> str:
    return message("CreateProcessingJob", {**processing_request("job"), **members})


def training(**members: Any) -> str:
    return message("CreateTrainingJob", {**training_request("job"), **members})


def test_a_valid_request_passes() -> None:
    model = service_model("sagemaker")
    for operation, request in (
        ("CreateProcessingJob", processing_request("job", Tags=[{"Key": "käse", "Value": ""}])),
        ("CreateTrainingJob", training_request("job", HyperParameters={"a": "x" * 2500})),
    ):
        validate(model.operation_model(operation).input_shape, request, "")


def test_a_name_that_breaks_the_pattern() -> None:
    assert training(TrainingJobName="bad_name") == (
        "1 validation error detected: Value 'bad_name' at 'trainingJobName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: "
        "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    )


def test_all_violations_are_named_at_once() -> None:
    name = "a_" * 40
    assert training(TrainingJobName=name) == (
        f"2 validation errors detected: Value '{name}' at 'trainingJobName' failed to satisfy "
        "constraint: Member must have length less than or equal to 63; "
        f"Value '{name}' at 'trainingJobName' failed to satisfy constraint: Member must satisfy "
        "regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    )


def test_a_required_member_that_is_missing_or_null() -> None:
    expected = (
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: "
        "Member must not be null"
    )
    without = processing_request("job")
    del without["RoleArn"]
    assert message("CreateProcessingJob", without) == expected
    assert processing(RoleArn=None) == expected


def test_an_instance_type_that_does_not_exist() -> None:
    cluster = {"InstanceCount": 101, "InstanceType": "local", "VolumeSizeInGB": 0}
    text = processing(ProcessingResources={"ClusterConfig": cluster})
    assert text.startswith("3 validation errors detected: ")
    place = "processingResources.clusterConfig"
    assert (
        f"Value 'local' at '{place}.instanceType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ml.t3.medium, "
    ) in text
    assert (
        f"Value '101' at '{place}.instanceCount' failed to satisfy constraint: "
        "Member must have value less than or equal to 100"
    ) in text
    assert (
        f"Value '0' at '{place}.volumeSizeInGB' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1"
    ) in text


def test_elements_of_lists_are_numbered() -> None:
    entry = {"OutputName": "o", "S3Output": {"S3Uri": "ftp://x", "S3UploadMode": "EndOfJob"}}
    text = processing(ProcessingOutputConfig={"Outputs": [entry]})
    assert "Value 'ftp://x' at 'processingOutputConfig.outputs.1.member.s3Output.s3Uri'" in text


def test_lists_and_maps_of_strings_name_every_constraint() -> None:
    text = processing(AppSpecification={"ImageUri": "i", "ContainerArguments": ["a", "x" * 257]})
    assert "at 'appSpecification.containerArguments' failed to satisfy constraint: " in text
    assert text.endswith(
        "Member must satisfy constraint: [Member must have length less than or equal to 256, "
        "Member must have length greater than or equal to 0, "
        "Member must satisfy regular expression pattern: .*]"
    )
    text = training(HyperParameters={"k" * 257: "v"})
    assert "failed to satisfy constraint: Map keys must satisfy constraint: [" in text
    text = training(HyperParameters={"k": "v" * 2501})
    assert "Map value must satisfy constraint: [Member must have length less than" in text
    assert len(text) < 2000


def test_too_many_entries() -> None:
    inputs = [{"InputName": f"i{number}"} for number in range(11)]
    assert "at 'processingInputs' failed to satisfy constraint: Member must have length less" in (
        processing(ProcessingInputs=inputs)
    )


def test_a_member_that_does_not_exist() -> None:
    assert processing(Colour="red") == (
        "1 validation error detected: Value at 'Colour' failed to satisfy constraint: "
        "Member must be one that CreateProcessingJobRequest has"
    )


@pytest.mark.parametrize(
    "members",
    [
        {"ProcessingJobName": 5},
        {"ProcessingInputs": {}},
        {"ProcessingInputs": ["text"]},
        {"AppSpecification": []},
        {"Environment": {"A": 1}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": "5"}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": True}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": 5.5}},
        {"StoppingCondition": {"MaxRuntimeInSeconds": 2**31}},
        {"NetworkConfig": {"EnableNetworkIsolation": "true"}},
    ],
)
def test_a_value_of_the_wrong_type(members: dict[str, Any]) -> None:
    request = {**processing_request("job"), **members}
    text = message("CreateProcessingJob", request, code="SerializationException")
    assert "can not be converted to a" in text


def test_null_in_a_list() -> None:
    assert "at 'processingInputs.1.member' failed to satisfy constraint: Member must not be" in (
        processing(ProcessingInputs=[None])
    )
    assert "at 'environment.A.member' failed to satisfy" in processing(Environment={"A": None})

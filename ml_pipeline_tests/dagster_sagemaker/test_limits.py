"""What SageMaker limits is refused by name, before anything is uploaded."""

from typing import Any

import botocore.session
import pytest
from botocore.model import ServiceModel

from dagster_sagemaker import (
    CodeBundle,
    InvalidRequestError,
    ProcessingInput,
    ProcessingOutput,
    PySparkProcessor,
    SKLearnProcessor,
    SKLearnTraining,
    TrainingChannel,
)
from dagster_sagemaker.request import JobRequest
from dagster_sagemaker.validation import check_request
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE

CODE = CodeBundle.inline("print()")
PROCESSING = "/opt/ml/processing"


@pytest.fixture(scope="module")
def model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("sagemaker")


def problems(model: ServiceModel, job: JobRequest, name: str) -> str:
    operation = f"Create{name.removesuffix('Name')}"
    with pytest.raises(InvalidRequestError) as caught:
        check_request(model, operation, {**job.request, name: "a"})
    (problem,) = caught.value.problems
    return problem


def inputs(count: int, **more: Any) -> list[ProcessingInput]:
    return [
        ProcessingInput(
            **{
                "name": f"in-{number}",
                "s3_uri": "s3://b/in/",
                "local_path": f"{PROCESSING}/{number}",
                **more,
            }
        )
        for number in range(count)
    ]


def outputs(count: int, **more: Any) -> list[ProcessingOutput]:
    return [
        ProcessingOutput(
            **{
                "name": f"out-{number}",
                "s3_uri": "s3://b/out/",
                "local_path": f"{PROCESSING}/out-{number}",
                **more,
            }
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("fields", "arguments", "problem"),
    [
        ({}, {"inputs": inputs(10)}, "ProcessingInputs: has 11 entries, at most 10"),
        (
            {},
            {"outputs": outputs(11)},
            "ProcessingOutputConfig.Outputs: has 11 entries, at most 10",
        ),
        (
            {},
            {"arguments": ["a"] * 101},
            "AppSpecification.ContainerArguments: has 101 entries, at most 100",
        ),
        (
            {},
            {"arguments": ["a", "b" * 257]},
            "AppSpecification.ContainerArguments[1]: has 257 characters, at most 256",
        ),
        (
            {"environment": {f"V{number}": "" for number in range(101)}},
            {},
            "Environment: has 101 entries, at most 100",
        ),
        ({"environment": {"V": "x" * 257}}, {}, "Environment.V: has 257 characters, at most 256"),
        (
            {},
            {"inputs": inputs(2, name="one")},
            "ProcessingInputs[1].InputName: 'one' is already taken by ProcessingInputs[0]",
        ),
        (
            {},
            {"inputs": [*inputs(1), *inputs(1, name="other", local_path=f"{PROCESSING}/0/")]},
            "ProcessingInputs[1].S3Input.LocalPath: '/opt/ml/processing/0/' is already taken by",
        ),
        (
            {},
            {"inputs": inputs(1, local_path="/data")},
            "ProcessingInputs[0].S3Input.LocalPath: '/data' must begin with /opt/ml/processing/",
        ),
        (
            {},
            {"inputs": inputs(1, compression="Gzip")},
            "ProcessingInputs[0].S3Input.S3CompressionType: Gzip needs S3InputMode Pipe",
        ),
        (
            {},
            {"outputs": outputs(1, local_path=f"{PROCESSING}/../model")},
            "ProcessingOutputConfig.Outputs[0].S3Output.LocalPath: '/opt/ml/processing/../model'",
        ),
        (
            {},
            {"outputs": outputs(2, name="one")},
            "ProcessingOutputConfig.Outputs[1].OutputName: 'one' is already taken by",
        ),
    ],
)
def test_a_processing_job_over_a_limit(
    model: ServiceModel, fields: dict[str, Any], arguments: dict[str, Any], problem: str
) -> None:
    processor = SKLearnProcessor(role_arn=ROLE, region="us-east-1", **fields)
    job = processor.build(code=CODE, code_uri="s3://b/code", **arguments)
    assert problems(model, job, "ProcessingJobName").startswith(problem)


@pytest.mark.parametrize(
    ("fields", "arguments", "problem"),
    [
        ({"environment": {"V": "x" * 513}}, {}, "Environment.V: has 513 characters, at most 512"),
        (
            {},
            {"hyperparameters": {"long": "x" * 2500}},
            "HyperParameters.long: has 2502 characters, at most 2500",
        ),
        (
            {},
            {"hyperparameters": {f"p{number}": 1 for number in range(96)}},
            "HyperParameters: has 101 entries, at most 100",
        ),
        ({"metric_definitions": {"m": "x" * 501}}, {}, "AlgorithmSpecification.MetricDefinitions"),
        (
            {},
            {"channels": [TrainingChannel(name="train", s3_uri="s3://b/t/")] * 2},
            "InputDataConfig[1].ChannelName: 'train' is already taken by InputDataConfig[0]",
        ),
    ],
)
def test_a_training_job_over_a_limit(
    model: ServiceModel, fields: dict[str, Any], arguments: dict[str, Any], problem: str
) -> None:
    training = SKLearnTraining(role_arn=ROLE, region="us-east-1", **fields)
    given = {"channels": [TrainingChannel(name="train", s3_uri="s3://b/t/")], **arguments}
    job = training.build(code=CODE, code_uri="s3://b/code", output_uri="s3://b/m", **given)
    assert problems(model, job, "TrainingJobName").startswith(problem)


def test_what_a_processor_adds_counts(model: ServiceModel) -> None:
    processor = PySparkProcessor(
        role_arn=ROLE, region="us-east-1", spark_event_logs_s3_uri="s3://b/events"
    )
    job = processor.build(code=CODE, code_uri="s3://b/code", outputs=outputs(10))
    found = problems(model, job, "ProcessingJobName")
    assert found.startswith("ProcessingOutputConfig.Outputs: has 11 entries")

"""Script mode in the images of several frameworks."""

from typing import Any

import pytest

from dagster_sagemaker import (
    CodeBundle,
    FrameworkTraining,
    NetworkConfig,
    PyTorchTraining,
    SKLearnTraining,
    TensorFlowTraining,
    XGBoostTraining,
)
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE


def request_of(training: FrameworkTraining) -> Any:
    return training.build(
        code=CodeBundle.inline("print()"), code_uri="s3://b/c", channels=[], output_uri="s3://b/o"
    ).request


def test_torchrun_is_asked_for_through_the_toolkit() -> None:
    training = PyTorchTraining(
        role_arn=ROLE,
        region="us-east-1",
        framework_version="2.10",
        instance_type="ml.g5.xlarge",
        torch_distributed=True,
        keep_alive_seconds=600,
    )
    request = request_of(training)
    parameters = request["HyperParameters"]
    assert parameters["sagemaker_torch_distributed_enabled"] == "true"
    assert parameters["sagemaker_instance_type"] == '"ml.g5.xlarge"'
    assert request["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600


@pytest.mark.parametrize(
    ("training", "image"),
    [
        (SKLearnTraining, "sagemaker-scikit-learn:1.9-0-cpu-py3"),
        (XGBoostTraining, "sagemaker-xgboost:3.2-0"),
        (PyTorchTraining, "pytorch-training:2.10-cpu-py313"),
        (TensorFlowTraining, "tensorflow-training:2.21-cpu-py312"),
    ],
)
def test_every_framework_has_its_image(training: type[FrameworkTraining], image: str) -> None:
    tag = image.partition(":")[2]
    version = tag.partition("-cpu")[0]
    made = training(role_arn=ROLE, region="us-east-1", framework_version=version)  # type: ignore[call-arg]
    algorithm = request_of(made)["AlgorithmSpecification"]
    assert algorithm["TrainingImage"].endswith(f"/{image}")


def test_the_network_is_told_at_the_top() -> None:
    network = NetworkConfig(subnets=("subnet-1",), security_group_ids=("sg-1",), isolation=True)
    request = request_of(SKLearnTraining(role_arn=ROLE, region="us-east-1", network=network))
    assert request["VpcConfig"] == {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    assert request["EnableNetworkIsolation"] is True

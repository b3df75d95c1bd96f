"""Small definitions, as JSON and as Python."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from ml_pipeline_tests.local_sagemaker.daemons import (
    ROLE,
    processing_request,
    training_request,
)

_TOKENS = count()


def token() -> str:
    """A ``ClientRequestToken`` of its own, as boto3 makes one for each call."""
    return f"{next(_TOKENS):032d}"


def processing(name: str, script: str = "complete", **more: Any) -> dict[str, Any]:
    """A processing step; what is not a member of a step is one of its arguments."""
    request = processing_request(name, script)
    del request["ProcessingJobName"]
    return _step(name, "Processing", request, more)


def training(name: str, script: str = "complete", **more: Any) -> dict[str, Any]:
    """A training step, likewise."""
    request = training_request(name, script)
    del request["TrainingJobName"]
    return _step(name, "Training", request, more)


def condition(
    name: str, conditions: list[Any], then: list[Any], otherwise: list[Any]
) -> dict[str, Any]:
    arguments = {"Conditions": conditions, "IfSteps": then, "ElseSteps": otherwise}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def equals(left: Any, right: Any) -> dict[str, Any]:
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


def fail(name: str, message: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}}


def parameter(name: str, of_type: str = "String", **members: Any) -> dict[str, Any]:
    return {"Name": name, "Type": of_type, **members}


def get(path: str) -> dict[str, str]:
    return {"Get": path}


def join(*values: Any, on: str = "") -> dict[str, Any]:
    return {"Std:Join": {"On": on, "Values": list(values)}}


def outputs(**uris: Any) -> dict[str, Any]:
    """``ProcessingOutputConfig`` with an output for each name."""
    return {
        "Outputs": [
            {
                "OutputName": name,
                "S3Output": {
                    "S3Uri": uri,
                    "LocalPath": f"/opt/ml/processing/{name}",
                    "S3UploadMode": "EndOfJob",
                },
            }
            for name, uri in uris.items()
        ]
    }


def channel(name: str, uri: Any) -> dict[str, Any]:
    """A channel of ``InputDataConfig``."""
    source = {"S3DataType": "S3Prefix", "S3Uri": uri}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def definition(*steps: Any, parameters: tuple[Any, ...] = ()) -> str:
    """A whole definition."""
    return json.dumps(
        {
            "Version": "2020-12-01",
            "Metadata": {},
            "Parameters": list(parameters),
            "PipelineExperimentConfig": {
                "ExperimentName": get("Execution.PipelineName"),
                "TrialName": get("Execution.PipelineExecutionId"),
            },
            "Steps": list(steps),
        }
    )


def creation(name: str, text: str, **members: Any) -> dict[str, Any]:
    """The members of ``CreatePipeline``."""
    return {
        "PipelineName": name,
        "RoleArn": ROLE,
        "ClientRequestToken": token(),
        "PipelineDefinition": text,
        **members,
    }


def _step(
    name: str, of_type: str, arguments: dict[str, Any], more: dict[str, Any]
) -> dict[str, Any]:
    members = {"DependsOn", "CacheConfig", "RetryPolicies", "PropertyFiles", "DisplayName"}
    step = {"Name": name, "Type": of_type, "Arguments": arguments}
    for key, value in more.items():
        (step if key in members else arguments)[key] = value
    return step


def chain(length: int) -> Iterator[dict[str, Any]]:
    """Steps of which each waits for the one before it."""
    for number in range(length):
        before = [f"step-{number - 1}"] if number else []
        yield processing(f"step-{number}", DependsOn=before)

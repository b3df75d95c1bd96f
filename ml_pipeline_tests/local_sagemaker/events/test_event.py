"""The shape of an event, held against the examples of SageMaker's developer guide."""

import json
import math
from collections.abc import Mapping
from typing import Any

from local_sagemaker.events.event import MAX_BYTES, event, message
from local_sagemaker.events.outbox import Change
from local_sagemaker.kinds import PROCESSING, TRAINING
from local_sagemaker.records.store import Job
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request

# The members of the guide's examples, but for those that are there only if a request has them.
ENVELOPE = {
    "version": str,
    "id": str,
    "detail-type": str,
    "source": str,
    "account": str,
    "time": str,
    "region": str,
    "resources": list,
    "detail": dict,
}
TRAINING_DETAIL = {
    "TrainingJobName": str,
    "TrainingJobArn": str,
    "TrainingJobStatus": str,
    "SecondaryStatus": str,
    "HyperParameters": dict,
    "AlgorithmSpecification": dict,
    "RoleArn": str,
    "InputDataConfig": list,
    "OutputDataConfig": dict,
    "ResourceConfig": dict,
    "StoppingCondition": dict,
    "CreationTime": int,
    "TrainingStartTime": int,
    "TrainingEndTime": int,
    "LastModifiedTime": int,
    "SecondaryStatusTransitions": list,
    "Tags": dict,
}
PROCESSING_DETAIL = {
    "ProcessingInputs": list,
    "ProcessingOutputConfig": dict,
    "ProcessingJobName": str,
    "ProcessingResources": dict,
    "StoppingCondition": dict,
    "AppSpecification": dict,
    "NetworkConfig": dict,
    "RoleArn": str,
    "ProcessingJobArn": str,
    "ProcessingJobStatus": str,
    "FailureReason": str,
    "ProcessingEndTime": int,
    "ProcessingStartTime": int,
    "LastModifiedTime": int,
    "CreationTime": int,
}
CHANNEL = {
    "ChannelName": "train",
    "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/train/"}},
}


def training(**state: Any) -> Change:
    request = training_request("kmeans-1", HyperParameters={"k": "10"}, InputDataConfig=[CHANNEL])
    transitions = [
        {
            "Status": "Starting",
            "StartTime": 1583831889.05,
            "StatusMessage": "Starting",
            "EndTime": 2.5,
        }
    ]
    whole = {
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "SecondaryStatusTransitions": transitions,
        "TrainingStartTime": 1583831890.0,
        "TrainingEndTime": 1583831891.5,
        "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/models/x"},
        **state,
    }
    arn = "arn:aws:sagemaker:us-east-1:000000000000:training-job/kmeans-1"
    job = Job(TRAINING, "kmeans-1", arn, 1583831889.05, 1583831892.9, request, whole, None)
    return Change(7, "0123456789abcdef0123456789abcdef", job, {"team": "flights"}, 0)


def shape(value: dict[str, Any], expected: Mapping[str, type]) -> dict[str, type]:
    return {name: type(value.get(name)) for name in expected}


def test_a_training_job() -> None:
    told = event(training())
    assert shape(told, ENVELOPE) == ENVELOPE
    assert set(told) == set(ENVELOPE)
    assert told["version"] == "0"
    assert told["id"] == "01234567-89ab-cdef-0123-456789abcdef"
    assert told["detail-type"] == "SageMaker Training Job State Change"
    assert told["source"] == "aws.sagemaker"
    assert (told["account"], told["region"]) == ("000000000000", "us-east-1")
    assert told["time"] == "2020-03-10T09:18:12Z"
    assert told["resources"] == ["arn:aws:sagemaker:us-east-1:000000000000:training-job/kmeans-1"]
    detail = told["detail"]
    assert shape(detail, TRAINING_DETAIL) == TRAINING_DETAIL
    assert detail["CreationTime"] == 1583831889050
    assert detail["TrainingEndTime"] == 1583831891500
    assert detail["SecondaryStatusTransitions"][0]["StartTime"] == 1583831889050
    assert detail["HyperParameters"] == {"k": "10"}
    assert detail["Tags"] == {"team": "flights"}


def test_a_processing_job() -> None:
    data = {"S3Uri": "s3://b/x", "LocalPath": "/opt/ml/processing/x"}
    request = processing_request(
        "p",
        ProcessingInputs=[{"InputName": "x", "S3Input": {**data, "S3DataType": "S3Prefix"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "x", "S3Output": data}]},
        NetworkConfig={"EnableNetworkIsolation": False},
    )
    state = {
        "ProcessingJobStatus": "Failed",
        "FailureReason": "InternalServerError: We encountered an internal error.",
        "ProcessingStartTime": 1704320734.0,
        "ProcessingEndTime": 1704320746.0,
    }
    job = Job(PROCESSING, "p", "arn", 1704320199.0, 1704320746.0, request, state, None)
    told = event(Change(1, "0" * 32, job, {}, 0))
    assert told["detail-type"] == "SageMaker Processing Job State Change"
    assert shape(told["detail"], PROCESSING_DETAIL) == PROCESSING_DETAIL
    assert told["detail"]["ProcessingEndTime"] == 1704320746000
    assert told["detail"]["StoppingCondition"] == {"MaxRuntimeInSeconds": 86400}


def test_a_number_that_json_does_not_have() -> None:
    metrics = [{"MetricName": "loss", "Value": math.nan, "Timestamp": 1.0}]
    told = json.loads(
        message(training(FinalMetricDataList=metrics)), parse_constant=lambda name: 1 / 0
    )
    assert told["detail"]["FinalMetricDataList"][0]["Value"] is None


def test_what_does_not_fit_into_a_message_is_left_out() -> None:
    change = training()
    parameters = {f"p{number}": "x" * 2500 for number in range(120)}
    change.job.request["HyperParameters"].update(parameters)
    text = message(change)
    assert len(text) <= MAX_BYTES
    detail = json.loads(text)["detail"]
    assert "HyperParameters" not in detail
    assert detail["InputDataConfig"][0]["ChannelName"] == "train"
    assert detail["TrainingJobStatus"] == "Completed"

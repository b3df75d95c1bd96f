from typing import Any

import pytest

from local_sagemaker.jobs.kinds.training.spot_checks import check_checkpoints, check_spot
from local_sagemaker.service_errors import ServiceError

TOO_SHORT = (
    "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
    "MaxRuntimeInSeconds"
)


@pytest.mark.parametrize(
    ("stopping", "spot"),
    [
        ({}, False),
        ({"MaxRuntimeInSeconds": 60}, False),
        ({"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}, True),
        ({"MaxWaitTimeInSeconds": 86400}, True),
    ],
)
def test_limits_that_go_with_the_instances(stopping: dict[str, int], spot: bool) -> None:
    check_spot({"StoppingCondition": stopping, "EnableManagedSpotTraining": spot})


@pytest.mark.parametrize(
    ("stopping", "spot", "message"),
    [
        ({}, True, TOO_SHORT),
        ({"MaxWaitTimeInSeconds": 86399}, True, TOO_SHORT),
        ({"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59}, True, TOO_SHORT),
        (
            {"MaxWaitTimeInSeconds": 60},
            False,
            "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is "
            "set to true",
        ),
    ],
)
def test_limits_that_do_not(stopping: dict[str, int], spot: bool, message: str) -> None:
    request = {"StoppingCondition": stopping, "EnableManagedSpotTraining": spot}
    with pytest.raises(ServiceError) as caught:
        check_spot(request)
    assert (caught.value.code, caught.value.message) == ("ValidationException", message)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"S3Uri": "s3://bucket"},
        {"S3Uri": "s3://bucket/a", "LocalPath": "/opt/ml/checkpoints/"},
        {"S3Uri": "s3://bucket/a", "LocalPath": "/opt/ml/output/tensors"},
        {"S3Uri": "s3://bucket/a", "LocalPath": "/opt/ml/models"},
    ],
)
def test_places_for_checkpoints(config: dict[str, Any]) -> None:
    check_checkpoints({"CheckpointConfig": config} if config else {})


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"S3Uri": "https://bucket/a"}, "it must begin with s3://"),
        ({"LocalPath": "/tmp/checkpoints"}, "must be a directory below /opt/ml"),
        ({"LocalPath": "/opt/ml"}, "must be a directory below /opt/ml"),
        ({"LocalPath": "/opt/ml/a/../.."}, "must be a directory below /opt/ml"),
        ({"LocalPath": "checkpoints"}, "must be a directory below /opt/ml"),
        ({"LocalPath": "/opt/ml/model"}, "must not overlap /opt/ml/model"),
        ({"LocalPath": "/opt/ml/input/data/train"}, "must not overlap /opt/ml/input"),
        ({"LocalPath": "/opt/ml/output"}, "must not overlap /opt/ml/output/data"),
    ],
)
def test_places_that_are_none(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ServiceError, match=message):
        check_checkpoints({"CheckpointConfig": {"S3Uri": "s3://bucket/a", **config}})

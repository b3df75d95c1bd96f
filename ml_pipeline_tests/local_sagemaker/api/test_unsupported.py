from dataclasses import replace
from typing import Any

import pytest

from local_sagemaker.api.service_models import service_model
from local_sagemaker.api.unsupported import (
    refuse_unsupported,
)
from local_sagemaker.jobs.kinds.limits import Limit
from local_sagemaker.kinds import KINDS, PROCESSING, TRAINING, JobKind
from local_sagemaker.service_errors import ServiceError
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request


def message(kind: JobKind, request: dict[str, Any]) -> str:
    with pytest.raises(ServiceError) as caught:
        refuse_unsupported(kind, request)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def test_what_changes_nothing_here_is_accepted() -> None:
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    network = {"EnableNetworkIsolation": True, "VpcConfig": vpc}
    experiment = {"ExperimentName": "e"}
    refuse_unsupported(
        PROCESSING,
        processing_request("job", NetworkConfig=network, ExperimentConfig=experiment),
    )
    refuse_unsupported(
        TRAINING,
        training_request(
            "job",
            VpcConfig=vpc,
            EnableNetworkIsolation=True,
            EnableManagedSpotTraining=False,
            DebugHookConfig={"S3OutputPath": "s3://b/", "CollectionConfigurations": []},
            ProfilerConfig={"S3OutputPath": "s3://b/", "DisableProfiler": False},
        ),
    )


def test_the_shard_of_a_single_instance_is_everything() -> None:
    shard = {
        "S3Uri": "s3://b/",
        "S3DataType": "S3Prefix",
        "S3DataDistributionType": "ShardedByS3Key",
    }
    inputs = [{"InputName": "a", "S3Input": {**shard, "LocalPath": "/opt/ml/processing/a"}}]
    refuse_unsupported(PROCESSING, processing_request("job", ProcessingInputs=inputs))
    channels = [{"ChannelName": "a", "DataSource": {"S3DataSource": shard}}]
    refuse_unsupported(TRAINING, training_request("job", InputDataConfig=channels))


def test_a_value_is_refused_with_its_place_and_the_ones_that_would_do() -> None:
    count = "ProcessingResources.ClusterConfig.InstanceCount"
    rules = replace(PROCESSING.rules(), refused=(Limit(count, (3, 4), "so it is"),))
    kind = replace(PROCESSING, rules=lambda: rules)
    assert message(kind, processing_request("job")) == (
        f"{count} is 1; the local SageMaker supports only 3 or 4: so it is"
    )


def test_a_member_of_an_element_is_refused_with_its_number() -> None:
    inputs = [{"InputName": "a"}, {"InputName": "b", "DatasetDefinition": {}}]
    assert message(PROCESSING, processing_request("job", ProcessingInputs=inputs)) == (
        "ProcessingInputs[1].DatasetDefinition is not supported by the local SageMaker: there is "
        "no Athena and no Redshift here: put their result into S3, and name that"
    )


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_every_limit_names_a_member_that_exists(kind: JobKind) -> None:
    request = service_model("sagemaker").operation_model(kind.operation("Create")).input_shape
    for limit in kind.rules().refused:
        shape = found(request, limit.path)
        if shape.type_name == "string":
            assert set(limit.only) <= set(shape.enum or limit.only)
    refused = {limit.path for limit in kind.rules().refused}
    for ignored in kind.rules().without_effect:
        assert found(request, ignored.path)
        assert ignored.path not in refused


def found(shape: Any, path: str) -> Any:
    for name in path.split("."):
        shape = shape.members[name.removesuffix("[]")]
        shape = shape.member if name.endswith("[]") else shape
    return shape

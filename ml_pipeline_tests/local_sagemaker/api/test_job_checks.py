from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.kinds import KINDS, PROCESSING, TRAINING, JobKind
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.service_errors import ServiceError
from ml_pipeline_tests.local_sagemaker.daemons import (
    ROLE,
    processing_request,
    training_request,
)


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    store = ObjectStore(tmp_path / "s3")
    store.create_bucket("bucket")
    store.put_bytes("bucket", "data/day?1#a.csv", b"1")
    store.put_bytes("bucket", "all.manifest", b"[]")
    return store


def message(kind: JobKind, request: dict[str, Any], objects: ObjectStore) -> str:
    with pytest.raises(ServiceError) as caught:
        kind.rules().check(request, objects)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def s3_input(name: str, local: str, uri: str = "s3://bucket/data") -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {"S3Uri": uri, "LocalPath": local, "S3DataType": "S3Prefix"},
    }


def s3_output(name: str, local: str, uri: str = "s3://bucket/out") -> dict[str, Any]:
    return {
        "OutputName": name,
        "S3Output": {"S3Uri": uri, "LocalPath": local, "S3UploadMode": "EndOfJob"},
    }


def channel(uri: str, data_type: str = "S3Prefix") -> dict[str, Any]:
    source = {"S3DataType": data_type, "S3Uri": uri}
    return {"ChannelName": "train", "DataSource": {"S3DataSource": source}}


def test_a_job_that_can_run_passes(objects: ObjectStore) -> None:
    inputs = [s3_input("a", "/opt/ml/processing/a"), s3_input("b", "/opt/ml/processing/b/")]
    outputs = {"Outputs": [s3_output("a", "/opt/ml/processing/out")]}
    request = processing_request("job", ProcessingInputs=inputs, ProcessingOutputConfig=outputs)
    PROCESSING.rules().check(request, objects)
    for data in (
        channel("s3://bucket/data/"),
        channel("s3://bucket/da"),
        channel("s3://bucket/data/day?1#a"),
        channel("s3://bucket"),
        channel("s3://bucket/all.manifest", "ManifestFile"),
    ):
        TRAINING.rules().check(training_request("job", InputDataConfig=[data]), objects)


def test_two_inputs_in_one_place_get_the_empty_message(objects: ObjectStore) -> None:
    inputs = [s3_input("a", "/opt/ml/processing/a"), s3_input("b", "/opt/ml/processing/a/")]
    assert message(PROCESSING, processing_request("job", ProcessingInputs=inputs), objects) == ""


@pytest.mark.parametrize(
    "local", ["/opt/ml/input", "/tmp", "opt/ml/processing/a", "/opt/ml/processing/../../a"]
)
def test_local_paths_have_their_place(objects: ObjectStore, local: str) -> None:
    expected = f"LocalPath '{local}' must begin with /opt/ml/processing/"
    inputs = [s3_input("in", local)]
    request = processing_request("job", ProcessingInputs=inputs)
    assert message(PROCESSING, request, objects) == f"ProcessingInputs 'in': {expected}"
    outputs = {"Outputs": [s3_output("out", local)]}
    request = processing_request("job", ProcessingOutputConfig=outputs)
    assert message(PROCESSING, request, objects).endswith(expected)


def test_what_is_missing_is_named(objects: ObjectStore) -> None:
    request = processing_request("job", ProcessingResources={"ClusterConfig": {}})
    assert message(PROCESSING, request, objects) == (
        "ProcessingResources.ClusterConfig is missing InstanceType"
    )
    request = processing_request("job", ProcessingInputs=[{"InputName": "a"}])
    assert message(PROCESSING, request, objects) == "ProcessingInputs 'a' is missing S3Input"
    request = training_request("job", ResourceConfig={"InstanceCount": 1})
    assert message(TRAINING, request, objects) == (
        "ResourceConfig is missing InstanceType, VolumeSizeInGB"
    )
    request = training_request("job", InputDataConfig=[{"ChannelName": "c", "DataSource": {}}])
    assert "DataSource is missing S3DataSource" in message(TRAINING, request, objects)


def preferring(kind: JobKind, *preferences: dict[str, Any], **members: Any) -> dict[str, Any]:
    resources = {"VolumeSizeInGB": 1, "InstancePreferences": list(preferences), **members}
    if kind is PROCESSING:
        return processing_request("job", ProcessingResources={"ClusterConfig": resources})
    return training_request("job", ResourceConfig=resources)


SMALL, LARGE = {"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.m5.xlarge"}
ONE, TWO = {"InstanceCount": 1}, {"InstanceCount": 2}


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_preferences_say_of_all_or_of_each_how_many_instances(
    objects: ObjectStore, kind: JobKind
) -> None:
    kind.rules().check(preferring(kind, SMALL, LARGE, **TWO), objects)
    kind.rules().check(preferring(kind, SMALL | TWO, LARGE | ONE), objects)
    for request in (
        preferring(kind, SMALL, LARGE),
        preferring(kind, SMALL | TWO, LARGE),
        preferring(kind, SMALL | TWO, LARGE | ONE, **ONE),
    ):
        assert message(kind, request, objects) == (
            f"{kind.resources_path}: InstanceCount must be set either in {kind.resources_path} or "
            "in every element of InstancePreferences"
        )


@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_preferences_name_no_type_twice_and_none_beside_them(
    objects: ObjectStore, kind: JobKind
) -> None:
    request = preferring(kind, SMALL, LARGE, SMALL, **ONE)
    assert message(kind, request, objects) == (
        f"{kind.resources_path}.InstancePreferences[2].InstanceType: ml.m5.large is named twice"
    )
    request = preferring(kind, LARGE, **ONE, **SMALL)
    assert message(kind, request, objects) == (
        f"{kind.resources_path}.InstancePreferences is mutually exclusive with InstanceType"
    )


@pytest.mark.parametrize(
    ("resources", "members", "named"),
    [
        ({"InstanceGroups": []}, {}, "InstanceGroups"),
        ({"InstancePlacementConfig": {}}, {}, "InstancePlacementConfig"),
        ({}, {"EnableManagedSpotTraining": True}, "EnableManagedSpotTraining"),
    ],
)
def test_what_preferences_of_a_training_job_do_not_go_with(
    objects: ObjectStore, resources: dict[str, Any], members: dict[str, Any], named: str
) -> None:
    request = preferring(TRAINING, LARGE, **ONE, **resources) | members
    assert message(TRAINING, request, objects) == (
        f"ResourceConfig.InstancePreferences is mutually exclusive with {named}"
    )


def test_training_plans_of_preferences_and_one_of_the_job(objects: ObjectStore) -> None:
    plans = {"TrainingPlanArns": ["arn:a"]}
    TRAINING.rules().check(preferring(TRAINING, LARGE | plans, SMALL, **ONE), objects)
    request = preferring(TRAINING, LARGE | plans, **ONE, TrainingPlanArn="arn:b")
    assert "mutually exclusive with ResourceConfig.TrainingPlanArn" in message(
        TRAINING, request, objects
    )


def test_a_training_job_needs_resources(objects: ObjectStore) -> None:
    request = training_request("job")
    del request["ResourceConfig"]
    assert message(TRAINING, request, objects) == "The request is missing ResourceConfig"


def test_what_the_script_manages_is_its_own_affair(objects: ObjectStore) -> None:
    inputs = [{"InputName": "a", "AppManaged": True}]
    outputs = {"Outputs": [{**s3_output("b", "/anywhere"), "AppManaged": True}]}
    request = processing_request("job", ProcessingInputs=inputs, ProcessingOutputConfig=outputs)
    PROCESSING.rules().check(request, objects)


def test_spot_instances_are_not_kept_warm(objects: ObjectStore) -> None:
    request = training_request("job", EnableManagedSpotTraining=True)
    request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = 60
    assert "managed spot training" in message(TRAINING, request, objects)


def test_names_are_used_once(objects: ObjectStore) -> None:
    inputs = [s3_input("a", "/opt/ml/processing/a"), s3_input("a", "/opt/ml/processing/b")]
    request = processing_request("job", ProcessingInputs=inputs)
    assert message(PROCESSING, request, objects).startswith("InputName 'a' is used 2 times")
    data = [channel("s3://bucket/data")] * 2
    request = training_request("job", InputDataConfig=data)
    assert message(TRAINING, request, objects).startswith("ChannelName 'train' is used 2 times")


@pytest.mark.parametrize(
    ("uri", "data_type"),
    [
        ("s3://bucket/none/", "S3Prefix"),
        ("s3://bucket/dat", "ManifestFile"),
        ("s3://no-bucket/data", "S3Prefix"),
        ("s3://NOT a bucket/data", "S3Prefix"),
    ],
)
def test_training_on_nothing(objects: ObjectStore, uri: str, data_type: str) -> None:
    bucket = uri.split("/")[2]
    request = training_request("job", InputDataConfig=[channel(uri, data_type)])
    assert message(TRAINING, request, objects) == (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that '
        "the bucket exists in the selected region (us-east-1), that objects exist under that S3 "
        f'prefix, and that the role "{ROLE}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )


def test_only_s3_uris(objects: ObjectStore) -> None:
    inputs = [s3_input("a", "/opt/ml/processing/a", "https://host/path")]
    request = processing_request("job", ProcessingInputs=inputs)
    assert "'https://host/path' is not an S3 URI" in message(PROCESSING, request, objects)

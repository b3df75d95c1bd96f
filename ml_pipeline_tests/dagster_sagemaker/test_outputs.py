"""What a completed job left, on the local service's S3."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dagster_sagemaker.errors import MissingOutputError
from dagster_sagemaker.kinds import PROCESSING, TRAINING
from dagster_sagemaker.outputs import verified_outputs

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def requests(s3: "S3Client") -> Iterator[list[str]]:
    """The operations that S3 is asked for."""
    made: list[str] = []

    def note(event_name: str, **_: Any) -> None:
        made.append(event_name.rpartition(".")[2])

    s3.meta.events.register("before-send.s3", note)
    yield made
    s3.meta.events.unregister("before-send.s3", note)


def put(s3: "S3Client", bucket: str, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"data")


def processed(**places: str) -> dict[str, Any]:
    outputs = [
        {"OutputName": name, "S3Output": {"S3Uri": uri, "S3UploadMode": "EndOfJob"}}
        for name, uri in places.items()
    ]
    return {"ProcessingJobName": "job", "ProcessingOutputConfig": {"Outputs": outputs}}


def trained(bucket: str, **config: str) -> dict[str, Any]:
    name = "model" if config else "model.tar.gz"
    uri = f"s3://{bucket}/models/job/output/{name}"
    return {
        "TrainingJobName": "job",
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models", **config},
        "ModelArtifacts": {"S3ModelArtifacts": uri},
    }


def keys(outputs: Any) -> dict[str, list[str]]:
    return {name: [found.key for found in output.objects] for name, output in outputs.items()}


def test_outputs_in_a_folder_of_the_job_take_one_request(
    s3: "S3Client", bucket: str, requests: list[str]
) -> None:
    put(s3, bucket, "out/job/train/b", "out/job/train/a", "out/job/training/c", "out/job/x")
    requests.clear()
    places = {name: f"s3://{bucket}/out/job/{name}" for name in ("train", "training")}
    outputs = verified_outputs(s3, PROCESSING, processed(**places), ())
    assert keys(outputs) == {
        "train": ["out/job/train/a", "out/job/train/b"],
        "training": ["out/job/training/c"],
    }
    assert outputs["train"].uri == f"s3://{bucket}/out/job/train/"
    assert requests == ["ListObjectsV2"]


def test_a_folder_of_others_is_not_listed_for_outputs_in_it(
    s3: "S3Client", bucket: str, requests: list[str]
) -> None:
    put(s3, bucket, "a/job/1", "b/job/2")
    requests.clear()
    places = {name: f"s3://{bucket}/{name}/job" for name in ("a", "b")}
    outputs = verified_outputs(s3, PROCESSING, processed(**places), ())
    assert keys(outputs) == {"a": ["a/job/1"], "b": ["b/job/2"]}
    assert requests == ["ListObjectsV2"] * 2


def test_what_the_script_writes_to_s3_itself_is_looked_at_too(s3: "S3Client", bucket: str) -> None:
    put(s3, bucket, "out/job/table/part-0")
    description = processed(table=f"s3://{bucket}/out/job/table")
    description["ProcessingOutputConfig"]["Outputs"][0]["AppManaged"] = True
    outputs = verified_outputs(s3, PROCESSING, description, ())
    assert keys(outputs) == {"table": ["out/job/table/part-0"]}


def test_outputs_of_a_training_job_take_one_request(
    s3: "S3Client", bucket: str, requests: list[str]
) -> None:
    put(s3, bucket, *(f"models/job/output/{name}.tar.gz" for name in ("model", "output")))
    requests.clear()
    outputs = verified_outputs(s3, TRAINING, trained(bucket), ())
    assert outputs["model"].uri == f"s3://{bucket}/models/job/output/model.tar.gz"
    assert [found.size for found in outputs["model"].objects] == [4]
    assert set(outputs) == {"model", "output"}
    assert requests == ["ListObjectsV2"]


def test_a_model_that_is_not_packed_and_no_other_output(s3: "S3Client", bucket: str) -> None:
    put(s3, bucket, "models/job/output/model/a", "models/job/output/model.tar.gz")
    outputs = verified_outputs(s3, TRAINING, trained(bucket, CompressionType="NONE"), ())
    assert keys(outputs) == {"model": ["models/job/output/model/a"]}


def test_what_only_begins_like_a_model_is_none(s3: "S3Client", bucket: str) -> None:
    put(s3, bucket, "models/job/output/model.tar.gz.part")
    with pytest.raises(MissingOutputError, match="- model: nothing at s3://"):
        verified_outputs(s3, TRAINING, trained(bucket), ())
    assert keys(verified_outputs(s3, TRAINING, trained(bucket), ["model"])) == {"model": []}

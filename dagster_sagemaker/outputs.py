"""Looking at what a completed job left in S3. Completed is success only if it is there."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dagster_sagemaker.errors import MissingOutputError
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.result import S3Object, S3Output
from dagster_sagemaker.s3_uri import as_directory, join_s3_uri, parse_s3_uri
from dagster_sagemaker.transient import error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def verified_outputs(
    s3: "S3Client", kind: JobKind, description: Mapping[str, Any], optional: Collection[str]
) -> dict[str, S3Output]:
    """The outputs of a completed job by name.

    Args:
        s3: S3 client.
        kind: Processing or training.
        description: The service's description of the job.
        optional: Names of outputs that may be empty.

    Raises:
        MissingOutputError: An output has no object; names all such outputs.
        dagster.Failure: S3 refused to be looked at.
    """
    look = _processing_outputs if kind.name == "processing" else _training_outputs
    job = description[kind.name_field]
    with explain_refusal(f"look at the outputs of job {job}", "who may read and list the bucket"):
        outputs, required = look(s3, description)
    empty = [name for name in required if not outputs[name].objects and name not in optional]
    if empty:
        lines = "\n".join(f"- {name}: nothing at {outputs[name].uri}" for name in empty)
        message = (
            f"completed without its outputs:\n{lines}\n"
            "Let the script write there, or mark an output that may be empty as optional."
        )
        raise MissingOutputError(message)
    return outputs


def _processing_outputs(
    s3: "S3Client", description: Mapping[str, Any]
) -> tuple[dict[str, S3Output], list[str]]:
    outputs, required = {}, []
    for entry in description.get("ProcessingOutputConfig", {}).get("Outputs", []):
        place = entry.get("S3Output")
        if place is None or entry.get("AppManaged"):  # written by the application, or no files
            continue
        name = entry["OutputName"]
        outputs[name] = _below(s3, as_directory(place["S3Uri"]))
        if place["S3UploadMode"] == "EndOfJob":
            required.append(name)
    return outputs, required


def _training_outputs(
    s3: "S3Client", description: Mapping[str, Any]
) -> tuple[dict[str, S3Output], list[str]]:
    config = description["OutputDataConfig"]
    folder = join_s3_uri(config["S3OutputPath"], description["TrainingJobName"], "output")
    model_uri = description.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if config.get("CompressionType") == "NONE":
        model = _below(s3, as_directory(model_uri or join_s3_uri(folder, "model")))
        extra = _below(s3, join_s3_uri(folder, "data/"))
    else:
        model = _single(s3, model_uri or join_s3_uri(folder, "model.tar.gz"))
        extra = _single(s3, join_s3_uri(folder, "output.tar.gz"))
    outputs = {"model": model}
    if extra.objects:
        outputs["output"] = extra
    return outputs, ["model"]


def _below(s3: "S3Client", uri: str) -> S3Output:
    bucket, prefix = parse_s3_uri(uri)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    objects = [
        S3Object(key=entry["Key"], size=entry["Size"], etag=entry["ETag"].strip('"'))
        for page in pages
        for entry in page.get("Contents", [])
    ]
    return S3Output(uri=uri, objects=tuple(sorted(objects, key=lambda item: item.key)))


def _single(s3: "S3Client", uri: str) -> S3Output:
    bucket, key = parse_s3_uri(uri)
    try:
        head = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in {"404", "NoSuchKey", "NotFound"}:
            return S3Output(uri=uri, objects=())
        raise
    found = S3Object(key=key, size=head["ContentLength"], etag=head["ETag"].strip('"'))
    return S3Output(uri=uri, objects=(found,))

"""Looking at what a completed job left in S3. Completed is success only if it is there."""

from collections.abc import Collection, Iterable, Mapping
from os.path import commonprefix
from typing import TYPE_CHECKING, Any

from dagster_sagemaker.errors import MissingOutputError
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.result import S3Object, S3Output
from dagster_sagemaker.s3_uri import S3Location, as_directory, join_s3_uri, parse_s3_uri

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
    job = description[kind.name_field]
    places, required = (
        _processing_places(description)
        if kind.name == "processing"
        else _training_places(description)
    )
    with explain_refusal(f"look at the outputs of job {job}", "who may list the bucket"):
        outputs = _found(s3, job, places)
    empty = [name for name in required if not outputs[name].objects and name not in optional]
    if empty:
        lines = "\n".join(f"- {name}: nothing at {outputs[name].uri}" for name in empty)
        message = (
            f"completed without its outputs:\n{lines}\n"
            "Let the script write there, or mark an output that may be empty as optional."
        )
        raise MissingOutputError(message)
    if kind.name == "training" and not outputs["output"].objects:
        del outputs["output"]  # few scripts write one
    return outputs


def _processing_places(description: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    places, required = {}, []
    for entry in description.get("ProcessingOutputConfig", {}).get("Outputs", []):
        place = entry.get("S3Output")
        if place is None:  # a feature group
            continue
        name = entry["OutputName"]
        places[name] = as_directory(place["S3Uri"])
        if place["S3UploadMode"] == "EndOfJob":
            required.append(name)
    return places, required


def _training_places(description: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    config = description["OutputDataConfig"]
    folder = join_s3_uri(config["S3OutputPath"], description["TrainingJobName"], "output")
    model = description.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if config.get("CompressionType") == "NONE":
        places = {
            "model": as_directory(model or join_s3_uri(folder, "model")),
            "output": join_s3_uri(folder, "data/"),
        }
    else:
        places = {
            "model": model or join_s3_uri(folder, "model.tar.gz"),
            "output": join_s3_uri(folder, "output.tar.gz"),
        }
    return places, ["model"]


def _found(s3: "S3Client", job: str, uris: Mapping[str, str]) -> dict[str, S3Output]:
    """What lies at each URI, which is an object, or a directory if it ends in a slash."""
    places = {name: parse_s3_uri(uri) for name, uri in uris.items()}
    folder = _folder_of_the_job(job, places.values())
    whole = None if folder is None else _listed(s3, folder)
    return {
        name: S3Output(uris[name], _at(place, _listed(s3, place) if whole is None else whole))
        for name, place in places.items()
    }


def _folder_of_the_job(job: str, places: Collection[S3Location]) -> S3Location | None:
    """The folder that holds all places, if it is the job's own: one listing does for all."""
    if len({place.bucket for place in places}) != 1:
        return None
    common = commonprefix([place.key for place in places])  # noqa: RUF071 - cut at a slash below
    folder = common[: common.rfind("/") + 1]
    bucket = next(iter(places)).bucket
    return S3Location(bucket, folder) if f"/{job}/" in f"/{folder}" else None


def _listed(s3: "S3Client", place: S3Location) -> list[S3Object]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key)
    return [
        S3Object(key=entry["Key"], size=entry["Size"], etag=entry["ETag"].strip('"'))
        for page in pages
        for entry in page.get("Contents", [])
    ]


def _at(place: S3Location, objects: Iterable[S3Object]) -> tuple[S3Object, ...]:
    directory = place.key.endswith("/")
    there = (
        found
        for found in objects
        if found.key == place.key or (directory and found.key.startswith(place.key))
    )
    return tuple(sorted(there, key=lambda found: found.key))

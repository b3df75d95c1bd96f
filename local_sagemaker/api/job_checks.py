"""What the service checks of a job that its model cannot say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from local_sagemaker.account import REGION
from local_sagemaker.api.spot_checks import check_checkpoints, check_spot
from local_sagemaker.home import JobKind
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.service_errors import invalid

_PROCESSING_ROOT = "/opt/ml/processing/"


def check_job(kind: JobKind, request: Mapping[str, Any], objects: ObjectStore) -> None:
    """Refuse a job that cannot run as it is described.

    Args:
        kind: Processing or training.
        request: The create call's members, valid by the service's model.
        objects: Where the inputs lie.

    Raises:
        ServiceError: With the service's own message where that is known.
    """
    if kind == "processing":
        _check_processing(request)
    else:
        _check_training(request, objects)


def _check_processing(request: Mapping[str, Any]) -> None:
    cluster = request["ProcessingResources"]["ClusterConfig"]
    _require(cluster, "ProcessingResources.ClusterConfig", "InstanceType")
    inputs = request.get("ProcessingInputs", [])
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    _require_unique("InputName", inputs)
    _require_unique("OutputName", outputs)
    # What AppManaged says of is the script's own affair.
    inputs = [entry for entry in inputs if not entry.get("AppManaged")]
    outputs = [entry for entry in outputs if not entry.get("AppManaged")]
    for entry in inputs:
        place = f"ProcessingInputs '{entry['InputName']}'"
        _require(entry, place, "S3Input")
        _require(entry["S3Input"], f"{place}: S3Input", "LocalPath")
        _check_ends(place, entry["S3Input"])
    for entry in outputs:
        place = f"ProcessingOutputConfig.Outputs '{entry['OutputName']}'"
        _require(entry, place, "S3Output")
        _require(entry["S3Output"], f"{place}: S3Output", "LocalPath")
        _check_ends(place, entry["S3Output"])
    paths = [PurePosixPath(entry["S3Input"]["LocalPath"]) for entry in inputs]
    if len(set(paths)) < len(paths):
        raise invalid("")  # This is really all that the service says.


def _check_ends(place: str, transfer: Mapping[str, Any]) -> None:
    local = transfer["LocalPath"]
    if not local.startswith(_PROCESSING_ROOT) or ".." in PurePosixPath(local).parts:
        raise invalid(f"{place}: LocalPath '{local}' must begin with {_PROCESSING_ROOT}")
    _require_s3(place, transfer["S3Uri"])


def _check_training(request: Mapping[str, Any], objects: ObjectStore) -> None:
    _require(request["AlgorithmSpecification"], "AlgorithmSpecification", "TrainingImage")
    _require(request, "The request", "ResourceConfig")
    resources = request["ResourceConfig"]
    instances = () if "InstanceGroups" in resources else ("InstanceCount", "InstanceType")
    _require(resources, "ResourceConfig", *instances, "VolumeSizeInGB")
    if request.get("EnableManagedSpotTraining") and resources.get("KeepAlivePeriodInSeconds"):
        raise invalid("KeepAlivePeriodInSeconds is not supported with managed spot training")
    check_spot(request)
    check_checkpoints(request)
    _require_s3("OutputDataConfig", request["OutputDataConfig"]["S3OutputPath"])
    if "TensorBoardOutputConfig" in request:
        _require_s3("TensorBoardOutputConfig", request["TensorBoardOutputConfig"]["S3OutputPath"])
    channels = request.get("InputDataConfig", [])
    _require_unique("ChannelName", channels)
    for channel in channels:
        place = f"InputDataConfig '{channel['ChannelName']}'"
        _require(channel["DataSource"], f"{place}: DataSource", "S3DataSource")
        source = channel["DataSource"]["S3DataSource"]
        _require_s3(place, source["S3Uri"])
        if not _has_objects(source, objects):
            raise invalid(_no_objects(source["S3Uri"], request["RoleArn"]))


def _require(holder: Mapping[str, Any], place: str, *members: str) -> None:
    missing = [member for member in members if member not in holder]
    if missing:
        raise invalid(f"{place} is missing {', '.join(missing)}")


def _require_unique(member: str, entries: Iterable[Mapping[str, Any]]) -> None:
    counts = Counter(entry[member] for entry in entries)
    for name, count in counts.items():
        if count > 1:
            raise invalid(f"{member} '{name}' is used {count} times; each must have its own")


def _require_s3(place: str, uri: str) -> None:
    if not uri.startswith("s3://"):
        raise invalid(f"{place}: '{uri}' is not an S3 URI: it must begin with s3://")


def _has_objects(source: Mapping[str, Any], objects: ObjectStore) -> bool:
    bucket, _, key = source["S3Uri"].removeprefix("s3://").partition("/")
    try:
        if source["S3DataType"] == "ManifestFile":
            objects.head(bucket, key)
            return True
        return any(objects.list(bucket, key, limit=1))
    except S3Error:
        return False


def _no_objects(uri: str, role: str) -> str:
    bucket = uri.removeprefix("s3://").partition("/")[0]
    return (
        f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that '
        f"the bucket exists in the selected region ({REGION}), that objects exist under that S3 "
        f'prefix, and that the role "{role}" has "s3:ListBucket" permissions on bucket "{bucket}".'
    )

"""What the service checks of a training job that its model cannot say."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.account import REGION
from local_sagemaker.jobs.kinds.checks import require, require_s3, require_unique
from local_sagemaker.jobs.kinds.preference_checks import check_preferences
from local_sagemaker.jobs.kinds.training.spot_checks import check_checkpoints, check_spot
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.service_errors import invalid

_NOT_WITH_PREFERENCES = ("InstanceType", "InstanceGroups", "InstancePlacementConfig")


def check(request: Mapping[str, Any], objects: ObjectStore) -> None:
    """Refuse a job that cannot run as it is described.

    Args:
        request: The create call's members, valid by the service's model.
        objects: Where the inputs lie.

    Raises:
        ServiceError: With the service's own message where that is known.
    """
    require(request["AlgorithmSpecification"], "AlgorithmSpecification", "TrainingImage")
    require(request, "The request", "ResourceConfig")
    _check_instances(request)
    check_spot(request)
    check_checkpoints(request)
    for member in ("OutputDataConfig", "TensorBoardOutputConfig"):
        if member in request:
            require_s3(member, request[member]["S3OutputPath"])
    _check_channels(request, objects)


def _check_instances(request: Mapping[str, Any]) -> None:
    resources = request["ResourceConfig"]
    spot = request.get("EnableManagedSpotTraining")
    instances: tuple[str, ...] = ("InstanceCount", "InstanceType")
    if check_preferences("ResourceConfig", resources, _NOT_WITH_PREFERENCES):
        _check_preferences(resources, spot=bool(spot))
        instances = ()
    elif "InstanceGroups" in resources:
        instances = ()
    require(resources, "ResourceConfig", *instances, "VolumeSizeInGB")
    if spot and resources.get("KeepAlivePeriodInSeconds"):
        raise invalid("KeepAlivePeriodInSeconds is not supported with managed spot training")


def _check_preferences(resources: Mapping[str, Any], *, spot: bool) -> None:
    preferences = "ResourceConfig.InstancePreferences"
    if spot:
        raise invalid(f"{preferences} is mutually exclusive with EnableManagedSpotTraining")
    plans = any("TrainingPlanArns" in one for one in resources["InstancePreferences"])
    if plans and "TrainingPlanArn" in resources:
        raise invalid(
            f"{preferences}[].TrainingPlanArns is mutually exclusive with "
            "ResourceConfig.TrainingPlanArn"
        )


def _check_channels(request: Mapping[str, Any], objects: ObjectStore) -> None:
    channels = request.get("InputDataConfig", [])
    require_unique("ChannelName", channels)
    for channel in channels:
        place = f"InputDataConfig '{channel['ChannelName']}'"
        require(channel["DataSource"], f"{place}: DataSource", "S3DataSource")
        source = channel["DataSource"]["S3DataSource"]
        require_s3(place, source["S3Uri"])
        if not _has_objects(source, objects):
            raise invalid(_no_objects(source["S3Uri"], request["RoleArn"]))


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

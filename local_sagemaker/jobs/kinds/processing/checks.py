"""What the service checks of a processing job that its model cannot say."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from local_sagemaker.jobs.kinds.checks import require, require_s3, require_unique
from local_sagemaker.jobs.kinds.preference_checks import check_preferences
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.service_errors import invalid

_ROOT = "/opt/ml/processing/"


def check(request: Mapping[str, Any], _objects: ObjectStore) -> None:
    """Refuse a job that cannot run as it is described.

    Args:
        request: The create call's members, valid by the service's model.

    Raises:
        ServiceError: With the service's own message where that is known.
    """
    cluster = request["ProcessingResources"]["ClusterConfig"]
    if not check_preferences("ProcessingResources.ClusterConfig", cluster):
        require(cluster, "ProcessingResources.ClusterConfig", "InstanceType")
    inputs = request.get("ProcessingInputs", [])
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    require_unique("InputName", inputs)
    require_unique("OutputName", outputs)
    # What AppManaged says of is the script's own affair.
    inputs = [entry for entry in inputs if not entry.get("AppManaged")]
    outputs = [entry for entry in outputs if not entry.get("AppManaged")]
    for entry in inputs:
        _check_transfer(f"ProcessingInputs '{entry['InputName']}'", entry, "S3Input")
    for entry in outputs:
        _check_transfer(
            f"ProcessingOutputConfig.Outputs '{entry['OutputName']}'", entry, "S3Output"
        )
    paths = [PurePosixPath(entry["S3Input"]["LocalPath"]) for entry in inputs]
    if len(set(paths)) < len(paths):
        raise invalid("")  # This is really all that the service says.


def _check_transfer(place: str, entry: Mapping[str, Any], member: str) -> None:
    require(entry, place, member)
    require(entry[member], f"{place}: {member}", "LocalPath")
    local = entry[member]["LocalPath"]
    if not local.startswith(_ROOT) or ".." in PurePosixPath(local).parts:
        raise invalid(f"{place}: LocalPath '{local}' must begin with {_ROOT}")
    require_s3(place, entry[member]["S3Uri"])

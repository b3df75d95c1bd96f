"""What the service checks of a training job's spot instances and checkpoints."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from local_sagemaker.service_errors import invalid

_DEFAULT_MAX_RUNTIME = 86400
_ROOT = PurePosixPath("/opt/ml")
_RESERVED = tuple(_ROOT / path for path in ("input", "model", "output/data", "code"))


def check_spot(request: Mapping[str, Any]) -> None:
    """Refuse limits that do not go with the kind of instances.

    Args:
        request: The create call's members.

    Raises:
        ServiceError: With the service's own message.
    """
    stopping = request.get("StoppingCondition", {})
    wait = stopping.get("MaxWaitTimeInSeconds")
    if not request.get("EnableManagedSpotTraining"):
        if wait is not None:
            raise invalid(
                "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining "
                "is set to true"
            )
    elif wait is None or wait < stopping.get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME):
        raise invalid(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )


def check_checkpoints(request: Mapping[str, Any]) -> None:
    """Refuse checkpoints in a directory that has another purpose, or that jobs do not have.

    Raises:
        ServiceError: It names the directory.
    """
    config = request.get("CheckpointConfig", {})
    uri, local = config.get("S3Uri"), config.get("LocalPath")
    if uri is not None and not uri.startswith("s3://"):
        raise invalid(f"CheckpointConfig: '{uri}' is not an S3 URI: it must begin with s3://")
    if not local:
        return
    path = PurePosixPath(local)
    if _ROOT not in path.parents or ".." in path.parts:
        raise invalid(f"CheckpointConfig: LocalPath '{local}' must be a directory below {_ROOT}")
    for reserved in _RESERVED:
        if path == reserved or path in reserved.parents or reserved in path.parents:
            raise invalid(
                f"CheckpointConfig: LocalPath '{local}' must not overlap {reserved}, which has "
                "another purpose"
            )

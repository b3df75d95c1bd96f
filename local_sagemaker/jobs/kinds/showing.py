"""Parts of requests as people are shown them."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.jobs.kinds.rules import Place


def command(application: Mapping[str, Any]) -> tuple[str, ...]:
    """What a container runs, as far as the request says."""
    return (
        *application.get("ContainerEntrypoint", []),
        *application.get("ContainerArguments", []),
    )


def place(name: str, transfer: Mapping[str, Any], mode: str = "") -> Place:
    """An input or an output.

    Args:
        name: What the request calls it.
        transfer: The member with its ``S3Uri`` and its ``LocalPath``.
        mode: How it is transferred.
    """
    sharded = transfer.get("S3DataDistributionType") == "ShardedByS3Key"
    return Place(
        name,
        transfer.get("S3Uri", ""),
        transfer.get("LocalPath", ""),
        f"{mode}, sharded" if sharded else mode,
    )

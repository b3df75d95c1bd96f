"""What an instance type computes with, and whether an image can use it."""

import re

_GPU_FAMILY = re.compile(r"ml\.[gp]\d")
_TRAINIUM_FAMILY = re.compile(r"ml\.(trn|inf)\d")


def processor_of(instance_type: str) -> str:
    """``gpu``, ``cpu``, or ``trainium`` for AWS's own accelerators.

    Families with NVIDIA GPUs are those whose names begin with g or p.
    """
    if _TRAINIUM_FAMILY.match(instance_type):
        return "trainium"
    return "gpu" if _GPU_FAMILY.match(instance_type) else "cpu"


def check_processor(image_uri: str, instance_type: str) -> None:
    """Refuse an image for GPUs on a type that has none; it would fail once it had started.

    Args:
        image_uri: Tags of AWS's images, and of most people's, say ``gpu``.
        instance_type: Such as ``ml.g5.xlarge``.

    Raises:
        ValueError: The type has no GPU.
    """
    tag = image_uri.rpartition(":")[2]
    if "gpu" in re.split(r"[-_.]", tag) and processor_of(instance_type) != "gpu":
        message = (
            f"the image {image_uri} is for GPUs, and {instance_type} has none: choose an "
            "instance_type that has (families g and p, such as ml.g5.xlarge), or a CPU image"
        )
        raise ValueError(message)

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
    if problem := without_gpu(image_uri, instance_type):
        raise ValueError(problem)


def without_gpu(image_uri: str, instance_type: str) -> str | None:
    """What is wrong with an image for GPUs on a type that has none; None if nothing is."""
    if not _is_for("gpu", image_uri) or processor_of(instance_type) == "gpu":
        return None
    return (
        f"the image {image_uri} is for GPUs, and {instance_type} has none: choose an "
        "instance_type that has (families g and p, such as ml.g5.xlarge), or a CPU image"
    )


def wrong_processor(image_uri: str, instance_type: str) -> str | None:
    """What is wrong with a type that may be chosen for an image; None if nothing is.

    Of types that are alternatives to each other all must suit the image, which is the same on each.
    """
    processor = processor_of(instance_type)
    if not _is_for("cpu", image_uri) or processor == "cpu":
        return without_gpu(image_uri, instance_type)
    return (
        f"the image {image_uri} is for CPUs, and would leave the {processor.upper()}s of "
        f"{instance_type} idle: name types of one kind, and build the request with one of them "
        "as instance_type, which chooses the image"
    )


def _is_for(processor: str, image_uri: str) -> bool:
    return processor in re.split(r"[-_.]", image_uri.rpartition(":")[2])

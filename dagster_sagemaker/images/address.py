"""The address of a managed image."""

from collections.abc import Iterable

from dagster_sagemaker.images.families import FAMILIES, Family, Framework
from dagster_sagemaker.images.partitions import dns_suffix
from dagster_sagemaker.images.processors import processor_of


def image_uri(
    framework: Framework,
    *,
    region: str,
    version: str,
    instance_type: str = "ml.m5.xlarge",
    py_version: str | None = None,
    container_version: str | None = None,
) -> str:
    """URI of a managed image, the one that the SageMaker SDK takes for the same arguments.

    Processing jobs and training jobs run in the same images, but Spark's are for processing.

    Args:
        framework: Which family.
        region: AWS region; image and job must be in the same one.
        version: The image's full version, such as ``1.4-2``, ``3.2-0``, ``2.10`` or ``2.10.0``.
        instance_type: Type that it is to run on: one with GPUs takes the image for them.
        py_version: Python in the tag, such as ``py312``, where an image has several.
        container_version: Spark only: version of the image itself, together with ``py_version``.

    Raises:
        ValueError: There is none, with what there is; ``image_uri`` can name any other.
    """
    family = FAMILIES.get(framework)
    if family is None:
        raise ValueError(_unknown("framework", framework, "images", FAMILIES))
    account = family.accounts.get(region)
    if account is None:
        raise ValueError(_unknown("region", region, f"images for {family.name}", family.accounts))
    _check_version(family, version, region)
    tag = "-".join(
        part
        for part in (
            version,
            _processor(family, instance_type),
            _python(family, version, py_version, container_version),
            f"v{container_version}" if container_version else "",
        )
        if part
    )
    return f"{account}.dkr.ecr.{region}.{dns_suffix(region)}/{family.repository}:{tag}"


def _check_version(family: Family, version: str, region: str) -> None:
    known = {name: one for name, one in family.versions.items() if region not in one.missing}
    if version not in known:
        raise ValueError(
            _unknown("framework_version", version, f"{family.name} in {region}", known)
        )


def _processor(family: Family, instance_type: str) -> str:
    if not family.processors:
        return ""
    processor = processor_of(instance_type)
    if processor not in family.processors:
        message = (
            f"{instance_type} computes with {processor.upper()}s, for which there is no managed "
            f"image of {family.name}; choose an instance_type for "
            f"{' or '.join(one.upper() for one in family.processors)}, or give `image_uri`"
        )
        raise ValueError(message)
    return processor


def _python(
    family: Family, version: str, py_version: str | None, container_version: str | None
) -> str:
    known = family.versions[version].python
    if container_version is not None and not family.python_on_request:
        message = f"container_version={container_version!r}: images for {family.name} have none"
        raise ValueError(message)
    if family.python_on_request and (py_version is None) != (container_version is None):
        message = f"{family.name} needs both of py_version and container_version, or neither"
        raise ValueError(message)
    if py_version is None:
        return "" if family.python_on_request or not known else known[0]
    if py_version not in known:
        raise ValueError(_unknown("py_version", py_version, f"{family.name} {version}", known))
    return py_version


def _unknown(what: str, value: str, where: str, known: Iterable[str]) -> str:
    return (
        f"{what}={value!r} is not known for {where}; known are {', '.join(known) or 'none'}. "
        "For any other image give its full address in the field `image_uri`"
    )

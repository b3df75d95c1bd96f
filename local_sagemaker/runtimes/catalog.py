"""Which runtime stands in for which image."""

import re
import shlex
from fnmatch import fnmatchcase
from pathlib import Path

from local_sagemaker.runtimes.images import IMAGES
from local_sagemaker.runtimes.images.entry import SCRIPT_MODE, CatalogImage
from local_sagemaker.runtimes.mapping import MappedImage, MappingError, read_mapping
from local_sagemaker.runtimes.runtime import ALL, Runtime

__all__ = [
    "Runtime",
    "UnknownImageError",
    "catalog_runtime",
    "find_runtime",
    "image_name",
    "mapped_runtime",
]


class UnknownImageError(Exception):
    """Nothing on this machine stands in for an image."""


def find_runtime(image: str, mapping_file: Path) -> Runtime:
    """The runtime of an image; the user's own mapping goes before the catalog.

    Args:
        image: The URI of a request, such as
            ``683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3``.
        mapping_file: See ``mapping``.

    Raises:
        UnknownImageError: There is none; says what to change.
        MappingError: The mapping file, or one it names, is not as it must be.
    """
    name = image_name(image)
    for mapped in read_mapping(mapping_file):
        if fnmatchcase(name, mapped.pattern) or fnmatchcase(image, mapped.pattern):
            return mapped_runtime(image, mapped)
    for known in IMAGES:
        if known.fits(name):
            return catalog_runtime(image, known)
    raise UnknownImageError(
        f"nothing on this machine stands in for the image {image}. Map it to a Python environment "
        f"of yours: ml-pipeline local image add {shlex.quote(image)} --python /path/to/python (or "
        "--requirements requirements.txt, to have one built). ml-pipeline local image list shows "
        f"the images that are known; the mapping is {mapping_file}"
    )


def catalog_runtime(image: str, known: CatalogImage) -> Runtime:
    """The runtime of an image that the catalog knows."""
    return Runtime(
        image,
        name=known.name,
        packages=known.packages,
        alone=known.alone,
        from_source=known.from_source,
        entrypoint=known.entrypoint,
        programs=known.programs,
        known=known,
    )


def image_name(image: str) -> str:
    """Repository and tag of an image's URI, without the registry.

    A registry is what stands before the first ``/`` and has a dot or a port, or is ``localhost``,
    as Docker has it. Without a tag it is ``latest``.
    """
    registry, slash, rest = image.partition("/")
    name = rest if slash and (re.search(r"[.:]", registry) or registry == "localhost") else image
    return name if ":" in name else f"{name}:latest"


def mapped_runtime(image: str, mapped: MappedImage) -> Runtime:
    """The runtime of an image that the user mapped.

    Raises:
        MappingError: Its requirements file cannot be read.
    """
    contents = "" if mapped.requirements is None else _contents(mapped.requirements)
    return Runtime(
        image,
        name="" if mapped.requirements is None else f"own-{_file_name(mapped.pattern)}",
        requirements=mapped.requirements,
        contents=contents,
        # Whoever writes requirements of their own may have what it takes to compile them.
        from_source=(ALL,),
        python=mapped.python,
        entrypoint=mapped.entrypoint,
        command=mapped.command,
        programs=SCRIPT_MODE if mapped.train else {},
    )


def _contents(requirements: Path) -> str:
    try:
        return f"{requirements}\n{requirements.read_text(encoding='utf-8')}"
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{requirements} cannot be read: {error}") from error


def _file_name(pattern: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "-", pattern.rpartition("/")[2]).strip("-.")[:64] or "image"

"""All images that can be used on this machine, and what there is of them."""

from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.home import Home
from local_sagemaker.runtimes.catalog import Runtime, catalog_runtime, mapped_runtime
from local_sagemaker.runtimes.differences import (
    differences,
    installed_versions,
    planned_versions,
    this_python,
)
from local_sagemaker.runtimes.finished import finished
from local_sagemaker.runtimes.images import IMAGES
from local_sagemaker.runtimes.inventory import BuiltRuntime, list_built
from local_sagemaker.runtimes.mapping import (
    MAPPING_NAME,
    MappedImage,
    MappingError,
    read_mapping,
)


@dataclass(frozen=True)
class ImageHere:
    """An image, or a pattern for images.

    Args:
        image: The image or pattern.
        own: Whether it is the user's own mapping, and not the catalog's.
        difference: In what it is not the image; None if it is exact, or the user's own.
        built: Its environment, if there is one.
        python: The interpreter that stands in for it, if the user named one.
        problem: Why it cannot be used.
    """

    image: str
    own: bool
    difference: str | None = None
    built: BuiltRuntime | None = None
    python: Path | None = None
    problem: str | None = None


def images_here(home: Home) -> list[ImageHere]:
    """The user's own images, then the catalog's.

    Raises:
        MappingError: The mapping file is not as it must be.
    """
    built = {runtime.key: runtime for runtime in list_built(home)}
    own = [_own(mapped, built) for mapped in read_mapping(home.root / MAPPING_NAME)]
    known = [_known(catalog_runtime(image.image, image), built) for image in IMAGES]
    return [*own, *known]


def _own(mapped: MappedImage, built: dict[str, BuiltRuntime]) -> ImageHere:
    try:
        runtime = mapped_runtime(mapped.pattern, mapped)
    except MappingError as error:
        return ImageHere(mapped.pattern, own=True, problem=str(error))
    return ImageHere(
        mapped.pattern,
        own=True,
        built=None if runtime.python else built.get(runtime.key),
        python=runtime.python,
    )


def _known(runtime: Runtime, built: dict[str, BuiltRuntime]) -> ImageHere:
    assert runtime.known is not None  # noqa: S101 - it is from the catalog
    environment = built.get(runtime.key)
    interpreter = finished(environment.path) if environment else None
    if interpreter is None:
        difference = differences(runtime.known, this_python(), planned_versions(runtime.known))
    else:
        versions = installed_versions(runtime.known, interpreter)
        difference = differences(runtime.known, interpreter.version, versions)
    return ImageHere(runtime.image, own=False, difference=difference, built=environment)

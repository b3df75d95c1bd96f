"""Which runtime stands in for which image."""

import hashlib
import re
import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ml_pipeline.local_sagemaker.runtimes.mapping import read_mapping


class UnknownImageError(Exception):
    """Nothing on this machine stands in for an image."""


@dataclass(frozen=True)
class Runtime:
    """What runs instead of an image.

    Args:
        image: The image's URI.
        name: What its environment is called; empty for a given interpreter.
        packages: pip requirements of the environment to build.
        python: An interpreter that is there already, instead of packages.
        entrypoint: The image's ENTRYPOINT.
        command: The image's CMD.
        train: Whether the image has a program ``train`` that runs scripts (script mode).
    """

    image: str
    name: str = ""
    packages: tuple[str, ...] = ()
    python: Path | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    train: bool = True

    @property
    def key(self) -> str:
        """The environment's directory name: other packages or another Python make another key."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        digest = hashlib.sha256("\n".join(self.packages).encode()).hexdigest()[:8]
        return f"{self.name}-py{version}-{digest}"


@dataclass(frozen=True)
class _Entry:
    pattern: str
    name: str
    packages: tuple[str, ...]
    train: bool = True


# Versions: docker/<version>/base of aws/sagemaker-scikit-learn-container. The images have Python
# 3.10 (1.4-2) and 3.8 (1.2-1); here it is the Python that runs the service, so 1.2-1 gets the
# nearest versions that have wheels for it.
_CATALOG = (
    _Entry(
        "sagemaker-scikit-learn:1.4-2*",
        "sagemaker-scikit-learn-1.4-2",
        (
            "numpy==2.1.0",
            "scipy==1.14.1",
            "pandas==2.2.3",
            "scikit-learn==1.4.2",
            "pyarrow==17.0.0",
            "boto3",
            "joblib",
        ),
    ),
    _Entry(
        "sagemaker-scikit-learn:1.2-1*",
        "sagemaker-scikit-learn-1.2-1",
        (
            "numpy<2",
            'scikit-learn==1.2.1; python_version < "3.12"',
            'scikit-learn==1.3.2; python_version >= "3.12"',
            "scipy<1.12",
            'pandas<2; python_version < "3.12"',
            'pandas<3; python_version >= "3.12"',
            "pyarrow<18",
            "boto3",
            "joblib",
        ),
    ),
    _Entry("sagemaker-base-python-3*:*", "sagemaker-base-python", (), train=False),
)


def find_runtime(image: str, mapping_file: Path) -> Runtime:
    """The runtime of an image; the user's own mapping goes before the catalog.

    Args:
        image: The URI of a request, such as
            ``683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3``.
        mapping_file: See ``mapping``.

    Raises:
        UnknownImageError: There is none; says what to change.
        MappingError: The mapping file is not as it must be.
    """
    name = image_name(image)
    for mapped in read_mapping(mapping_file):
        if fnmatchcase(name, mapped.pattern) or fnmatchcase(image, mapped.pattern):
            return Runtime(
                image,
                python=mapped.python,
                entrypoint=mapped.entrypoint,
                command=mapped.command,
                train=mapped.train,
            )
    for entry in _CATALOG:
        if fnmatchcase(name, entry.pattern):
            return Runtime(image, name=entry.name, packages=entry.packages, train=entry.train)
    known = ", ".join(entry.pattern for entry in _CATALOG)
    raise UnknownImageError(
        f"nothing on this machine stands in for the image {image}. Known images: {known}. "
        f"To map this one to a Python environment of yours, put "
        f'{{"{name}": {{"python": "/path/to/python"}}}} into {mapping_file}'
    )


def image_name(image: str) -> str:
    """Repository and tag of an image's URI, without the registry.

    A registry is what stands before the first ``/`` and has a dot or a port, or is ``localhost``,
    as Docker has it. Without a tag it is ``latest``.
    """
    registry, slash, rest = image.partition("/")
    name = rest if slash and (re.search(r"[.:]", registry) or registry == "localhost") else image
    return name if ":" in name else f"{name}:latest"

"""In what a runtime is not the image it stands in for."""

import sys
from collections.abc import Mapping

from local_sagemaker.runtimes.images.entry import CatalogImage, applicable
from local_sagemaker.runtimes.interpreter import Interpreter

# The same packages under other names, without what runs on GPUs.
_CPU = {"tensorflow": "tensorflow-cpu", "xgboost": "xgboost-cpu"}


def differences(known: CatalogImage, python: str, versions: Mapping[str, str]) -> str | None:
    """What is not as in the image, in one line; None if everything is.

    Args:
        known: The image.
        python: The Python here, such as ``3.11``.
        versions: The versions here.
    """
    there, here = [], []
    for name, version in known.has.items():
        ours = versions.get(name) or versions.get(_CPU.get(name, ""), "")
        if not _same(version, ours):
            there.append(f"{name} {version}")
            here.append(f"{name} {ours}" if ours else f"no {name}")
    if known.python and known.python != python:
        there.append(f"Python {known.python}")
        here.append(f"Python {python}")
    if not there:
        return None
    return f"{known.image} has {', '.join(there)}; here {', '.join(here)}"


def installed_versions(known: CatalogImage, interpreter: Interpreter) -> dict[str, str]:
    """The versions that an environment has of what an image is chosen for."""
    from importlib.metadata import distributions  # Jobs on images of the user's do not need it.

    return {
        name: found.version
        for name in (*known.has, *_CPU.values())
        for found in distributions(name=name, path=interpreter.packages)
    }


def planned_versions(known: CatalogImage) -> dict[str, str]:
    """The versions that an environment of this Python would have, as far as the catalog fixes them.

    Of builds with a label it is the image's own, whatever the index has.
    """
    return {
        requirement.name: pin.version
        for requirement in applicable(known.packages)
        for pin in requirement.specifier
        if pin.operator == "=="
    }


def this_python() -> str:
    """The version of Python that environments are built with."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _same(version: str, ours: str) -> bool:
    public = ours.partition("+")[0]
    return public == version or public.startswith(f"{version}.")

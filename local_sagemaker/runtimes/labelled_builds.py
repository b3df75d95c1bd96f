"""Packages of which only builds with a label will do, such as ``torch==2.10.0+cpu``.

An index need not have that of the image's own version. PyTorch's has one of every version; others
have a few, or none beside the builds for CUDA, which bring gigabytes of libraries.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from local_sagemaker.runtimes.images.entry import applicable

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.version import Version

_OFFERED = "Available versions: "


def labelled_versions(texts: Iterable[str]) -> dict[str, str]:
    """The versions with a label that pip requirements ask for, by package; few ask for any."""
    applied = applicable(text for text in texts if "+" in text)
    return {requirement.name: _pin(requirement) for requirement in applied}


def nearest(wanted: str, lines: Iterable[str]) -> str | None:
    """The version nearest to a wanted one that an index has with the same label.

    The same, else the oldest that is newer, else the newest that is older.

    Args:
        wanted: Such as ``2.10.0+cpu``.
        lines: What ``pip index versions`` has said.
    """
    version = _version(wanted)
    offered = sorted(
        one for one in _offered(lines) if one.local == version.local and not one.is_prerelease
    )
    newer = [one for one in offered if one >= version]
    found = newer[:1] or offered[-1:]
    return str(found[0]) if found else None


def with_versions(texts: Iterable[str], versions: dict[str, str]) -> list[str]:
    """The requirements, those with a label for other versions.

    Args:
        texts: pip requirements.
        versions: By package, each with its label.
    """
    wanted = labelled_versions(texts)
    pins = {f"{name}=={wanted[name]}": f"{name}=={versions[name]}" for name in wanted}
    return [pins.get(text.partition(";")[0].strip(), text) for text in texts]


def _pin(requirement: "Requirement") -> str:
    (pin,) = requirement.specifier
    return pin.version


def _offered(lines: Iterable[str]) -> "Sequence[Version]":
    return [
        _version(text)
        for line in lines
        if line.startswith(_OFFERED)
        for text in line.removeprefix(_OFFERED).split(", ")
    ]


def _version(text: str) -> "Version":
    from packaging.version import Version  # Few jobs need it, and every job would wait for it.

    return Version(text.strip())

"""Errors of a definition: each names the place."""

from collections.abc import Collection, Mapping
from typing import Any

from local_sagemaker.service_errors import ServiceError, invalid


def wrong(place: str, text: str) -> ServiceError:
    """The error of a place in a definition, such as ``Steps[2].Arguments``."""
    return invalid(f"Invalid pipeline definition: {place}: {text}" if place else text)


def structure(value: Any, place: str) -> Mapping[str, Any]:
    """A value that has to be a JSON object."""
    if not isinstance(value, Mapping):
        raise wrong(place, f"it must be an object, and is {shown(value)}")
    return value


def array(value: Any, place: str) -> list[Any]:
    """A value that has to be a JSON array."""
    if not isinstance(value, list):
        raise wrong(place, f"it must be a list, and is {shown(value)}")
    return value


def string(value: Any, place: str) -> str:
    """A value that has to be a string."""
    if not isinstance(value, str):
        raise wrong(place, f"it must be a string, and is {shown(value)}")
    return value


def only(value: Mapping[str, Any], known: Collection[str], place: str) -> None:
    """Refuse members that nobody would read."""
    for name in value:
        if name not in known:
            raise wrong(f"{place}.{name}", f"there is no such member; there are {listed(known)}")


def member(value: Mapping[str, Any], name: str, place: str) -> Any:
    """A member that has to be there."""
    if value.get(name) is None:
        raise wrong(place, f"{name} is missing")
    return value[name]


def listed(names: Collection[str]) -> str:
    """Names for a message."""
    return ", ".join(sorted(names)) or "none"


def shown(value: Any) -> str:
    """A value for a message."""
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:97]}..."

"""Checking a request against the service model that botocore carries.

botocore itself checks members, types and minima. Patterns, maxima and enums are in its model too,
but are left to the service, which refuses the request after everything has been uploaded.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from dagster_sagemaker.errors import InvalidRequestError
from dagster_sagemaker.java_patterns import compile_java
from dagster_sagemaker.request_rules import broken_rules

_TYPES: dict[str, type | tuple[type, ...]] = {
    "structure": Mapping,
    "map": Mapping,
    "list": (list, tuple),
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": (datetime, int, float, str),
    "blob": (bytes, bytearray),
}

_SECRET_MEMBERS = ("Environment", "HyperParameters")


def check_request(model: ServiceModel, operation: str, request: Mapping[str, Any]) -> None:
    """Refuse a request that the service would refuse.

    Args:
        model: Service model of SageMaker, as in ``client.meta.service_model``.
        operation: Such as ``CreateProcessingJob``.
        request: The complete request.

    Raises:
        InvalidRequestError: Every problem with the path to it. Values of environment variables
            and hyperparameters are not repeated.
    """
    shape = model.operation_model(operation).input_shape
    problems = [*_check_structure(shape, request, ""), *broken_rules(request)] if shape else []
    if problems:
        raise InvalidRequestError(f"The request to {operation}", problems)


def _check(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if not _has_type(kind, value):
        yield f"{path}: must be of type {kind}, not {type(value).__name__}"
    elif isinstance(shape, StructureShape):
        yield from _check_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _check_size(shape, len(value), "entries", path)
        for index, item in enumerate(value):
            yield from _check(shape.member, item, f"{path}[{index}]")
    elif isinstance(shape, MapShape):
        yield from _check_size(shape, len(value), "entries", path)
        for key, item in value.items():
            yield from _check(shape.key, key, f"{path} (key {key!r})")
            yield from _check(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        yield from _check_string(shape, value, path)
    elif kind in {"integer", "long", "float", "double"}:
        yield from _check_number(shape, value, path)


def _has_type(kind: str, value: object) -> bool:
    if isinstance(value, bool):  # which is an int to Python
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _check_structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if name not in value:
            yield f"{prefix}{name}: is required"
    for name, item in value.items():
        if name in shape.members:
            yield from _check(shape.members[name], item, f"{prefix}{name}")
        else:
            known = ", ".join(shape.members)
            yield f"{prefix}{name}: is not a member; members are {known}"


def _check_size(shape: Shape, size: int, unit: str, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield f"{path}: has {size} {unit}, at least {low} are needed"
    if high is not None and size > high:
        yield f"{path}: has {size} {unit}, at most {high} are allowed"


def _check_number(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and value < low:
        yield f"{path}: is {value}, must be at least {low}"
    if high is not None and value > high:
        yield f"{path}: is {value}, must be at most {high}"


def _check_string(shape: Shape, value: str, path: str) -> Iterator[str]:
    yield from _check_size(shape, len(value), "characters", path)
    shown = "the value" if path.startswith(_SECRET_MEMBERS) else repr(value)
    enum = shape.metadata.get("enum")
    if enum and value not in enum:
        yield f"{path}: {shown} is none of {_abridged(enum)}"
    pattern = shape.metadata.get("pattern")
    compiled = compile_java(pattern) if pattern else None
    if compiled and not compiled.fullmatch(value):
        yield f"{path}: {shown} does not match {pattern}"


def _abridged(choices: list[str], limit: int = 20) -> str:
    more = f", and {len(choices) - limit} more" if len(choices) > limit else ""
    return ", ".join(choices[:limit]) + more

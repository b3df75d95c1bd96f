"""Requests held against the service's own model, with the service's own words.

botocore checks, before it sends a request, what is required, of which type, and the minima.
Patterns, maxima and enums are left to the service, so they are checked here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from local_sagemaker.api.java_patterns import compile_java
from local_sagemaker.service_errors import ServiceError

Json = Any
"""A value that came out of a JSON body."""

_LONGEST_ECHO = 1000
_LAST_SECOND = 253_402_300_799  # of the year 9999, in seconds since the epoch
_INTEGER_BITS = {"integer": 32, "long": 64}


def validate(shape: Shape | None, request: Mapping[str, Any], code: str) -> None:
    """Refuse a request that its operation's model does not allow.

    Args:
        shape: The operation's input.
        request: The decoded body.
        code: The error code that the service answers with.

    Raises:
        ServiceError: With every violation, worded as the service does; or, for a value of the
            wrong type, a ``SerializationException``.
    """
    if shape is None:
        return
    errors = list(_violations(shape, request, ""))
    if errors:
        noun = "validation error" if len(errors) == 1 else "validation errors"
        raise ServiceError(code, f"{len(errors)} {noun} detected: {'; '.join(errors)}")


def _violations(shape: Shape, value: Json, path: str) -> Iterator[str]:
    """Every violation in a value and in what it holds."""
    _require_type(shape, value, path)
    yield from (_violation(value, path, text) for text in _broken(shape, value))
    if isinstance(shape, StructureShape):
        yield from _in_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _in_list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _in_map(shape, value, path)


def _in_structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    present = {name for name, member in value.items() if member is not None}
    for name in shape.required_members:
        if name not in present:
            yield _violation(None, _join(path, _lower_camel(name)), "Member must not be null")
    for name in value:
        if name not in shape.members:
            known = f"Member must be one that {shape.name} has"
            yield f"Value at '{_join(path, name)}' failed to satisfy constraint: {known}"
    for name, member in shape.members.items():
        if name in present:
            yield from _violations(member, value[name], _join(path, _lower_camel(name)))


def _in_list(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    member = shape.member
    if _is_scalar(member) and None not in value:
        yield from _in_collection(member, value, value, path, "Member must satisfy constraint")
        return
    for number, item in enumerate(value, start=1):
        place = f"{path}.{number}.member"
        if item is None:
            yield _violation(None, place, "Member must not be null")
        else:
            yield from _violations(member, item, place)


def _in_map(shape: MapShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    keys, values = shape.key, shape.value
    yield from _in_collection(keys, list(value), value, path, "Map keys must satisfy constraint")
    if _is_scalar(values) and None not in value.values():
        words = "Map value must satisfy constraint"
        yield from _in_collection(values, list(value.values()), value, path, words)
        return
    for key, item in value.items():
        place = f"{path}.{key}.member"
        if item is None:
            yield _violation(None, place, "Member must not be null")
        else:
            yield from _violations(values, item, place)


def _in_collection(
    member: Shape,
    items: list[Any],
    whole: Json,
    path: str,
    words: str,
) -> Iterator[str]:
    """The one violation of a list or map of scalars: the service then names all constraints."""
    for item in items:
        _require_type(member, item, path)
    if any(True for item in items for _ in _broken(member, item)):
        every = ", ".join(text for text, _ in _constraints(member))
        yield _violation(whole, path, f"{words}: [{every}]")


def _broken(shape: Shape, value: Json) -> Iterator[str]:
    return (text for text, holds in _constraints(shape) if not holds(value))


def _constraints(shape: Shape) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """A shape's own constraints: the service's words, and the check."""
    limits = shape.metadata
    numeric = shape.type_name in {"integer", "long", "float", "double"}
    noun, measure = ("value", _itself) if numeric else ("length", len)
    if "max" in limits:
        top = limits["max"]
        yield f"Member must have {noun} less than or equal to {top}", lambda v: measure(v) <= top
    if "min" in limits:
        low = limits["min"]
        text = f"Member must have {noun} greater than or equal to {low}"
        yield text, lambda v: measure(v) >= low
    if "pattern" in limits and (pattern := compile_java(limits["pattern"])):
        text = f"Member must satisfy regular expression pattern: {limits['pattern']}"
        yield text, lambda v: pattern.fullmatch(v) is not None
    if isinstance(shape, StringShape) and shape.enum:
        allowed = frozenset(shape.enum)
        text = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        yield text, lambda v: v in allowed


def _require_type(shape: Shape, value: Json, path: str) -> None:
    kind = shape.type_name
    if kind in _INTEGER_BITS:
        good = _is_number(value, int) and abs(value) < 2 ** (_INTEGER_BITS[kind] - 1)
    elif kind == "timestamp":
        good = _is_number(value, int, float) and abs(value) <= _LAST_SECOND
    elif kind in {"float", "double"}:
        good = _is_number(value, int, float)
    else:
        types = {"structure": dict, "map": dict, "list": list, "boolean": bool, "string": str}
        good = isinstance(value, types[kind])
    if not good:
        where = f" at '{path}'" if path else ""
        raise ServiceError(
            "SerializationException", f"{_shown(value)}{where} can not be converted to a {kind}"
        )


def _is_number(value: Json, *types: type) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)


def _is_scalar(shape: Shape) -> bool:
    return not isinstance(shape, StructureShape | ListShape | MapShape)


def _itself(value: Json) -> Json:
    return value


def _violation(value: Json, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{_shown(value)}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def _shown(value: Json) -> str:
    """A value as Java prints it, cut if it is long."""
    text = _java_text(value)
    return text if len(text) <= _LONGEST_ECHO else f"{text[:_LONGEST_ECHO]}..."


def _java_text(value: Json) -> str:
    if isinstance(value, dict):
        pairs = (f"{key}={_java_text(item)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_java_text, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _lower_camel(name: str) -> str:
    return name[:1].lower() + name[1:]


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name

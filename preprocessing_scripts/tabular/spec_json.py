"""Specs from JSON: every member is checked against the dataclasses, and named when it is wrong."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.spec import Feature, Operation, Spec

T = TypeVar("T")


def read_spec(path: Path) -> Spec:
    """Read a spec from a JSON file.

    Raises:
        TableError: It is not JSON, or not a spec; the message names the member.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: not a spec in JSON: {error}") from error
    return parse_spec(content)


def parse_spec(content: Mapping[str, Any]) -> Spec:
    """Make a spec of plain dicts and lists.

    Raises:
        TableError: As ``read_spec``.
    """
    spec = _build(Spec, content, "spec")
    if not spec.numeric and not spec.categorical:
        raise TableError("spec: neither numeric nor categorical columns")
    if not 0 < spec.split.validation < 1:
        raise TableError(
            f"spec.split.validation: must lie between 0 and 1, not {spec.split.validation}"
        )
    if spec.split.method == "temporal" and spec.split.column is None:
        raise TableError("spec.split.column: a temporal split needs the column that orders rows")
    if spec.split.method == "temporal" and spec.split.key:
        raise TableError("spec.split.key: a temporal split goes by its column alone")
    columns = [one.columns for one in spec.numeric] + [one.columns for one in spec.categorical]
    if not all(columns):
        raise TableError("spec: a group without columns")
    for name, number, least in (
        ("split.seed", spec.split.seed, 0),
        ("balance.seed", spec.balance.seed, 0),
        ("balance.neighbors", spec.balance.neighbors, 1),
        *(("categorical.min_count", group.min_count, 0) for group in spec.categorical),
    ):
        if number < least:
            raise TableError(f"spec.{name}: {number} is less than {least}")
    for numbers in spec.numeric:
        if not math.isfinite(numbers.fill):
            raise TableError(f"spec.numeric.fill: {numbers.fill} is no number")
    return spec


def _build(kind: type[T], content: Any, where: str) -> T:
    """Make one of the dataclasses above of a dict, and refuse what it does not know."""
    if not isinstance(content, Mapping):
        raise TableError(f"{where}: {content!r} is not an object")
    if kind is Feature:
        content = _feature(content, where)
    hints = get_type_hints(kind)
    unknown = sorted(set(content) - set(hints))
    if unknown:
        raise TableError(f"{where}: unknown: {', '.join(unknown)} (known: {', '.join(hints)})")
    values = {
        name: _convert(hints[name], value, f"{where}.{name}") for name, value in content.items()
    }
    try:
        return kind(**values)
    except TypeError as error:
        raise TableError(f"{where}: {str(error).partition(') ')[2]}") from error


def _feature(content: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    operations = [name for name in content if name in get_args(Operation)]
    if len(operations) != 1 or set(content) != {"name", *operations}:
        raise TableError(f"{where}: give a name and one of {', '.join(get_args(Operation))}")
    [operation] = operations
    inputs = content[operation]
    inputs = [inputs] if isinstance(inputs, str) else inputs
    count = 1 if operation in ("hour", "day_of_week") else 2
    if not isinstance(inputs, Sequence) or len(inputs) != count:
        raise TableError(f"{where}.{operation}: takes {count} columns, not {inputs!r}")
    return {"name": content["name"], "operation": operation, "inputs": inputs}


def _convert(hint: Any, value: Any, where: str) -> Any:
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        if value not in arguments:
            choices = ", ".join(map(str, arguments))
            raise TableError(f"{where}: {value!r} is not one of {choices}")
        return value
    if get_origin(hint) is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TableError(f"{where}: {value!r} is not a list")
        return tuple(_convert(arguments[0], one, f"{where}[{i}]") for i, one in enumerate(value))
    if get_origin(hint) is Mapping:
        if not isinstance(value, Mapping):
            raise TableError(f"{where}: {value!r} is not an object")
        return {name: _convert(arguments[1], one, f"{where}.{name}") for name, one in value.items()}
    kinds = [one for one in arguments if one is not type(None)] or [hint]
    if value is None and len(kinds) < len(arguments):
        return None
    if dataclasses.is_dataclass(kinds[0]):
        return _build(kinds[0], value, where)  # type: ignore[arg-type]
    wanted = (int, float) if kinds[0] is float else kinds[0]
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise TableError(f"{where}: {value!r} is not {kinds[0].__name__}")
    return value

"""Filling the placeholders of a request, written as Airflow's templates write them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dagster_sagemaker.errors import InvalidRequestError

_PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def render(request: Mapping[str, Any], values: Mapping[str, str | None]) -> dict[str, Any]:
    """A copy of the request with ``{{ name }}`` replaced in every string.

    Args:
        request: A boto3 request; it is not changed.
        values: Text by name. None: a known name that has no value here.

    Raises:
        InvalidRequestError: Placeholders that are unknown or have no value, and where they stand.
    """
    problems = list(_problems(request, values, ""))
    if problems:
        raise InvalidRequestError("The request's template", problems)
    rendered: dict[str, Any] = _rendered(request, values)
    return rendered


def _rendered(node: Any, values: Mapping[str, str | None]) -> Any:
    if isinstance(node, str):
        return _PLACEHOLDER.sub(lambda found: values[found.group(1)] or "", node)
    if isinstance(node, Mapping):
        return {key: _rendered(value, values) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_rendered(item, values) for item in node]
    return node


def _problems(node: Any, values: Mapping[str, str | None], path: str) -> Iterator[str]:
    if isinstance(node, str):
        for name in _PLACEHOLDER.findall(node):
            if name not in values:
                known = ", ".join(sorted(values))
                yield f"{path}: unknown placeholder {{{{ {name} }}}}; known are {known}"
            elif values[name] is None:
                yield f"{path}: {{{{ {name} }}}} has no value here: {_why_not(name)}"
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _problems(value, values, f"{path}.{key}" if path else str(key))
    elif isinstance(node, (list, tuple)):
        for index, item in enumerate(node):
            yield from _problems(item, values, f"{path}[{index}]")


def _why_not(name: str) -> str:
    if name == "job_name":
        return "it cannot be part of itself"
    if name == "partition_key":
        return "the run has no partition"
    return "the run is not of one daily (or other time) partition"

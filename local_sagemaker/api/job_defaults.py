"""What the service fills in where a request leaves it out; the table of kinds says what that is."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_sagemaker.instance_preferences import has_preferences
from local_sagemaker.kinds import Default, JobKind


def completed(kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
    """A request with what a job needs to run, where the service has a default for it."""
    if has_preferences(kind.resources(request)):
        return dict(request)  # they say themselves how many instances there are to be
    return _filled(request, kind.needed)


def described(kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
    """A job's request as Describe gives it back."""
    return _filled(request, kind.defaults)


def _filled(request: Mapping[str, Any], defaults: Sequence[Default]) -> dict[str, Any]:
    whole = copy.deepcopy(dict(request))
    for path, value in defaults:
        holder, _, name = path.rpartition(".")
        for found in _find(whole, holder):
            found.setdefault(name, copy.deepcopy(value))
    return whole


def _find(value: Any, path: str) -> Iterator[dict[str, Any]]:
    """The structures at a path that a value has."""
    if not path:
        yield value
        return
    name, _, rest = path.partition(".")
    inner = value.get(name.removesuffix("[]"))
    if inner is not None:
        for item in inner if name.endswith("[]") else [inner]:
            yield from _find(item, rest)

"""Data frames as feature definitions and as records."""

import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dagster_sagemaker.errors import InvalidRequestError
from dagster_sagemaker.feature_groups.feature_group import FeatureGroup

if TYPE_CHECKING:
    import pandas as pd

Record = list[dict[str, str]]
"""What PutRecord takes as ``Record``."""

_NAME = re.compile(r"[a-zA-Z0-9]([-_]*[a-zA-Z0-9]){0,63}", re.ASCII)
_RESERVED = frozenset({"is_deleted", "write_time", "api_invocation_time"})
_MOST_FEATURES = 2500
_WHOLE = "iub"
"""The kinds of NumPy's types of whole numbers and booleans."""


def feature_types(group: FeatureGroup, frame: "pd.DataFrame") -> dict[str, str]:
    """The type of the feature that each column is.

    Whole numbers and booleans are Integral, floats Fractional, times and all else String.

    Raises:
        InvalidRequestError: Names the columns that no feature can be, or that are not there.
    """
    problems = [*_missing(group, frame), *_badly_named(frame)]
    types = {str(name): _type(frame[name].dtype) for name in frame.columns if not problems}
    if types.get(group.event_time) == "Integral":
        problems.append(
            f"{group.event_time}: an event time is a time, a text or a float, not "
            f"{frame[group.event_time].dtype}"
        )
    if len(types) > _MOST_FEATURES:
        problems.append(f"{len(types)} columns; a group has at most {_MOST_FEATURES} features")
    if problems:
        raise InvalidRequestError(f"The data frame for feature group {group.name}", problems)
    return types


def records(group: FeatureGroup, frame: "pd.DataFrame") -> Iterator[Record]:
    """The rows as records; what has no value in a row is left out of its record.

    Raises:
        InvalidRequestError: A row has no identifier, no event time, or a number that is not finite.
    """
    writers = {str(name): _writer(frame[name].dtype) for name in frame.columns}
    missing = {str(name): frame[name].isna().to_numpy() for name in frame.columns}
    needed = (group.record_identifier, group.event_time)
    for number, row in enumerate(frame.itertuples(index=False, name=None)):
        record = []
        for (name, write), value in zip(writers.items(), row, strict=True):
            if not missing[name][number]:
                record.append({"FeatureName": name, "ValueAsString": write(value)})
                if record[-1]["ValueAsString"] not in _NOT_FINITE:
                    continue
            elif name not in needed:
                continue
            raise InvalidRequestError(
                f"Row {number} of the data frame for feature group {group.name}",
                [f"{name}: {value!r} is no value for it"],
            )
        yield record


def _missing(group: FeatureGroup, frame: "pd.DataFrame") -> Iterator[str]:
    for name in (group.record_identifier, group.event_time):
        if name not in frame.columns:
            yield f"{name}: there is no such column"


def _badly_named(frame: "pd.DataFrame") -> Iterator[str]:
    names = [str(name) for name in frame.columns]
    for name in names:
        if not _NAME.fullmatch(name):
            yield f"{name}: rename it to at most 64 letters, digits, '-' and '_'"
        elif name.lower() in _RESERVED:
            yield f"{name}: rename it, Feature Store has a column of that name"
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name}: there are several such columns"


def _type(dtype: Any) -> str:
    if dtype.kind in _WHOLE:
        return "Integral"
    return "Fractional" if dtype.kind == "f" else "String"


def _writer(dtype: Any) -> Callable[[Any], str]:
    if dtype.kind in _WHOLE:
        return _whole
    if dtype.kind == "f":
        return _decimal
    return _time if dtype.kind == "M" else str


def _whole(value: Any) -> str:
    return str(int(value))


def _decimal(value: Any) -> str:
    return repr(float(value))


def _time(value: datetime) -> str:
    utc = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value
    utc = utc.astimezone(timezone.utc)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}Z"


_NOT_FINITE = frozenset(map(repr, (math.inf, -math.inf, math.nan)))

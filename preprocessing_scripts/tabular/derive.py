"""Features made of columns: the same arithmetic for the engine and in the fitted pipeline.

A pickled pipeline that makes features refers to this module, which needs numpy and pandas alone.
"""

from collections.abc import MutableMapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Column = npt.NDArray[np.float64]

MICROSECONDS_PER_HOUR = 3.6e9
HOURS_PER_DAY = 24
MONDAY = 3
"""Days from the first Monday before 1970-01-01, a Thursday, to that day."""

Recipe = tuple[str, str, tuple[str, ...]]
"""Name, operation and inputs of a feature; plain, so that it can be pickled with a pipeline."""


def compute(operation: str, inputs: Sequence[Column]) -> Column:
    """Compute one feature.

    Args:
        operation: See ``spec.Feature``.
        inputs: Numbers, or microseconds since 1970 for timestamps; missing is NaN.

    Returns:
        One number for each row; NaN where there is none.
    """
    first, last = inputs[0], inputs[-1]
    with np.errstate(all="ignore"):
        if operation == "ratio":
            values = first / last
        elif operation == "difference":
            values = first - last
        elif operation == "product":
            values = first * last
        elif operation == "hours_between":
            values = (last - first) / MICROSECONDS_PER_HOUR
        elif operation == "hour":
            values = np.floor(first / MICROSECONDS_PER_HOUR) % HOURS_PER_DAY
        else:
            days = np.floor(first / (MICROSECONDS_PER_HOUR * HOURS_PER_DAY))
            values = (days + MONDAY) % 7
        for one in (values, *inputs):
            values[~np.isfinite(one)] = np.nan
    return values


def add_features(columns: MutableMapping[str, Column], recipes: Sequence[Recipe]) -> None:
    """Compute features in turn, and add them to the columns that they are made of."""
    for name, operation, inputs in recipes:
        columns[name] = compute(operation, [columns[column] for column in inputs])


def derive(
    frame: pd.DataFrame, columns: Sequence[str], recipes: Sequence[Recipe], times: Sequence[str]
) -> pd.DataFrame:
    """Add the features to raw rows: the first step of a fitted pipeline.

    Args:
        frame: Raw rows; more columns do no harm.
        columns: Those that the pipeline needs.
        recipes: The features.
        times: Which columns are timestamps: of that type, or text in ISO 8601.
    """
    needed = {column for _, _, inputs in recipes for column in inputs if column in frame}
    values: dict[str, Column] = {
        name: _microseconds(frame[name]) if name in times else frame[name].astype(float).to_numpy()
        for name in needed
    }
    add_features(values, recipes)
    return frame[list(columns)].assign(**{name: values[name] for name, _, _ in recipes})


def derived_names(transformer: Any, names: Sequence[str]) -> npt.NDArray[np.object_]:
    """Name the columns that ``derive`` gives, for scikit-learn's FunctionTransformer."""
    del names
    made = [name for name, _, _ in transformer.kw_args["recipes"]]
    return np.array([*transformer.kw_args["columns"], *made], dtype=object)


def _microseconds(column: "pd.Series[Any]") -> Column:
    # Nanoseconds, in which pandas holds them, reach from 1677 to 2262; the engine keeps to that.
    times = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce").dt.tz_localize(None)
    values = times.to_numpy("datetime64[us]").astype(np.float64)
    values[times.isna().to_numpy()] = np.nan
    return values

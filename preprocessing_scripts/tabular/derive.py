"""Features made of columns: the same arithmetic for the engine and in the fitted pipeline.

Goes with a saved preprocessor, and needs numpy alone.
"""

from collections.abc import MutableMapping, Sequence

import numpy as np
import numpy.typing as npt

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

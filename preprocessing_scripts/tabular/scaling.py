"""Scaling as an affine map: subtract a shift, multiply by a factor."""

import math

import numpy as np

from preprocessing_scripts.tabular.numbers import NumberStatistics

_EPSILON = float(np.finfo(np.float64).eps)


def scale_of(kind: str, statistics: NumberStatistics) -> float:
    """What a column is divided by; 1 for a column that does not vary, as scikit-learn has it."""
    if kind == "standard":
        # A variance that rounding alone could make is none: sklearn.utils.extmath.
        rows, mean = statistics.rows, statistics.pivot + statistics.mean
        noise = rows * _EPSILON * statistics.variance + (rows * mean * _EPSILON) ** 2
        return math.sqrt(statistics.variance) if statistics.variance > noise else 1.0
    spread = {
        "minmax": statistics.high - statistics.low,
        "robust": statistics.spread,
        "none": 1.0,
    }[kind]
    return 1.0 if spread < 10 * _EPSILON else spread


def affine(kind: str, statistics: NumberStatistics) -> tuple[float, float]:
    """Shift and factor for values that are minus the pivot."""
    shift = {
        "standard": statistics.mean,
        "minmax": statistics.low,
        "robust": statistics.center,
        "none": -statistics.pivot,
    }[kind]
    return shift, 1 / scale_of(kind, statistics)

"""Between the passes: statistics are taken of the training rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.tabular.deal import TRAIN, Deal
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.levels import (
    LevelStatistics,
    Tally,
    fit_levels,
    tally,
    tally_by_fold,
)
from preprocessing_scripts.tabular.numbers import (
    ColumnPart,
    NumberStatistics,
    fit_numbers,
    summarize,
)
from preprocessing_scripts.tabular.pace import Pace
from preprocessing_scripts.tabular.parallel import ordered
from preprocessing_scripts.tabular.scaling import affine
from preprocessing_scripts.tabular.spec import Numeric, Spec
from preprocessing_scripts.tabular.spool import Spool

_FARTHEST = 1000.0
"""What is subtracted over what is divided by, from which float32 is not precise to 1e-4."""

BATCH_BYTES = 32_000_000
"""How much of the columns is in memory at once, for the order statistics."""


def fit_columns(
    spec: Spec, spool: Spool, dealt: Deal, pivots: Sequence[float], hosts: Hosts, pace: Pace
) -> dict[str, NumberStatistics]:
    """Fit all columns of numbers, a few at a time.

    Args:
        spec: Resolved.
        spool: Holds them.
        dealt: Which rows train.
        pivots: What was subtracted from each.
        hosts: All of them call this.
        pace: Counts columns.
    """
    groups = [(name, group) for group in spec.numeric for name in group.columns]
    train = np.flatnonzero(dealt.channel == TRAIN)
    block_rows = np.diff(np.searchsorted(train, np.cumsum([0, *spool.rows]))).tolist()

    def part(column: int) -> ColumnPart:
        return summarize(spool.column(column).take(train), block_rows, groups[column][1])

    size = max(BATCH_BYTES // (max(dealt.sizes["train"], 1) * spool.dtype.itemsize), 1)
    fitted: dict[str, NumberStatistics] = {}
    for start in range(0, len(groups), size):
        batch = range(start, min(start + size, len(groups)))
        parts = list(ordered(part, batch))
        statistics = fit_numbers(
            parts, [groups[i][1] for i in batch], [pivots[i] for i in batch], hosts
        )
        for i, one in zip(batch, statistics, strict=True):
            _check_range(groups[i], one)
            _check_precision(groups[i], one, spool.dtype)
            fitted[groups[i][0]] = one
        pace.advance(len(batch), len(groups), "columns")
    return fitted


def _check_range(column: tuple[str, Numeric], one: NumberStatistics) -> None:
    name, group = column
    moments = (one.mean, one.variance) if group.scale == "standard" else ()
    if not np.isfinite([*moments, one.fill, one.high - one.low]).all():
        raise TableError(f"column {name}: values too large to be scaled: correct or leave them out")


def _check_precision(
    column: tuple[str, Numeric], one: NumberStatistics, dtype: np.dtype[Any]
) -> None:
    """Refuse to go on with float32 where it cannot tell the values of a column apart.

    A value is held as precisely as it is near the pivot, and wanted as precisely as it is near what
    is subtracted from it.
    """
    name, group = column
    if dtype != np.float32 or group.scale == "none" or one.rows == one.missing:
        return
    shift, factor = affine(group.scale, one)
    limits = np.finfo(np.float32)
    reach = max(one.high - shift, shift - one.low)
    if abs(shift * factor) > _FARTHEST:
        what = "most values lie far from its first ones, and too close together"
    elif 1 / factor < limits.tiny:
        what = "values too close together"
    elif max(reach, reach * factor) > limits.max:
        what = "values too far from each other"
    else:
        return
    raise TableError(
        f'column {name}: {what} for float32; set "dtype": "float64" in the spec\'s output'
    )


def fit_texts(
    spec: Spec,
    spool: Spool,
    dealt: Deal,
    labels: npt.NDArray[np.float64],
    typed: bool,
    hosts: Hosts,
) -> dict[str, LevelStatistics]:
    """Fit all columns of text.

    Args:
        spec: Resolved.
        spool: Holds them.
        dealt: Which rows train.
        labels: Of all rows.
        typed: Whether columns came with types, so that text is text.
        hosts: All of them call this.
    """
    groups = {name: group for group in spec.categorical for name in group.columns}
    encoded = {c for group in spec.categorical if group.encode == "target" for c in group.columns}
    tallies: dict[str, Tally] = {name: {} for name in groups}
    if not groups:
        return {}
    start = 0
    for block, count in enumerate(spool.rows):
        rows = slice(start, start + count)
        start += count
        train = np.flatnonzero(dealt.channel[rows] == TRAIN)
        folds, ones = dealt.folds[rows][train], labels[rows][train] == 1
        others = spool.others(block)
        for name, counted in tallies.items():
            column = others[name].chunk(0)
            if name in encoded:
                tally_by_fold(counted, column, train, folds, ones)
            else:
                tally(counted, column, train)
    untyped = () if typed else set(groups) - set(spec.schema)
    return fit_levels(tallies, groups, untyped, hosts)

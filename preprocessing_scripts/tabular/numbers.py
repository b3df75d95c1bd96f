"""Statistics of columns of numbers: what imputation and scaling need, exactly, over all hosts.

Sums are taken by block and added with ``math.fsum``, and order statistics are selected exactly, so
the results do not depend on the order of reading, on threads, or on how files are dealt to hosts.
Values are held minus a pivot near their middle, which keeps float32 precise for columns whose
values are large and close together.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.quantiles import between, median, quantile, select
from preprocessing_scripts.tabular.spec import Numeric

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class NumberStatistics:
    """What is fitted to one column, after imputation; all minus the pivot where they are places.

    Args:
        rows: Training rows.
        missing: How many of them are filled in.
        pivot: What was subtracted from the values.
        fill: What fills gaps.
        mean: Of the standard scaler.
        variance: Of the same, of the population; infinite if no double holds it.
        low: Least value, for min-max.
        high: Greatest value.
        center: Median, for the robust scaler.
        spread: Distance between its quartiles.
    """

    rows: int
    missing: int
    pivot: float
    fill: float
    mean: float = 0.0
    variance: float = 0.0
    low: float = 0.0
    high: float = 0.0
    center: float = 0.0
    spread: float = 0.0


@dataclass(frozen=True)
class ColumnPart:
    """What one host knows of a column.

    Args:
        values: Its training rows' values that are not missing, minus the pivot, ascending.
        missing: How many are.
        counts: Values by block, for blocks that have any.
        means: Mean by block.
        deviations: Sum of squared deviations from the block's mean, by block; 0 if not needed.
    """

    values: npt.NDArray[Any]
    missing: int
    counts: Counts
    means: Floats
    deviations: Floats


def summarize(column: npt.NDArray[Any], block_rows: Sequence[int], group: Numeric) -> ColumnPart:
    """Summarize this host's part of a column.

    Args:
        column: Training rows in the order of blocks; missing is NaN.
        block_rows: How many of them each block has.
        group: How the column is scaled: only one way needs the deviations.
    """
    present = np.flatnonzero(~np.isnan(column))
    values = column[present]
    bounds = np.searchsorted(present, np.cumsum([0, *block_rows]))
    counts = np.diff(bounds)
    starts, counts = bounds[:-1][counts > 0], counts[counts > 0]
    if not len(values):
        empty = np.zeros(0)
        return ColumnPart(values, len(column), counts, empty, empty)
    means = np.add.reduceat(values, starts, dtype=np.float64) / counts
    deviations = np.zeros(len(counts))
    if group.scale == "standard":
        deviation = values - np.repeat(means, counts)
        np.square(deviation, out=deviation)
        deviations = np.add.reduceat(deviation, starts)
    values.sort()
    return ColumnPart(values, len(column) - len(values), counts, means, deviations)


def fit_numbers(
    parts: Sequence[ColumnPart],
    groups: Sequence[Numeric],
    pivots: Sequence[float],
    hosts: Hosts,
) -> list[NumberStatistics]:
    """Fit columns to all hosts' training rows.

    Args:
        parts: This host's part of each column.
        groups: How each is imputed and scaled.
        pivots: What was subtracted from each.
        hosts: All of them call this with the same columns.
    """
    totals = [_Total(shares) for shares in zip(*_exchange(parts, hosts), strict=True)]
    middles = _medians(parts, totals, hosts)
    fills = [
        _fill(group, total, pivot, middle)
        for group, total, pivot, middle in zip(groups, totals, pivots, middles, strict=True)
    ]
    modes = [i for i, group in enumerate(groups) if group.impute == "most_frequent"]
    for i, value in zip(modes, _modes([parts[i] for i in modes], hosts), strict=True):
        fills[i] = value if totals[i].count else -pivots[i]
    robust = [i for i, group in enumerate(groups) if group.scale == "robust"]
    quartiles = _imputed_quartiles(
        [parts[i] for i in robust], [totals[i] for i in robust], [fills[i] for i in robust], hosts
    )
    centers = dict(zip(robust, quartiles, strict=True))
    return [
        _statistics(total, fill, pivot, centers.get(i, (0.0, 0.0, 0.0)))
        for i, (total, fill, pivot) in enumerate(zip(totals, fills, pivots, strict=True))
    ]


class _Total:
    """A column over all hosts."""

    def __init__(self, shares: Sequence[Mapping[str, Any]]) -> None:
        self.missing = sum(int(share["missing"]) for share in shares)
        self.low = min(float(share["low"]) for share in shares)
        self.high = max(float(share["high"]) for share in shares)
        self._counts = np.concatenate([share["counts"] for share in shares])
        self._means = np.concatenate([share["means"] for share in shares])
        self._deviations = np.concatenate([share["deviations"] for share in shares])
        self.count = int(self._counts.sum())
        self.mean = _sum(self._counts * self._means) / self.count if self.count else 0.0

    def squares(self, around: float) -> float:
        """Sum of squared distances from a value."""
        with np.errstate(over="ignore", invalid="ignore"):
            return _sum(self._deviations + self._counts * (self._means - around) ** 2)


def _sum(values: Floats) -> float:
    """Add up, exactly rounded; infinity for what no double can hold."""
    try:
        return math.fsum(values)
    except (OverflowError, ValueError):
        return math.inf


def _exchange(parts: Sequence[ColumnPart], hosts: Hosts) -> list[list[dict[str, Any]]]:
    """Every host's summaries: host by host, column by column."""
    own = {
        "missing": np.array([part.missing for part in parts], dtype=np.int64),
        "low": np.array([part.values[0] if len(part.values) else np.inf for part in parts]),
        "high": np.array([part.values[-1] if len(part.values) else -np.inf for part in parts]),
        "blocks": np.array([len(part.counts) for part in parts], dtype=np.int64),
    } | {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("counts", "means", "deviations")
    }
    gathered = []
    for given in hosts.exchange(own):
        cuts = np.cumsum(given["blocks"])[:-1]
        long = {name: np.split(given[name], cuts) for name in ("counts", "means", "deviations")}
        short = {name: given[name] for name in ("missing", "low", "high")}
        gathered.append(
            [
                {name: values[i] for name, values in (long | short).items()}
                for i in range(len(parts))
            ]
        )
    return gathered


def _fill(group: Numeric, total: _Total, pivot: float, middle: float) -> float:
    if group.impute == "constant":
        return group.fill - pivot
    if not total.count:
        return -pivot  # scikit-learn's keep_empty_features: a column without values is all 0
    return total.mean if group.impute == "mean" else middle


def _medians(parts: Sequence[ColumnPart], totals: Sequence[_Total], hosts: Hosts) -> list[float]:
    """Medians of the values that are there; 0 where there are none."""
    ranks = [median(total.count) if total.count else () for total in totals]
    found = select([part.values for part in parts], ranks, hosts)
    return [between(middle[0], middle[1], 0.5) if middle else 0.0 for middle in found]


def _modes(parts: Sequence[ColumnPart], hosts: Hosts) -> list[float]:
    """The most frequent value of each column, the least of equally frequent ones; or 0."""
    modes = []
    for part in parts:
        values, counts = np.unique(part.values, return_counts=True)
        shares = hosts.exchange({"values": values, "counts": counts})
        everything = np.concatenate([share["values"] for share in shares])
        distinct, places = np.unique(everything, return_inverse=True)
        weights = np.concatenate([share["counts"] for share in shares])
        totals = np.bincount(places, weights, minlength=len(distinct))
        modes.append(float(distinct[np.argmax(totals)]) if len(distinct) else 0.0)
    return modes


def _imputed_quartiles(
    parts: Sequence[ColumnPart],
    totals: Sequence[_Total],
    fills: Sequence[float],
    hosts: Hosts,
) -> list[tuple[float, ...]]:
    """Quartiles of columns whose gaps are filled: the filled ones stand together in the order."""
    below = [np.searchsorted(part.values, fill) for part, fill in zip(parts, fills, strict=True)]
    smaller = hosts.total(np.array(below, dtype=np.int64))
    places = [[quantile(total.count + total.missing, q) for q in QUARTILES] for total in totals]

    def rank_of_value(rank: int, column: int) -> int | None:
        """Rank among the values that are there; None if a filled one has this rank."""
        first, filled = int(smaller[column]), totals[column].missing
        if rank < first:
            return rank
        return rank - filled if rank >= first + filled else None

    wanted = [
        [rank_of_value(rank, i) for low, high, _ in column for rank in (low, high)]
        for i, column in enumerate(places)
    ]
    ranks = [[rank for rank in column if rank is not None] for column in wanted]
    found = [iter(values) for values in select([part.values for part in parts], ranks, hosts)]
    ends = [
        [fills[i] if rank is None else next(found[i]) for rank in column]
        for i, column in enumerate(wanted)
    ]
    return [
        tuple(between(e[2 * k], e[2 * k + 1], column[k][2]) for k in range(len(QUARTILES)))
        for e, column in zip(ends, places, strict=True)
    ]


def _statistics(
    total: _Total, fill: float, pivot: float, quartiles: tuple[float, ...]
) -> NumberStatistics:
    rows = total.count + total.missing
    mean = (total.count * total.mean + total.missing * fill) / rows
    with np.errstate(over="ignore", invalid="ignore"):
        filled = total.missing * np.square(np.float64(fill - mean))
    variance = (total.squares(mean) + float(filled)) / rows
    ends = [fill] if total.missing else []
    return NumberStatistics(
        rows=rows,
        missing=total.missing,
        pivot=pivot,
        fill=fill,
        mean=mean,
        variance=variance,
        low=min([total.low, *ends]),
        high=max([total.high, *ends]),
        center=quartiles[1],
        spread=quartiles[2] - quartiles[0],
    )

"""Exact order statistics of columns whose rows are spread over hosts.

Floats are ordered as their bits are, once negative ones are turned around. So the value at a rank
is found by bisection over bits, and no host sees another's rows: each round asks every host how
many of its values are at most a candidate. 32 rounds settle float32 and 64 float64, for any number
of columns at a time.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.tabular.hosts import Hosts

Floats = npt.NDArray[np.floating[Any]]
Counts = npt.NDArray[np.int64]
Keys = npt.NDArray[np.unsignedinteger[Any]]


def select(
    columns: Sequence[Floats], ranks: Sequence[Sequence[int]], hosts: Hosts
) -> list[list[float]]:
    """Find the values at given ranks in the union of all hosts' columns.

    Args:
        columns: This host's values of each column, sorted, finite; all float32 or all float64, as
            on every other host. May be empty.
        ranks: For each column the ranks wanted, from 0; the same on every host.
        hosts: Who else has rows of these columns.

    Returns:
        For each column the values at its ranks, exactly; zero comes without a sign.

    Raises:
        ValueError: A rank that no value has, values that are not finite, types or ranks that are
            not the same everywhere.
        HostError: Another host failed.
    """
    if not columns:
        return []
    dtype = columns[0].dtype
    _check(columns, dtype)
    owners = np.repeat(np.arange(len(columns)), [len(wanted) for wanted in ranks])
    wanted = np.array([rank for of_column in ranks for rank in of_column], dtype=np.int64)
    low, high = _bounds(columns, owners, wanted, hosts)
    if len(hosts.names) == 1:
        found = [columns[owner][rank] for owner, rank in zip(owners, wanted, strict=True)]
        values = np.array(found, dtype=dtype)
    else:
        values = _bisect(columns, owners, wanted, low, high, hosts)
    starts = np.cumsum([len(of_column) for of_column in ranks])[:-1]
    return [part.tolist() for part in np.split(values + dtype.type(0), starts)]


def quantile(count: int, fraction: float) -> tuple[int, int, float]:
    """Say where a quantile lies, as numpy's method ``linear`` does.

    Args:
        count: How many values there are, at least 1.
        fraction: From 0 to 1.

    Returns:
        The ranks of its two neighbours, and the weight of the upper one for ``between``.
    """
    place = (count - 1) * fraction
    lower = math.floor(place)
    return lower, min(lower + 1, count - 1), place - lower


def median(count: int) -> tuple[int, int]:
    """Give the ranks of the two middle values, or twice the middle one's: their mean is it."""
    return (count - 1) // 2, count // 2


def between(lower: float, upper: float, weight: float) -> float:
    """Interpolate between two values in the very steps that numpy's quantiles take."""
    step = upper - lower
    return upper - step * (1 - weight) if weight >= 0.5 else lower + step * weight


def _check(columns: Sequence[Floats], dtype: np.dtype[Any]) -> None:
    if dtype not in (np.float32, np.float64) or any(one.dtype != dtype for one in columns):
        raise ValueError("columns must be all float32 or all float64")
    # Sorted, so that what is not finite is at an end.
    if not all(np.isfinite(one[[0, -1]]).all() for one in columns if len(one)):
        raise ValueError("columns must hold finite values only")


def _bounds(
    columns: Sequence[Floats], owners: npt.NDArray[np.intp], wanted: Counts, hosts: Hosts
) -> tuple[Floats, Floats]:
    """Give the smallest and the largest value of every wanted rank's column, over all hosts."""
    largest = np.finfo(columns[0].dtype).max
    own = {
        "low": np.array([one[0] if len(one) else largest for one in columns]),
        "high": np.array([one[-1] if len(one) else -largest for one in columns]),
        "count": np.array([len(one) for one in columns], dtype=np.int64),
        "owners": owners,
        "wanted": wanted,
    }
    given = hosts.exchange(own)
    for one, name in zip(given, hosts.names, strict=True):
        for what in ("low", "owners", "wanted"):
            same_shape = one[what].shape == own[what].shape
            if not same_shape or one[what].dtype != own[what].dtype:
                raise ValueError(f"{name} has other columns or types than this host")
        if (one["owners"] != owners).any() or (one["wanted"] != wanted).any():
            raise ValueError(f"{name} wants other ranks than this host")
    count = np.sum([one["count"] for one in given], axis=0)[owners]
    if ((wanted < 0) | (wanted >= count)).any():
        bad = int(np.argmax((wanted < 0) | (wanted >= count)))
        raise ValueError(f"rank {wanted[bad]} of column {owners[bad]}, of {count[bad]} values")
    low = np.min([one["low"] for one in given], axis=0)
    high = np.max([one["high"] for one in given], axis=0)
    return low[owners], high[owners]


def _bisect(
    columns: Sequence[Floats],
    owners: npt.NDArray[np.intp],
    wanted: Counts,
    low: Floats,
    high: Floats,
    hosts: Hosts,
) -> Floats:
    """Find the least value that more than ``wanted`` values do not exceed."""
    starts = np.searchsorted(owners, np.arange(1, len(columns)))
    # Plus zero: as values the two zeros are one, but by its bits a last of -0.0 precedes 0.0.
    first, last = _keys(low + low.dtype.type(0)), _keys(high + high.dtype.type(0))
    while (first < last).any():
        middle = first + (last - first) // 2
        candidates = np.split(_values(middle), starts)
        counts = [
            np.searchsorted(column, some, side="right")
            for column, some in zip(columns, candidates, strict=True)
        ]
        given = hosts.exchange({"counts": np.concatenate(counts).astype(np.int64)})
        enough = np.sum([one["counts"] for one in given], axis=0) > wanted
        first, last = np.where(enough, first, middle + 1), np.where(enough, middle, last)
    return _values(first)


def _keys(values: Floats) -> Keys:
    """Give unsigned integers of the floats' size and order."""
    sign = _sign(values.dtype.itemsize)
    bits = values.view(sign.dtype)
    return np.where(bits & sign, ~bits, bits | sign)


def _values(keys: Keys) -> Floats:
    """Give the floats of keys."""
    sign = _sign(keys.dtype.itemsize)
    return np.where(keys & sign, keys ^ sign, ~keys).view(f"f{keys.dtype.itemsize}")


def _sign(size: int) -> np.unsignedinteger[Any]:
    return np.uint32(1 << 31) if size == 4 else np.uint64(1 << 63)

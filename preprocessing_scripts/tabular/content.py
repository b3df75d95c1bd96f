"""Hashes of what rows hold: the same wherever the rows are, in whatever order and format."""

import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.schema import is_text

Hashes = npt.NDArray[np.uint64]

_ODD = 0x9E3779B97F4A7C15
_HALF = np.uint64(32)
_NOTHING = -_ODD // 2
_PER_UNIT = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def content_hashes(columns: Mapping[str, Any]) -> Hashes:
    """Hash rows by their values (multilinear, Carter and Wegman 1979).

    Args:
        columns: By name, at least one, in any order: as Arrow has them, one chunk each, or numbers,
            of which NaN is missing.
    """
    hashes = folded = np.zeros(0, dtype=np.uint64)
    for number, (name, column) in enumerate(columns.items()):
        numbers = isinstance(column, np.ndarray)
        bits = column.view(np.uint64) if numbers else _bits(column.chunk(0))
        if number == 0:
            hashes, folded = np.zeros_like(bits), np.empty_like(bits)
        # What tells small whole numbers apart, as doubles, is in the upper half.
        np.right_shift(bits, _HALF, out=folded)
        folded ^= bits
        folded *= _multiplier(name)
        hashes += folded
    return mixed(hashes)


def mixed(hashes: Hashes, seed: int = 0) -> Hashes:
    """Make other hashes of hashes, by a seed (splitmix64, Steele et al. 2014)."""
    x = hashes + np.uint64((seed * 2 + 1) * _ODD % 2**64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def number_repeats(hashes: Hashes, hosts: Hosts) -> Hashes:
    """Tell equal rows apart, which are as good as each other, by a number for each.

    Args:
        hashes: Of this host's rows.
        hosts: Rows of earlier hosts come first.
    """
    distinct, counts = np.unique(hashes, return_counts=True)
    earlier = np.zeros(len(distinct), dtype=np.int64)
    for share in hosts.exchange({"hashes": distinct, "counts": counts})[: hosts.rank]:
        _, own, others = np.intersect1d(distinct, share["hashes"], True, return_indices=True)
        earlier[own] += share["counts"][others]
    if len(distinct) == len(hashes) and not earlier.any():
        return hashes
    ascending = np.argsort(hashes, kind="stable")
    numbers = np.empty(len(hashes), dtype=np.uint64)
    starts = np.cumsum(counts) - counts - earlier
    numbers[ascending] = np.arange(len(hashes)) - np.repeat(starts, counts)
    return np.where(numbers > 0, mixed(hashes + numbers * np.uint64(_ODD)), hashes)


@cache
def _multiplier(name: str) -> np.uint64:
    """Of a column, by its name: an odd number."""
    known = np.array([zlib.crc32(name.encode())], dtype=np.uint64)
    return np.uint64(mixed(known)[0] | np.uint64(1))


def _bits(column: pa.Array) -> Hashes:
    """64 bits for each value: equal ones for equal values."""
    if is_text(column.type):
        column = column.dictionary_encode()
    if pa.types.is_dictionary(column.type):
        levels = column.dictionary.to_numpy(zero_copy_only=False)
        known = np.append(pd.util.hash_array(levels, categorize=False), np.uint64(_ODD))
        found: Hashes = known[column.indices.fill_null(len(levels)).to_numpy()]
        return found
    if pa.types.is_floating(column.type):
        doubles = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(doubles).view(np.uint64)
    if pa.types.is_timestamp(column.type):
        # In nanoseconds, whatever the unit; far from 1970 they are cut to 64 bits.
        since = column.cast(pa.int64()).fill_null(_NOTHING).to_numpy().view(np.uint64)
        nanoseconds: Hashes = since * np.uint64(_PER_UNIT[column.type.unit])
        return nanoseconds
    if pa.types.is_integer(column.type):
        whole: Hashes = column.cast(pa.int64(), safe=False).fill_null(_NOTHING).to_numpy()
        return whole.view(np.uint64)
    # Of whatever else goes through the engine as it is.
    return _bits(pa.array(map(str, column.to_pylist()), pa.string()))

"""Statistics of columns of text: levels and how often they occur, exactly, over all hosts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.spec import Categorical

FOLDS = 5
"""Of target encoding: a training row's value comes from the rows of other folds."""

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

Tally = dict[Any, Floats]
"""Level, or None for missing -> rows and rows with label 1 by fold, shape (FOLDS, 2)."""


@dataclass(frozen=True)
class LevelStatistics:
    """What is fitted to one column, after imputation.

    Args:
        levels: Ascending.
        counts: Training rows of each.
        missing: How many training rows were filled in.
        fill: The level that fills gaps.
        by_fold: Rows and rows with label 1, shape (levels, FOLDS, 2).
    """

    levels: list[str]
    counts: npt.NDArray[np.int64]
    missing: int
    fill: str
    by_fold: Floats


def tally(into: Tally, column: pa.DictionaryArray, train: Rows) -> None:
    """Count the levels of one block's training rows, in the first fold for all.

    Args:
        into: Where to.
        column: The block's values.
        train: Which rows to count.
    """
    levels, codes = codes_of(column, train)
    for level, rows in zip(levels, np.bincount(codes, minlength=len(levels)), strict=True):
        if rows:
            counts = into.setdefault(level, np.zeros((FOLDS, 2)))
            counts[0, 0] += rows


def tally_by_fold(
    into: Tally, column: pa.DictionaryArray, train: Rows, folds: Rows, ones: Mask
) -> None:
    """Count the levels of one block's training rows, and their labels.

    Args:
        into: Where to.
        column: The block's values.
        train: Which rows to count.
        folds: Folds of these, below ``FOLDS``.
        ones: Which of these have label 1.
    """
    levels, codes = codes_of(column, train)
    cells, size = codes * FOLDS + folds, len(levels) * FOLDS
    both = [np.bincount(cells, minlength=size), np.bincount(cells, ones, minlength=size)]
    found = np.stack(both, axis=1).reshape(len(levels), FOLDS, 2)
    for level, counts in zip(levels, found, strict=True):
        if counts.any():
            into[level] = into[level] + counts if level in into else counts


def codes_of(column: pa.DictionaryArray, rows: Rows) -> tuple[list[Any], Rows]:
    """All levels of a block, None for missing last, and which of them some rows have."""
    levels = [*column.dictionary.to_pylist(), None]
    codes: Rows = column.indices.fill_null(len(levels) - 1).to_numpy().take(rows)
    return levels, codes


def fit_levels(
    tallies: Mapping[str, Tally], groups: Mapping[str, Categorical], hosts: Hosts
) -> dict[str, LevelStatistics]:
    """Fit columns to all hosts' training rows.

    Args:
        tallies: This host's tally by column.
        groups: How each is imputed.
        hosts: All of them call this with the same columns.
    """
    own: dict[str, npt.NDArray[Any]] = {}
    for number, tallied in enumerate(tallies.values()):
        own[f"levels{number}"], own[f"counts{number}"] = _pack(tallied)
    everyone = hosts.exchange(own)
    return {
        name: _statistics(
            _merge([_unpack(given[f"levels{i}"], given[f"counts{i}"]) for given in everyone]),
            groups[name],
        )
        for i, name in enumerate(tallies)
    }


def _merge(shares: Sequence[Tally]) -> Tally:
    merged: Tally = {}
    for share in shares:
        for level, counts in share.items():
            merged[level] = merged[level] + counts if level in merged else counts
    return merged


def _pack(tallied: Tally) -> tuple[npt.NDArray[np.uint8], Floats]:
    names = np.frombuffer(json.dumps(list(tallied)).encode(), dtype=np.uint8)
    return names, np.array(list(tallied.values())).reshape(len(tallied), FOLDS, 2)


def _unpack(names: npt.NDArray[np.uint8], counts: Floats) -> Tally:
    levels: list[Any] = json.loads(names.tobytes())
    return dict(zip(levels, counts, strict=True))


def _statistics(tallied: Tally, group: Categorical) -> LevelStatistics:
    filled = tallied.pop(None, np.zeros((FOLDS, 2)))
    missing = int(filled[:, 0].sum())
    fill = group.fill
    if group.impute == "most_frequent" and tallied:
        # Of equally frequent levels the least, as scikit-learn's SimpleImputer takes it.
        fill = min(tallied, key=lambda level: (-tallied[level][:, 0].sum(), level))
    if missing:
        tallied[fill] = tallied.get(fill, 0) + filled
    levels = sorted(tallied)
    by_fold = np.array([tallied[level] for level in levels]).reshape(len(levels), FOLDS, 2)
    counts = by_fold[:, :, 0].sum(axis=1).astype(np.int64)
    return LevelStatistics(levels, counts, missing, fill, by_fold)

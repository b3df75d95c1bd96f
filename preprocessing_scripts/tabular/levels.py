"""Statistics of columns of text: levels and how often they occur, exactly, over all hosts."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.spec import Categorical
from preprocessing_scripts.tabular.spellings import Levels, reading_of

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
        spelled: Which texts are which level.
        levels: Ascending.
        counts: Training rows of each.
        missing: How many training rows were filled in.
        fill: The level that fills gaps.
        by_fold: Rows and rows with label 1, shape (levels, FOLDS, 2).
    """

    spelled: Levels
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
    tallies: Mapping[str, Tally],
    groups: Mapping[str, Categorical],
    untyped: Collection[str],
    hosts: Hosts,
) -> dict[str, LevelStatistics]:
    """Fit columns to all hosts' training rows.

    Args:
        tallies: This host's tally by column.
        groups: How each is imputed.
        untyped: Columns in which all texts may be numbers, or truth values, and no one has said
            that they are text: then texts of one value are one level.
        hosts: All of them call this with the same columns.
    """
    own: dict[str, npt.NDArray[Any]] = {}
    for number, tallied in enumerate(tallies.values()):
        own[f"levels{number}"], own[f"counts{number}"] = _pack(tallied)
    everyone = hosts.exchange(own)
    return {
        name: _statistics(
            _merge([_unpack(given[f"levels{i}"], given[f"counts{i}"]) for given in everyone]),
            name,
            groups[name],
            name in untyped,
        )
        for i, name in enumerate(tallies)
    }


def _merge(shares: Iterable[Tally]) -> Tally:
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


def _statistics(tallied: Tally, name: str, group: Categorical, untyped: bool) -> LevelStatistics:
    filled = tallied.pop(None, np.zeros((FOLDS, 2)))
    reading = reading_of(tallied) if untyped else "text"
    # A filling that the data do not have may be a spelling of what they have.
    filling = [group.fill] if reading != "text" and group.impute == "constant" else []
    spelled = Levels(name, [*tallied, *filling], reading)
    merged = _merge({spelled.of_text(text): counts} for text, counts in tallied.items())
    missing = int(filled[:, 0].sum())
    fill = spelled.of_text(group.fill)
    if group.impute == "most_frequent" and merged:
        # Of equally frequent levels the least, as scikit-learn's SimpleImputer takes it.
        fill = min(merged, key=lambda level: (-merged[level][:, 0].sum(), level))
    if missing:
        merged[fill] = merged.get(fill, 0) + filled
    levels = sorted(merged)
    by_fold = np.array([merged[level] for level in levels]).reshape(len(levels), FOLDS, 2)
    counts = by_fold[:, :, 0].sum(axis=1).astype(np.int64)
    return LevelStatistics(spelled, levels, counts, missing, fill, by_fold)

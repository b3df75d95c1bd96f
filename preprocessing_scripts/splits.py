"""How labelled rows are dealt out to the channels."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from preprocessing_scripts.outcome import ScriptError

Rows = npt.NDArray[np.intp]


def split(
    flights: pd.DataFrame,
    labels: pd.Series[float],
    held_out: pd.Series[bool],
    how: Literal["temporal", "stratified"],
    validation_fraction: float,
    seed: int,
) -> dict[str, Rows]:
    """Deal the labelled rows out to the channels.

    Args:
        flights: Raw flights.
        labels: 0.0, 1.0, or NaN for rows that go nowhere.
        held_out: Which rows are of day ds.
        how: ``temporal`` validates on the last scheduled departures of the window, ``stratified``
            on a random part with the same share of late flights.
        validation_fraction: The part of the window that validates.
        seed: For ``stratified``.

    Returns:
        Row numbers, ascending, for ``train``, ``validation`` and ``holdout``.
    """
    labelled = labels.notna()
    window: Rows = np.flatnonzero(labelled & ~held_out)
    count = round(len(window) * validation_fraction)
    if how == "temporal":
        departure = flights["time_hour"].iloc[window], flights["minute"].iloc[window]
        chosen = window[np.lexsort((departure[1], departure[0]))[len(window) - count :]]
    else:
        chosen = _stratified(window, labels.to_numpy()[window], count, seed)
    return {
        "train": np.setdiff1d(window, chosen),
        "validation": np.sort(chosen),
        "holdout": np.flatnonzero(labelled & held_out),
    }


def _stratified(rows: Rows, labels: npt.NDArray[np.float64], count: int, seed: int) -> Rows:
    """Choose ``count`` rows at random (give or take one), the same share of each class."""
    random = np.random.default_rng(seed)
    parts = []
    for value in (0.0, 1.0):
        of_class = rows[labels == value]
        size = round(count * len(of_class) / max(len(rows), 1))
        parts.append(random.permutation(of_class)[:size])
    return np.concatenate(parts)


def check_splits(splits: dict[str, Rows], labels: pd.Series[float]) -> None:
    """Raise ``ScriptError`` for a channel without rows or a training split without both classes."""
    for name, rows in splits.items():
        if len(rows) == 0:
            raise ScriptError(
                f"the {name} split has no rows (flights that arrived): "
                "widen the window or change --validation-fraction"
            )
    classes = labels.iloc[splits["train"]].unique()
    if len(classes) < 2:
        what = "late" if classes[0] == 1 else "on time"
        raise ScriptError(
            f"all {len(splits['train'])} flights of the training split were {what}: "
            "nothing to learn; widen the window"
        )

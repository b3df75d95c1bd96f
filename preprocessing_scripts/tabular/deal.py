"""Between the passes: rows are dealt to channels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.tabular.content import mixed, number_repeats
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.ingest import Rows
from preprocessing_scripts.tabular.levels import FOLDS
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.split import (
    classes,
    repeats,
    require_rows,
    validation_rows,
)
from preprocessing_scripts.tabular.times import Times

TRAIN, VALIDATION, HOLDOUT = range(3)
CHANNELS = ("train", "validation", "holdout")


@dataclass(frozen=True)
class Deal:
    """Where rows go.

    Args:
        channel: Of each of this host's rows: an index of ``CHANNELS``.
        repeats: How often each is written.
        folds: Of each row, for target encoding.
        sizes: Rows of each channel over all hosts, before balancing.
        label_dtype: The smallest that holds every host's labels, as it is written.
    """

    channel: npt.NDArray[np.int8]
    repeats: npt.NDArray[np.int64]
    folds: npt.NDArray[np.int64]
    sizes: Mapping[str, int]
    label_dtype: np.dtype[Any]

    def summary(self) -> str:
        """Say in a line how many rows each channel gets."""
        sizes = (f"{size:,} {name}" for name, size in self.sizes.items())
        return f"split: {', '.join(sizes)} rows"


def deal(spec: Spec, rows: Rows, hosts: Hosts) -> Deal:
    """Deal rows to channels.

    Raises:
        TableError: A channel comes out empty, or training with a single class.
    """
    numbered = number_repeats(rows.hashes, hosts)
    # Rows of one key stay together.
    by_content = rows.hashes if spec.split.key else numbered
    hashes = mixed(by_content, spec.split.seed)
    balance_seed = spec.balance.seed + 0x5BD1E995
    channel = np.full(len(rows.labels), HOLDOUT, dtype=np.int8)
    window = ~rows.held
    validates = validation_rows(
        spec.split,
        rows.labels[window],
        hashes[window],
        Times(rows.times[window], rows.rest[window]),
        hosts,
    )
    channel[window] = np.where(validates, VALIDATION, TRAIN)
    if any(group.encode == "target" for group in spec.categorical):
        _require_binary(classes(rows.labels, hosts))
    train = channel == TRAIN
    own = np.bincount(channel, minlength=len(CHANNELS))
    counts = hosts.total(own)
    used = CHANNELS if spec.holdout else CHANNELS[:HOLDOUT]
    sizes = {name: int(count) for name, count in zip(used, counts, strict=False)}
    require_rows(sizes, classes(rows.labels[train], hosts))
    times = np.ones(len(rows.labels), dtype=np.int64)
    times[train] = repeats(
        spec.balance, rows.labels[train], mixed(numbered[train], balance_seed), hosts
    )
    folds = (mixed(by_content, balance_seed) % np.uint64(FOLDS)).astype(np.int64)
    largest = max(abs(label) for label in classes(rows.labels, hosts))
    dtype = np.dtype(np.int8 if largest <= np.iinfo(np.int8).max else np.int64)
    return Deal(channel, times, folds, sizes, dtype)


def _require_binary(labels: Sequence[float]) -> None:
    if not {*labels} <= {0.0, 1.0}:
        found = ", ".join(f"{label:g}" for label in labels)
        raise TableError(f"target encoding needs labels 0 and 1; there are {found}: use one_hot")

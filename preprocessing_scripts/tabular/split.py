"""Which channel a row goes to, decided by thresholds, wherever and in whatever order it is read.

Every row has a 64-bit hash of the seed and of what the row holds. ``stratified`` gives validation
the rows with the smallest hashes of each class, exactly as many as the fraction says; ``temporal``
the rows from some time on, so that rows of one time are on one side. What hosts exchange for it is
the order keys of their rows, and what comes of it is one threshold for each class.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.spec import Balance, Split
from preprocessing_scripts.tabular.times import Times

Hashes = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]

_RANGE = 2.0**64


def validation_rows(
    split: Split, labels: Floats, hashes: Hashes, times: Times, hosts: Hosts
) -> Mask:
    """Choose the rows that validate.

    Args:
        split: How.
        labels: Class of each row of this host.
        hashes: Of the rows.
        times: Of the rows, for a temporal split.
        hosts: All hosts together give validation its fraction.

    Returns:
        True for validation.

    Raises:
        TableError: All rows have one time.
    """
    if split.method == "hash":
        mask: Mask = hashes < np.uint64(split.validation * _RANGE)
        return mask
    if split.method == "temporal":
        return _latest(times, split, hosts)
    chosen = np.zeros(len(labels), dtype=bool)
    for value in classes(labels, hosts):
        of_class = labels == value
        chosen[of_class] = _smallest(hashes[of_class], hashes[of_class], split.validation, hosts)
    return chosen


def _latest(times: Times, split: Split, hosts: Hosts) -> Mask:
    """Mark the rows from the time on that leaves about the fraction to validation."""
    order, fine, counts = _distinct(times.order, times.rest, np.ones(len(times.order)))
    shares = hosts.exchange({"order": order, "fine": fine, "counts": counts})
    order, fine, counts = _distinct(
        *(np.concatenate([share[name] for share in shares]) for name in ("order", "fine", "counts"))
    )
    wanted = counts.sum() * split.validation
    if round(wanted) in (0, counts.sum()):
        return np.full(len(times.order), round(wanted) > 0)
    if len(order) == 1:
        raise TableError(
            f"spec.split.column: all rows have the same {split.column}: no time splits them"
        )
    # From each time but the first on: both sides have rows.
    later = counts[::-1].cumsum()[::-1][1:]
    border = 1 + int(np.argmin(np.abs(later - wanted)))
    mask: Mask = (times.order > order[border]) | (
        (times.order == order[border]) & (times.rest >= fine[border])
    )
    return mask


def _distinct(
    order: Floats, fine: npt.NDArray[np.int16], counts: Floats
) -> tuple[Floats, npt.NDArray[np.int16], Floats]:
    """Times that differ, ascending, and the sum of the counts of each."""
    ascending = np.lexsort((fine, order))
    order, fine, counts = order[ascending], fine[ascending], counts[ascending]
    first = np.flatnonzero(np.append(True, (np.diff(order) != 0) | (np.diff(fine) != 0)))
    if not len(order):
        return order, fine, counts
    return order[first], fine[first], np.add.reduceat(counts, first)


def classes(labels: Floats, hosts: Hosts) -> list[float]:
    """Name all classes, ascending."""
    found = hosts.exchange({"classes": np.unique(labels)})
    return sorted({float(value) for given in found for value in given["classes"]})


def repeats(balance: Balance, labels: Floats, hashes: Hashes, hosts: Hosts) -> Counts:
    """How often each training row is written, so that all classes have as many rows.

    Args:
        balance: ``over`` brings every class up to the largest, ``under`` down to the smallest;
            anything else writes each row once.
        labels: Class of each training row.
        hashes: Of the same rows, for the choice.
        hosts: All hosts together.
    """
    times = np.ones(len(labels), dtype=np.int64)
    if balance.method not in ("over", "under"):
        return times
    sizes = class_sizes(labels, hosts)
    target = max(sizes.values()) if balance.method == "over" else min(sizes.values())
    for value, size in sizes.items():
        of_class = labels == value
        whole, rest = divmod(target, size)
        once_more = _smallest(hashes[of_class], hashes[of_class], rest / size, hosts)
        times[of_class] = whole + once_more
    return times


def class_sizes(labels: Floats, hosts: Hosts) -> Mapping[float, int]:
    """Count the rows of each class over all hosts."""
    names = classes(labels, hosts)
    own = np.array([(labels == value).sum() for value in names], dtype=np.int64)
    counts = hosts.total(own)
    return dict(zip(names, (int(count) for count in counts), strict=True))


def _smallest(keys: npt.NDArray[np.generic], hashes: Hashes, fraction: float, hosts: Hosts) -> Mask:
    """Mark exactly round(fraction x all hosts' rows): those with the smallest (key, hash)."""
    everyone = hosts.exchange({"keys": keys, "hashes": hashes})
    all_keys = np.concatenate([given["keys"] for given in everyone])
    all_hashes = np.concatenate([given["hashes"] for given in everyone])
    count = round(len(all_keys) * fraction)
    if count == 0:
        return np.zeros(len(keys), dtype=bool)
    last = np.lexsort((all_hashes, all_keys))[count - 1]
    key, tie = all_keys[last], all_hashes[last]
    mask: Mask = (keys < key) | ((keys == key) & (hashes <= tie))
    return mask


def require_rows(channels: Mapping[str, int], labels: Sequence[float]) -> None:
    """Refuse a split that nobody can train on.

    Args:
        channels: Rows of each channel, over all hosts.
        labels: The classes among the training rows.

    Raises:
        TableError: A channel has no rows, or all training rows are of one class.
    """
    for name, rows in channels.items():
        if rows == 0:
            raise TableError(f"the {name} channel has no rows; give more data or another split")
    if len(labels) < 2:
        raise TableError(
            f"all {channels['train']} training rows have label {labels[0]:g}: nothing to learn"
        )

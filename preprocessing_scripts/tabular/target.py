"""Target encoding: a level's share of label 1, drawn towards the share of all by its rarity.

Smoothed as scikit-learn's TargetEncoder does with ``smooth="auto"``, an empirical Bayes estimate
(Micci-Barreca 2001). A training row's own label must not be in its encoding, so training rows get
what the rows of the other folds say.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TargetEncoding:
    """What takes the place of levels.

    Args:
        levels: For rows outside training, by level.
        mean: For a level that training has not seen.
        by_fold: For training rows, shape (folds, levels); the mean of the other folds where only
            this fold has the level.
    """

    levels: Floats
    mean: float
    by_fold: Floats


def target_encoding(by_fold: Floats) -> TargetEncoding:
    """Encode the levels of one column.

    Args:
        by_fold: Training rows, and those of them with label 1, shape (levels, folds, 2).
    """
    total = by_fold.sum(axis=1)
    levels, mean = _smooth(total)
    others = [_smooth(total - by_fold[:, fold])[0] for fold in range(by_fold.shape[1])]
    return TargetEncoding(levels, mean, np.array(others).reshape(len(others), len(levels)))


def _smooth(counts: Floats) -> tuple[Floats, float]:
    rows, ones = counts[:, 0], counts[:, 1]
    mean = float(ones.sum() / max(rows.sum(), 1))
    variance = mean * (1 - mean)
    with np.errstate(all="ignore"):
        means = ones / rows
        weight = variance * rows / (variance * rows + means * (1 - means))
        smoothed: Floats = weight * means + (1 - weight) * mean
    smoothed[np.isnan(smoothed)] = mean
    return smoothed, mean

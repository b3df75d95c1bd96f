"""Synthetic rows of a class that is too rare: SMOTE, with SMOTE-NC's rule for categories.

Chawla, Bowyer, Hall and Kegelmeyer, "SMOTE: Synthetic Minority Over-sampling Technique", 2002.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from preprocessing_scripts.tabular.errors import TableError

Rows = npt.NDArray[np.floating[Any]]
Places = npt.NDArray[np.int64]

_BATCH_ROWS = 16_384


class Smote:
    """Rows between a row of the minority and one of its nearest neighbours in the minority.

    There is nothing between two categories: a synthetic row has the one that most of the neighbours
    have, of equally frequent ones that of the nearest. All neighbours are found at once, which
    takes time in the square of the number of rows.

    Args:
        minority: All rows of the class, [rows, features], float, finite.
        seed: Of the random choices.
        neighbors: How many nearest neighbours of a row to choose from (Euclidean); fewer if there
            are fewer rows.
        categories: Columns that together say one category, such as those of a one-hot encoding. As
            in imbalanced-learn's SMOTENC, these count in distances with half the median of the
            other columns' standard deviations in the place of 1.

    Attributes:
        neighbors: From how many neighbours it chooses.
        warning: What the caller should say to its user; None if all is well.

    Raises:
        TableError: There are no rows, or values that are not finite.
    """

    def __init__(
        self, minority: Rows, seed: int, neighbors: int = 5, categories: Sequence[slice] = ()
    ) -> None:
        if len(minority) == 0:
            raise TableError("SMOTE: the minority has no rows in the training split")
        if not np.isfinite(minority).all():
            raise TableError("SMOTE: the minority's rows hold missing or infinite values")
        self._minority = minority
        self._seed = seed
        self._categories = categories
        self.neighbors = min(neighbors, len(minority) - 1)
        self.warning: str | None = None
        if self.neighbors == 0:
            self.warning = "SMOTE: the minority has one row; synthetic rows are copies of it"
        else:
            search = NearestNeighbors(n_neighbors=self.neighbors).fit(self._weighed())
            # Without an argument: a row is not its own neighbour, though its twins are.
            self._nearest = search.kneighbors(return_distance=False)

    def sample(self, count: int) -> Iterator[Rows]:
        """Make synthetic rows, the same at each call.

        Every row is a base as often as any other, give or take one.

        Args:
            count: How many.

        Yields:
            Batches of at most 16,384 rows, of the minority's type.
        """
        random = np.random.default_rng(self._seed)
        turn = random.permutation(len(self._minority))
        for start in range(0, count, _BATCH_ROWS):
            size = min(_BATCH_ROWS, count - start)
            bases = turn[np.arange(start, start + size) % len(turn)]
            rows = self._minority[bases]
            if self.neighbors > 0:
                chosen = self._nearest[bases, random.integers(self.neighbors, size=size)]
                share = random.random((size, 1)).astype(rows.dtype)
                rows += share * (self._minority[chosen] - rows)
                for columns in self._categories:
                    rows[:, columns] = self._minority[self._majority(bases, columns), columns]
            yield rows

    def _weighed(self) -> Rows:
        """The rows, with categories as they count in distances."""
        numbers = np.ones(self._minority.shape[1], dtype=bool)
        for columns in self._categories:
            numbers[columns] = False
        spread = self._minority[:, numbers].std(axis=0, dtype=np.float64)
        weight = float(np.median(spread)) / 2 if numbers.any() else 0.0
        return np.where(numbers, self._minority, self._minority * (weight or 1.0))

    def _majority(self, bases: Places, columns: slice) -> Places:
        """For each base, the nearest of the neighbours that have the most frequent category."""
        _, codes = np.unique(self._minority[:, columns], axis=0, return_inverse=True)
        nearest = self._nearest[bases]
        votes = codes.reshape(-1)[nearest]
        agreeing = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
        chosen: Places = nearest[np.arange(len(bases)), agreeing.argmax(axis=1)]
        return chosen

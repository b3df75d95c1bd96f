"""Synthetic rows of a class that is too rare: SMOTE.

Chawla, Bowyer, Hall and Kegelmeyer, "SMOTE: Synthetic Minority Over-sampling Technique", 2002.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neighbors import NearestNeighbors

from preprocessing_scripts.tabular.errors import TableError

Rows = npt.NDArray[np.floating[Any]]

_BATCH_ROWS = 16_384


class Smote:
    """Rows between a row of the minority and one of its nearest neighbours in the minority.

    All neighbours are found at once, which takes time in the square of the number of rows.

    Args:
        minority: All rows of the class, [rows, features], float, finite.
        seed: Of the random choices.
        neighbors: How many nearest neighbours of a row to choose from (Euclidean); fewer if there
            are fewer rows.

    Attributes:
        neighbors: From how many neighbours it chooses.
        warning: What the caller should say to its user; None if all is well.

    Raises:
        TableError: There are no rows, or values that are not finite.
    """

    def __init__(self, minority: Rows, seed: int, neighbors: int = 5) -> None:
        if len(minority) == 0:
            raise TableError("SMOTE: the minority has no rows in the training split")
        if not np.isfinite(minority).all():
            raise TableError("SMOTE: the minority's rows hold missing or infinite values")
        self._minority = minority
        self._seed = seed
        self.neighbors = min(neighbors, len(minority) - 1)
        self.warning: str | None = None
        if self.neighbors == 0:
            self.warning = "SMOTE: the minority has one row; synthetic rows are copies of it"
        else:
            search = NearestNeighbors(n_neighbors=self.neighbors).fit(minority)
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
            yield rows

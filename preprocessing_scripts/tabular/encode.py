"""From a block of the spool to features, as the fitted pipeline would transform its rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.levels import LevelStatistics, codes_of
from preprocessing_scripts.tabular.numbers import NumberStatistics
from preprocessing_scripts.tabular.scaling import affine
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.target import target_encoding

Matrix = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class OneHot:
    """Columns of which a row has at most one set.

    Args:
        codes: Which one, by row; -1 for none.
        width: How many there are.
    """

    codes: Codes
    width: int

    def columns(self, dtype: Any) -> Iterator[Matrix]:
        """Write them out."""
        for code in range(self.width):
            yield (self.codes == code).astype(dtype)


@dataclass(frozen=True)
class Features:
    """Features of some rows: numbers, shape (columns, rows), and one-hot columns, in turn."""

    parts: Sequence[Matrix | OneHot]

    def widths(self) -> list[int]:
        """How many columns each part has."""
        return [part.width if isinstance(part, OneHot) else len(part) for part in self.parts]

    def columns(self, dtype: Any) -> Iterator[Matrix]:
        """One array for each feature."""
        for part in self.parts:
            if isinstance(part, OneHot):
                yield from part.columns(dtype)
            else:
                yield from part


def join(pieces: Sequence[Features]) -> Features:
    """Put the rows of several blocks one after another."""
    parts: list[Matrix | OneHot] = []
    for together in zip(*(piece.parts for piece in pieces), strict=True):
        first = together[0]
        if isinstance(first, OneHot):
            codes = np.concatenate([one.codes for one in together if isinstance(one, OneHot)])
            parts.append(OneHot(codes, first.width))
        else:
            parts.append(np.concatenate(together, axis=1))
    return Features(parts)


class Encoder:
    """Makes features.

    Args:
        spec: Resolved.
        numbers: By column or feature, in the order of the spool's columns.
        levels: By column.
    """

    def __init__(
        self,
        spec: Spec,
        numbers: Mapping[str, NumberStatistics],
        levels: Mapping[str, LevelStatistics],
    ) -> None:
        self.dtype = np.dtype(spec.output.dtype)
        self._names = list(numbers)
        self._fills = self._column([one.fill for one in numbers.values()])
        maps = [affine(g.scale, numbers[name]) for g in spec.numeric for name in g.columns]
        self._shifts = self._column([shift for shift, _ in maps])
        self._factors = self._column([factor for _, factor in maps])
        self._pivots = np.array([one.pivot for one in numbers.values()]).reshape(-1, 1)
        self._text = [
            (
                name,
                _OneHotMap(levels[name], group.min_count)
                if group.encode == "one_hot"
                else _TargetMap(levels[name]),
            )
            for group in spec.categorical
            for name in group.columns
        ]

    def _column(self, values: Sequence[float]) -> Matrix:
        return np.array(values, dtype=self.dtype).reshape(-1, 1)

    def encode(
        self, numbers: Matrix, others: pa.Table, rows: Rows, folds: Codes | None
    ) -> Features:
        """Encode some rows of a block.

        Args:
            numbers: All of the block's, shape (columns, rows), minus the pivots.
            others: All of its other columns; text is dictionary-encoded.
            rows: Which rows, as often as they are wanted.
            folds: Folds of these rows, if they are training rows.

        Raises:
            TableError: A value is infinite when it is scaled.
        """
        values = numbers.take(rows, axis=1)
        np.copyto(values, self._fills, where=np.isnan(values))
        with np.errstate(over="ignore", invalid="ignore"):
            values -= self._shifts
            values *= self._factors
            finite = np.isfinite(values.sum())
        if not finite:
            self._refuse_infinite(values)
        texts = [
            text.encode(_dictionary(others[name]), rows, folds, self.dtype)
            for name, text in self._text
        ]
        return Features([values, *texts])

    def _refuse_infinite(self, values: Matrix) -> None:
        for row, name in zip(values, self._names, strict=True):
            if not np.isfinite(row).all():
                raise TableError(
                    f"column {name}: a value too far from those that train to be scaled as "
                    f'{self.dtype}: correct it or leave it out, or set "dtype": "float64"'
                )

    def are_whole(self, numbers: Matrix) -> npt.NDArray[np.bool_]:
        """Tell which columns of a block have whole numbers alone; what is missing does not count.

        Args:
            numbers: Of some rows, shape (columns, rows), minus the pivots.
        """
        raw = numbers + self._pivots
        whole: npt.NDArray[np.bool_] = ((raw == np.rint(raw)) | np.isnan(raw)).all(axis=1)
        return whole

    def rounded(self, values: Matrix, whole: npt.NDArray[np.bool_]) -> Matrix:
        """Put the features of the nearest whole numbers in the place of some features.

        Args:
            values: Of numbers, shape (columns, rows).
            whole: Of which columns.
        """
        shifts, factors, pivots = self._shifts[whole], self._factors[whole], self._pivots[whole]
        raw = np.rint(values[whole].astype(np.float64) / factors + shifts + pivots)
        made = values.copy()
        made[whole] = ((raw - pivots).astype(self.dtype) - shifts) * factors
        return made


def _dictionary(column: pa.ChunkedArray) -> pa.DictionaryArray:
    chunk: pa.DictionaryArray = column.chunk(0)
    return chunk


class _OneHotMap:
    """Levels to places among the columns, as OneHotEncoder orders them."""

    def __init__(self, statistics: LevelStatistics, min_count: int) -> None:
        common = statistics.counts >= min_count
        frequent = [level for level, is_so in zip(statistics.levels, common, strict=True) if is_so]
        self._width = len(frequent) + (not common.all())
        # Rare levels share the last column; what training has not seen is counted among them.
        self._other = -1 if common.all() else len(frequent)
        self._level = statistics.spelled.of_text
        self._places = {level: place for place, level in enumerate(frequent)}
        self._fill = statistics.fill

    def encode(self, column: pa.DictionaryArray, rows: Rows, folds: Any, dtype: Any) -> OneHot:
        del folds, dtype
        levels, codes = codes_of(column, rows)
        known = [*map(self._level, levels[:-1]), self._fill]
        places = [self._places.get(level, self._other) for level in known]
        return OneHot(np.array(places)[codes], self._width)


class _TargetMap:
    """Levels to shares of label 1."""

    def __init__(self, statistics: LevelStatistics) -> None:
        self._encoding = target_encoding(statistics.by_fold)
        self._level = statistics.spelled.of_text
        self._places = {level: place for place, level in enumerate(statistics.levels)}
        self._fill = statistics.fill

    def encode(
        self, column: pa.DictionaryArray, rows: Rows, folds: Codes | None, dtype: Any
    ) -> Matrix:
        unseen = len(self._places)
        levels, codes = codes_of(column, rows)
        known = [*map(self._level, levels[:-1]), self._fill]
        places = [self._places.get(level, unseen) for level in known]
        place = np.array(places)[codes]
        if folds is None:
            shares = np.append(self._encoding.levels, self._encoding.mean)[place]
        else:
            shares = self._encoding.by_fold[folds, place]
        matrix: Matrix = shares.astype(dtype).reshape(1, -1)
        return matrix

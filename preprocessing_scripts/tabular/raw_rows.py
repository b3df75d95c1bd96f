"""Raw rows as the engine reads them, whatever reads them here: the first step of the pipeline.

Goes with a saved preprocessor.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from preprocessing_scripts.tabular.carried import Carried
from preprocessing_scripts.tabular.derive import Recipe, add_features
from preprocessing_scripts.tabular.spellings import Levels
from preprocessing_scripts.tabular.values import instant_of, microseconds_of, number_of, numbers_of

Floats = npt.NDArray[np.float64]

_NUMBERS = (int, float, np.int64, np.float64)


class RawRows(Carried, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Makes numbers, and text that is a level, of columns of any type that pandas has for them.

    Args:
        numbers: Columns of numbers.
        times: Columns of times, and the unit of those that are stored as numbers since 1970.
        levels: Of each column of text.
        recipes: Features that are made of numbers and times.
        output: Names of the numbers and features that are wanted.
        missing_values: Texts that stand for a missing value.
    """

    modules = ("values", "derive", "spellings", "raw_rows")

    def __init__(
        self,
        numbers: Sequence[str],
        times: Mapping[str, str | None],
        levels: Mapping[str, Levels],
        recipes: Sequence[Recipe],
        output: Sequence[str],
        missing_values: Sequence[str],
    ) -> None:
        self.numbers = numbers
        self.times = times
        self.levels = levels
        self.recipes = recipes
        self.output = output
        self.missing_values = missing_values
        self.feature_names_in_ = np.array([*numbers, *times, *levels], dtype=object)
        self.n_features_in_ = len(self.feature_names_in_)

    def __getstate__(self) -> dict[str, Any]:
        """Levels as what they are made of."""
        levels = {name: (one.texts, one.reading) for name, one in self.levels.items()}
        return super().__getstate__() | {"levels": levels}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Make levels of what they are made of."""
        levels = {name: Levels(name, *made) for name, made in state["levels"].items()}
        super().__setstate__(state | {"levels": levels})

    def fit(self, rows: Any, labels: Any = None) -> "RawRows":
        """Do nothing: all is known already."""
        del rows, labels
        return self

    def get_feature_names_out(self, names: Any = None) -> npt.NDArray[np.object_]:
        """Name the columns of what ``transform`` gives."""
        del names
        return np.array([*self.output, *self.levels], dtype=object)

    def transform(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Read raw rows.

        Args:
            rows: With the columns of the table, of any type; more columns do no harm.

        Returns:
            Numbers as float64, NaN where one is missing or not finite; text as objects, NaN where
            it is missing.

        Raises:
            ValueError: A column is missing, or a value cannot be what its column holds.
        """
        lacking = [name for name in self.feature_names_in_ if name not in rows]
        if lacking:
            raise ValueError(f"missing columns: {', '.join(map(str, lacking))}")
        if not rows.columns.is_unique:
            raise ValueError("columns of one name: give each a name of its own")
        numbers = numbers_of(self.missing_values)
        columns = self._plain(rows, numbers)
        if columns is None:
            found = {name: self._floats(rows[name], numbers) for name in self.numbers}
            found |= {name: self._times(rows[name], unit) for name, unit in self.times.items()}
            add_features(found, self.recipes)
            columns = np.array([found[name] for name in self.output]).reshape(-1, len(rows)).T
        columns = np.where(np.isfinite(columns), columns, np.nan)
        frame = pd.DataFrame(columns, columns=list(self.output), index=rows.index)
        if not self.levels:
            return frame
        texts = np.empty((len(rows), len(self.levels)), dtype=object)
        for place, (name, levels) in enumerate(self.levels.items()):
            texts[:, place] = self._each(rows[name], levels.of_value, numbers)
        text = pd.DataFrame(texts, columns=list(self.levels), index=rows.index)
        return pd.concat([frame, text], axis=1) if self.output else text

    def _plain(self, rows: pd.DataFrame, missing: Sequence[float]) -> Floats | None:
        """All columns at once, if nothing is to be made of them and numpy holds them as numbers."""
        if self.recipes or self.times:
            return None
        some = rows[list(self.output)]
        if any(not isinstance(one, np.dtype) or one.kind not in "fiub" for one in some.dtypes):
            return None
        return _without(some.to_numpy(np.float64), missing)

    def _floats(self, column: "pd.Series[Any]", missing: Sequence[float]) -> Floats:
        if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype.kind in "fiub":
            return _without(column.to_numpy(np.float64, na_value=np.nan), missing)
        return _without(self._each(column, number).astype(np.float64), missing)

    def _times(self, column: "pd.Series[Any]", unit: str | None) -> Floats:
        moments = _moments(column)
        if moments is None:
            read = partial(microseconds, unit=unit)
            return self._each(column, read).astype(np.float64)
        times = moments.astype("datetime64[us]")
        return np.where(np.isnat(times), np.nan, times.astype(np.float64))

    def _each(
        self,
        column: "pd.Series[Any]",
        read: Callable[[Any], Any],
        missing: Sequence[float] = (),
    ) -> npt.NDArray[np.object_]:
        """Read a column value by value, equal ones once; NaN where one is missing."""
        moments = _moments(column)
        values = column.to_numpy(object) if moments is None else moments
        # With their types: True is equal to 1.
        words = [(str, text) for text in self.missing_values]
        numbers = [(kind, one) for kind in _NUMBERS for one in missing]
        made: dict[Any, Any] = dict.fromkeys([*words, *numbers], np.nan)
        found = np.full(len(values), np.nan, dtype=object)
        for row in np.flatnonzero(~pd.isna(values)):
            key = (type(values[row]), values[row])
            try:
                if key not in made:
                    made[key] = read(values[row])
            except (TypeError, ValueError) as error:
                raise ValueError(f"column {column.name}: {error}") from error
            found[row] = made[key]
        return found


def _without(values: Floats, missing: Sequence[float]) -> Floats:
    return np.where(np.isin(values, missing), np.nan, values) if missing else values


def number(value: Any) -> float:
    """Read a number.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, str):
        read = number_of(value)
        if read is None and value.strip(" \t").lower() != "nan":
            raise ValueError(f"{value!r} is not a number")
        return np.nan if read is None else float(read)
    return float(value)


def _moments(column: "pd.Series[Any]") -> npt.NDArray[np.datetime64] | None:
    """Times in UTC as numpy holds them; pandas itself ends the process for some in the year 1."""
    if column.dtype.kind != "M":
        return None
    values: Any = column.array
    if isinstance(column.dtype, pd.ArrowDtype):
        stored = values.__arrow_array__()
        if not str(stored.type).startswith("timestamp"):
            return None  # a day, which pandas counts among the times too
        return np.asarray(stored.cast(f"timestamp[{stored.type.unit}]").to_numpy())
    if getattr(values, "tz", None) is not None:
        values = values.tz_convert("UTC").tz_localize(None)
    return np.asarray(values.to_numpy())


def microseconds(value: Any, unit: str | None) -> float:
    """Read a time, as microseconds since 1970.

    Args:
        value: A time or, if there is a unit, a number.
        unit: Of numbers.

    Raises:
        ValueError: It is none.
    """
    instant = instant_of(value)
    if isinstance(instant, int):
        return float(instant // 1000)
    if unit is None:
        raise ValueError(f"{value!r} is not a time like 2013-02-11T10:00:00Z")
    since = number_of(value) if isinstance(value, str) else value
    if unit == "ns" and isinstance(since, int):
        return float(since // 1000)
    return float(microseconds_of(np.array([number(since)]), unit)[0])

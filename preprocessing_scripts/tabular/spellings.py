"""Levels of a column, and which of them a value stands for, however it is written or held.

A level is text to the engine. Readers of tables find other types for the same text: ``0`` is 0, or
0.0 where the column has a gap, ``true`` is True, and one row alone may be read otherwise than the
table. Goes with a saved preprocessor.
"""

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import numpy as np

from preprocessing_scripts.tabular.values import Instant, boolean_of, instant_of, number_of

Reading = Literal["text", "number", "boolean"]
"""What all texts of a column are; what is not text has one level for each value."""

_READERS: Mapping[Reading, Any] = {
    "text": str,
    "number": number_of,
    "boolean": boolean_of,
}
_ULPS = 4
"""How far off a reader of numbers may be: pandas' own is not exactly rounded."""


def reading_of(texts: Iterable[str]) -> Reading:
    """Tell as what a reader takes a column of text that looks for numbers and truth values."""
    texts = list(texts)
    for reading in ("number", "boolean"):
        if texts and all(_READERS[reading](text) is not None for text in texts):
            return reading
    return "text"


class Levels:
    """The levels of one column.

    Args:
        column: Its name, for errors.
        texts: All that were found.
        reading: What they are. Texts of one number, or truth value, are one level, which is called
            by the shortest of them.

    Attributes:
        spellings: Text -> level; of text, which has one spelling, nothing.
        names: Of the levels, ascending.
    """

    def __init__(self, column: str, texts: Sequence[str], reading: Reading = "text") -> None:
        self.column = column
        self.reading = reading
        self._by_value: dict[Any, str] = {}
        self.spellings: dict[str, str] = {}
        self.names = sorted(set(texts))
        if reading == "text":
            return
        for text in sorted(texts, key=lambda text: (len(text), text)):
            self._by_value.setdefault(self._value(text), text)
        self.spellings = {text: self._by_value[self._value(text)] for text in texts}
        self.names = sorted(self._by_value.values())

    @property
    def texts(self) -> list[str]:
        """All that were found."""
        return list(self.spellings or self.names)

    def of_text(self, text: str) -> str:
        """The level of a text; itself if there is none."""
        if self.reading == "text":
            return text
        found = self.spellings.get(text)
        return found or self._by_value.get(self._value(text), text)

    def _value(self, text: str) -> Any:
        value = _READERS[self.reading](text)
        return text if value is None else value

    def of_value(self, value: Any) -> str:
        """The level of a value that is not missing; some other text if there is none.

        Raises:
            ValueError: There are several.
        """
        if isinstance(value, str):
            return self.of_text(value)
        if isinstance(value, bytes):
            return self.of_text(value.decode())
        found = self._candidates(value)
        if len(found) > 1:
            raise ValueError(
                f"column {self.column}: {value!r} may be any of {', '.join(map(repr, found))}: "
                "read this column as text (dtype=str)"
            )
        return found[0] if found else self.of_text(str(value))

    def _candidates(self, value: Any) -> Sequence[str]:
        if isinstance(value, (bool, np.bool_)):
            return self._booleans.get(bool(value), ())
        if isinstance(value, (int, np.integer)):
            return self._numbers.get(int(value), ())
        if isinstance(value, (float, np.floating, Decimal)):
            # What is a float32 has fewer digits as text than the double that it is held as.
            number = float(value)
            return self._of_float(number) or self._of_float(_as_float32(number))
        instant = instant_of(value)
        return self._instants.get(instant, ()) if instant is not None else ()

    def _of_float(self, value: float) -> Sequence[str]:
        floats, names = self._floats
        first, last = bisect_left(floats, value), bisect_right(floats, value)
        if first < last or not floats or not math.isfinite(value):
            return names[first:last]
        reach = _ULPS * math.ulp(value)
        near = range(max(first - 1, 0), min(first + 1, len(floats)))
        distance, name = min((abs(floats[i] - value), names[i]) for i in near)
        return [name] if distance <= reach else ()

    @cached_property
    def _booleans(self) -> Mapping[bool, Sequence[str]]:
        return self._index(boolean_of)

    @cached_property
    def _numbers(self) -> Mapping[Any, Sequence[str]]:
        return self._index(number_of)

    @cached_property
    def _floats(self) -> tuple[Sequence[float], Sequence[str]]:
        pairs = sorted((float(one), name) for one, names in self._numbers.items() for name in names)
        return [one for one, _ in pairs], [name for _, name in pairs]

    @cached_property
    def _instants(self) -> Mapping[Instant, Sequence[str]]:
        return self._index(instant_of)

    def _index(self, read: Any) -> Mapping[Any, Sequence[str]]:
        found = defaultdict(list)
        for name in self.names:
            value = read(name)
            if value is not None:
                found[value].append(name)
        return found


def _as_float32(value: float) -> float:
    return float(str(np.float32(value))) if abs(value) < np.finfo(np.float32).max else value

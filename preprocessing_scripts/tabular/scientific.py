"""Float32 numbers as text of one width, so that rows of a CSV file are rows of a matrix of bytes.

``+1.23456789e-01,`` has 16 bytes, two words of a machine, whatever the number: nothing has to be
measured, padded or moved, and tables of ready digits do the rest. Nine significant digits tell
every float32 from its neighbours, so each reads back as it was; only what is too small for
float32 to normalize, below 1.2e-38, is written as zero.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

WIDTH = 16
"""Bytes of a number and its comma."""

_THOUSAND = 1000
_MILLION = 1_000_000
_OCTAVES = range(1, 256)
"""Biased binary exponents; 0 has zero and what is not normalized."""


@dataclass(frozen=True)
class _Tables:
    """Ready text, as words, and what leads to it.

    An octave, the numbers that share a binary exponent, holds at most one power of ten, its border:
    it has two decimal exponents, below the border and from there on.

    Args:
        borders: By octave.
        scales: What makes nine digits of a number, by twice the octave, plus one from the border.
        exponents: ``e-01,`` by the same, in the last five bytes.
        first: Sign, digit, point and two digits by the first three digits, plus 1000 if negative.
        second: The next three digits, in the last three bytes.
        third: The last three digits, in the first three bytes.
    """

    borders: npt.NDArray[np.float32]
    scales: npt.NDArray[np.float64]
    exponents: npt.NDArray[np.uint64]
    first: npt.NDArray[np.uint64]
    second: npt.NDArray[np.uint64]
    third: npt.NDArray[np.uint64]


def scientific(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Write numbers as text.

    Args:
        values: Finite, contiguous, shape (rows, columns). Some ten thousand at once are quickest:
            what lies between the steps has to fit into the processor's cache.

    Returns:
        Shape (rows, columns * ``WIDTH``).
    """
    tables = _tables()
    octaves = values.view(np.uint32) >> 23
    negative = octaves >> 8
    octaves &= 0xFF
    magnitudes = np.abs(values)
    places = octaves * 2 + (magnitudes >= tables.borders.take(octaves))
    digits = np.rint(magnitudes * tables.scales.take(places)).astype(np.uint32)
    first = digits // _MILLION
    digits -= first * _MILLION
    second = digits // _THOUSAND
    digits -= second * _THOUSAND
    first += negative * _THOUSAND
    words = np.empty((*values.shape, 2), np.uint64)
    np.bitwise_or(tables.first.take(first), tables.second.take(second), out=words[..., 0])
    np.bitwise_or(tables.third.take(digits), tables.exponents.take(places), out=words[..., 1])
    return words.view(np.uint8).reshape(len(values), -1)


@cache
def _tables() -> _Tables:
    powers = [math.floor(math.log10(2.0 ** (octave - 127))) for octave in _OCTAVES]
    exponents = [exponent for power in powers for exponent in (power, power + 1)]
    threes = [f"{number:03}" for number in range(_THOUSAND)]
    return _Tables(
        borders=np.array([np.float32(np.inf), *map(_border, powers)]),
        scales=np.array([0.0, 0.0, *(10.0 ** (8 - exponent) for exponent in exponents)]),
        exponents=_words((f"e{exponent:+03}," for exponent in [0, 0, *exponents]), before=3),
        first=_words(f"{sign}{three[0]}.{three[1:]}" for sign in "+-" for three in threes),
        second=_words(threes, before=5),
        third=_words(threes),
    )


def _border(power: int) -> np.float32:
    """The smallest float32 that nine digits show with the next decimal exponent."""
    ten = 10.0 ** (power + 1)
    nearest = np.float32(min(ten, float(np.finfo(np.float32).max)))
    reaches = float(nearest) >= ten * (1 - 0.5e-9)
    return nearest if reaches else np.nextafter(nearest, np.float32(np.inf))


def _words(texts: Iterable[str], before: int = 0) -> npt.NDArray[np.uint64]:
    """Texts as words of eight bytes, with as many zero bytes before them."""
    text = b"".join(bytes(before) + text.encode().ljust(8 - before, b"\0") for text in texts)
    return np.frombuffer(text, np.uint64)

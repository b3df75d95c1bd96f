"""CSV as SageMaker's built-in algorithms read it: no header, the label first."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from preprocessing_scripts.tabular.encode import Features, OneHot
from preprocessing_scripts.tabular.scientific import WIDTH, scientific
from preprocessing_scripts.tabular.writers import Labels, PartWriter

Text = npt.NDArray[np.uint8]

_BYTES = 256 * 1024
"""About as much is written at once: all that is made on the way to it has to fit into a cache."""

_ONE, _END = b"1\n"


class CsvPart(PartWriter):
    """The label and the features, without a header.

    Args:
        path: Of the file.
        dtype: Of the features.
    """

    def __init__(self, path: Path, dtype: Any) -> None:
        super().__init__(path)
        self._dtype = dtype

    def write(self, features: Features, labels: Labels, kept: pa.Table) -> None:
        """See ``PartWriter``; what is kept has no place in a file without a header."""
        del kept
        label = _text_of(labels)
        if label is None or not _plain(features):
            self._write_any(features, labels)
            return
        for rows in _rows(features, label):
            self.sink.write(rows)

    def _write_any(self, features: Features, labels: Labels) -> None:
        """What has text of different widths is written by Arrow, number by number."""
        columns = [pa.array(labels)]
        for part in features.parts:
            dtype = np.int8 if isinstance(part, OneHot) else self._dtype
            columns += [pa.array(column) for column in Features([part]).columns(dtype)]
        table = pa.table(columns, names=[str(number) for number in range(len(columns))])
        options = csv.WriteOptions(include_header=False, quoting_style="none")
        csv.write_csv(table, self.sink, options)


def _plain(features: Features) -> bool:
    """Whether all numbers are finite float32."""
    numbers = [part for part in features.parts if not isinstance(part, OneHot)]
    return all(part.dtype == np.float32 and np.isfinite(part).all() for part in numbers)


def _text_of(labels: Labels) -> Text | None:
    """Labels with a comma each, shape (rows, bytes); None if they are no whole numbers of a width.

    Classes are 0 and 1, or 0 to 9, nearly always.
    """
    if labels.dtype.kind not in "iu":
        return None
    classes, codes = np.unique(labels, return_inverse=True)
    texts = [f"{label},".encode() for label in classes.tolist()]
    if len({len(text) for text in texts}) != 1:
        return None
    return np.frombuffer(b"".join(texts), np.uint8).reshape(len(texts), -1).take(codes, axis=0)


def _rows(features: Features, label: Text) -> Iterator[Text]:
    """Text of some rows at a time, in a matrix that is used again for the next."""
    texts = [label.__getitem__, *map(_text, features.parts)]
    widths = [label.shape[1], *map(_width, features.parts)]
    places = np.cumsum([0, *widths]).tolist()
    step = max(1, _BYTES // places[-1])
    matrix = np.empty((step, places[-1]), np.uint8)
    for start in range(0, len(label), step):
        some = slice(start, start + step)
        rows = matrix[: len(label[some])]
        for text, place, end in zip(texts, places[:-1], places[1:], strict=True):
            rows[:, place:end] = text(some)
        rows[:, -1] = _END
        yield rows


def _text(part: npt.NDArray[Any] | OneHot) -> Callable[[slice], Text]:
    """What writes some rows of a part, with a comma after every column."""
    if isinstance(part, OneHot):
        ready, codes = _one_hot_text(part.width), part.codes
        return lambda some: ready.take(codes[some], axis=0, mode="wrap")
    return lambda some: scientific(np.ascontiguousarray(part[:, some].T))


def _width(part: npt.NDArray[Any] | OneHot) -> int:
    return part.width * 2 if isinstance(part, OneHot) else len(part) * WIDTH


def _one_hot_text(width: int) -> Text:
    """``0,1,0,`` for every code, and ``0,0,0,`` for none, which is the last, or -1."""
    text = np.tile(np.frombuffer(b"0,", np.uint8), (width + 1, width))
    codes = np.arange(width)
    text[codes, codes * 2] = _ONE
    return text

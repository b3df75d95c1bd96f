"""The rows of the input: texts and labels, from CSV and parquet files, a block at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from pyarrow import csv
from pyarrow.parquet import ParquetFile

from preprocessing_scripts.outcome import ScriptError

_CSV = (".csv", ".csv.gz")
_ENDINGS = (*_CSV, ".parquet")
_ROWS = 4096
_BLOCK_BYTES = 16 * 1024 * 1024  # a row, with all its text, has to fit into one


@dataclass(frozen=True)
class Row:
    """A text, and its label if labels are asked for."""

    text: str
    label: int | None = None


class TextFiles:
    """The ``.csv``, ``.csv.gz`` and ``.parquet`` files of a folder, which may be read many times.

    Args:
        folder: Where they are.
        text: Name of the column with the texts.
        label: Name of a column with whole numbers; None: none is read.

    Raises:
        ScriptError: There is no such file.
    """

    def __init__(self, folder: Path, text: str, label: str | None) -> None:
        self.files = [path for path in sorted(folder.rglob("*")) if path.name.endswith(_ENDINGS)]
        self._columns = [text] if label is None else [text, label]
        if not self.files:
            raise ScriptError(f"there is no {', '.join(_ENDINGS)} file below {folder}")

    def rows(self) -> Iterator[Row]:
        """All rows that have a text, in the order of the files' names.

        Raises:
            ScriptError: A file cannot be read, lacks a column, or a row has no whole number for
                its label.
        """
        for path in self.files:
            for block in self._blocks(path):
                texts = block.column(0).to_pylist()
                labels = [None] * len(texts)
                if len(self._columns) > 1:
                    labels = block.column(1).to_pylist()
                    self._check(path, labels)
                yield from (
                    Row(text, label)
                    for text, label in zip(texts, labels, strict=True)
                    if text is not None and text.strip()
                )

    def _blocks(self, path: Path) -> Iterator[pa.RecordBatch]:
        kinds = dict(zip(self._columns, (pa.string(), pa.int64()), strict=False))
        read = _csv_blocks if path.name.endswith(_CSV) else _parquet_blocks
        try:
            yield from read(path, kinds)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ScriptError(f"{path}: {error}") from error

    def _check(self, path: Path, labels: Sequence[int | None]) -> None:
        if None in labels:
            raise ScriptError(f"{path}: a row has no number in its column {self._columns[1]}")


def _csv_blocks(path: Path, kinds: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    yield from csv.open_csv(
        path,
        read_options=csv.ReadOptions(block_size=_BLOCK_BYTES, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(column_types=kinds, include_columns=list(kinds)),
    )


def _parquet_blocks(path: Path, kinds: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
    with ParquetFile(path, memory_map=True) as file:
        missing = [name for name in kinds if name not in file.schema_arrow.names]
        if missing:
            raise ValueError(
                f"there is no column {', '.join(missing)}; there are "
                f"{', '.join(file.schema_arrow.names)}"
            )
        for block in file.iter_batches(_ROWS, columns=list(kinds), use_threads=False):
            columns = [block.column(name).cast(kind) for name, kind in kinds.items()]
            yield pa.record_batch(columns, names=list(kinds))

"""Parquet files as a source of blocks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.parquet as pq

from preprocessing_scripts.tabular.blocks import (
    Block,
    convert_stored,
    refuse_duplicates,
)
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.file_source import FileSource
from preprocessing_scripts.tabular.schema import Schema, require_columns

_MAX_ROWS = 1 << 14
_MIN_ROWS = 1 << 10
_BLOCK_VALUES = 1 << 20
_COLUMN_BUFFER_BYTES = 1 << 16


class ParquetSource(FileSource):
    """Parquet files as one table; columns are taken by name.

    Nulls and NaN are missing, and no text is. Row groups of any size are decoded a few thousand
    rows at a time; memory is taken by a dictionary and a page of each column that is wanted, which
    are up to 1 MB each as most writers make them.

    Args:
        folder: Where the files are.
        files: Their paths relative to it, in the order in which they are read.
    """

    typed = True

    def read_headers(self) -> Mapping[str, Sequence[str]]:
        """See ``FileSource``."""
        found = {}
        for file in self._filled_files():
            with self._open(file) as opened:
                found[file] = opened.schema_arrow.names
            refuse_duplicates(file, found[file])
        return found

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Decode all files in their order, with Arrow's threads.

        Args:
            columns: The columns to decode, which are all that ``read`` can be asked for; None: all.

        Raises:
            TableError: A file lacks a column, or cannot be read.
        """
        for file in self._filled_files():
            require_columns(file, self.headers()[file], columns or ())
            yield from self._blocks_of(file, columns)

    def _blocks_of(self, file: str, columns: Sequence[str] | None) -> Iterator[Block]:
        first_row = number = 0
        index, size = self.files.index(file), (self.folder / file).stat().st_size
        with self._open(file) as opened:
            total = max(opened.metadata.num_rows, 1)
            # By the columns of the file, not those wanted: every pass shall see the same blocks.
            share = _BLOCK_VALUES // max(len(opened.schema_arrow.names), 1)
            rows = min(max(share, _MIN_ROWS), _MAX_ROWS)
            for batch in opened.iter_batches(rows, columns=columns and list(columns)):
                done = first_row + batch.num_rows
                part = size * done // total - size * first_row // total
                yield Block(file, index, number, first_row, batch.num_rows, part, batch)
                first_row, number = done, number + 1

    def read(self, block: Block, schema: Schema) -> pa.Table:
        """Convert a block to the kinds of a schema.

        Raises:
            TableError: A column is missing or its values do not fit; names file, rows and column.
        """
        return convert_stored(pa.Table.from_batches([block.content]), block, schema)

    def read_as_stored(self, block: Block, columns: Sequence[str]) -> pa.Table:
        """Give some columns of a block with the types that they have in the file."""
        return pa.Table.from_batches([block.content]).select(list(columns))

    def _filled_files(self) -> list[str]:
        return [file for file in self.files if (self.folder / file).stat().st_size]

    @contextmanager
    def _open(self, file: str) -> Iterator[pq.ParquetFile]:
        try:
            # Without a buffer Arrow holds a whole row group in its compressed form.
            with pq.ParquetFile(
                self.folder / file, buffer_size=_COLUMN_BUFFER_BYTES, pre_buffer=False
            ) as opened:
                yield opened
        except (pa.ArrowException, OSError) as error:
            raise TableError(f"{file}: cannot be read as parquet: {error}") from error

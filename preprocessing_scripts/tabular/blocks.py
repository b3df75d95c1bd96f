"""Blocks: the steps in which a table is read, and what every source of them can do."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.schema import (
    Kind,
    Schema,
    convert,
    require_columns,
    stored_names,
)


@dataclass(frozen=True)
class Block:
    """Some consecutive rows of one file, not parsed yet.

    Args:
        file: The file's path relative to the source's folder, with ``/`` between its parts.
        file_index: The file's place among all files of the source.
        number: The block's place within its file, from 0.
        first_row: How many rows of the file come before it.
        rows: How many rows it has; never 0.
        size: Its share of the source's ``bytes_total()``.
        content: What the source that made it needs to read it.
    """

    file: str
    file_index: int
    number: int
    first_row: int
    rows: int
    size: int
    content: Any


class Source(Protocol):
    """A table in some files, as blocks.

    Where the blocks are cut depends on the data alone. ``read`` may be called from several threads.
    """

    @property
    def typed(self) -> bool:
        """Whether values have types of their own; if not, all is text, some of which is missing."""

    @property
    def files(self) -> Sequence[str]:
        """The files in the order in which they are read."""

    def headers(self) -> Mapping[str, Sequence[str]]:
        """Give the columns of each file; a file of no bytes has none and is left out."""

    def columns(self) -> list[str]:
        """Give the columns that any file has, in the order in which they are met."""

    def bytes_total(self) -> int:
        """Give the size of all files, as a measure of the way that lies ahead."""

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Go through all files in their order.

        Args:
            columns: The columns that ``read`` will be asked for, which can spare work; None: any.
        """

    def read(self, block: Block, schema: Schema) -> pa.Table:
        """Parse a block: the schema's columns, one chunk each, null where a value is missing."""

    def read_as_stored(self, block: Block, columns: Sequence[str]) -> pa.Table:
        """Parse a block without converting anything: from CSV all is text."""


def all_columns(headers: Iterable[Sequence[str]]) -> list[str]:
    """Give the columns that any file has: a pattern shall miss none that some file lacks."""
    return list(dict.fromkeys(column for header in headers for column in header))


def refuse_duplicates(file: str, columns: Sequence[str]) -> None:
    """Insist that every column of a file has a name of its own.

    Raises:
        TableError: A name occurs more than once.
    """
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        raise TableError(f"{file}: duplicate columns: {', '.join(map(repr, twice))}")


def convert_stored(stored: pa.Table, block: Block, schema: Schema) -> pa.Table:
    """Convert the columns of a block that came with types of their own.

    Raises:
        TableError: A column is missing or its values do not fit; names file, rows and column.
    """
    require_columns(block.file, stored.column_names, stored_names(schema))
    arrays = []
    for column, kind in schema.items():
        [name] = stored_names({column: kind})
        arrays.append(_convert(stored.column(name).combine_chunks(), kind, block, name))
    return pa.table(arrays, names=list(schema))


def _convert(values: pa.Array, kind: Kind, block: Block, column: str) -> pa.Array:
    try:
        return convert(values, kind)
    except pa.ArrowException as error:
        raise TableError(
            f"{block.file}, rows {block.first_row + 1} to {block.first_row + block.rows}, "
            f"column {column}: cannot be read as {kind}: {error}"
        ) from error

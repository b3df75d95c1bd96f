"""A pandas frame in memory as a source of blocks."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
import pyarrow as pa

from preprocessing_scripts.tabular.blocks import Block, convert_stored, refuse_duplicates
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.schema import Schema, require_columns, stored_names

NAME = "frame"
"""What the frame is called where other sources name a file."""


class FrameSource:
    """A frame as a table of one file; null, NaN, NaT and None are missing, and no text is.

    Args:
        frame: The rows; its index is not looked at.
        rows_per_block: How many rows make a block.

    Raises:
        TableError: Two columns have the same name.
    """

    typed = True

    def __init__(self, frame: pd.DataFrame, rows_per_block: int = 1 << 14) -> None:
        self.files = (NAME,)
        self._columns = {str(name): place for place, name in enumerate(frame.columns)}
        refuse_duplicates(NAME, [str(name) for name in frame.columns])
        self._frame = frame
        self._rows_per_block = rows_per_block

    def headers(self) -> Mapping[str, Sequence[str]]:
        """Give the frame's columns as those of its only file."""
        return {NAME: self.columns()}

    def columns(self) -> list[str]:
        """Give the frame's columns."""
        return list(self._columns)

    def bytes_total(self) -> int:
        """Give the size of the frame in memory, without what its objects refer to."""
        return int(self._frame.memory_usage(index=False).sum())

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Cut the frame into blocks.

        Args:
            columns: Not used: nothing is copied before it is read.
        """
        del columns
        total, size = len(self._frame), self.bytes_total()
        for number, start in enumerate(range(0, total, self._rows_per_block)):
            stop = min(start + self._rows_per_block, total)
            part = size * stop // total - size * start // total
            yield Block(NAME, 0, number, start, stop - start, part, slice(start, stop))

    def read(self, block: Block, schema: Schema) -> pa.Table:
        """Convert a block to the kinds of a schema.

        Raises:
            TableError: A column is missing or its values do not fit; names rows and column.
        """
        names = stored_names(schema)
        require_columns(NAME, self.columns(), names)
        return convert_stored(self.read_as_stored(block, names), block, schema)

    def read_as_stored(self, block: Block, columns: Sequence[str]) -> pa.Table:
        """Give some columns of a block with the types that Arrow finds for them.

        Raises:
            TableError: The values of a column are of types that do not go together.
        """
        arrays = []
        for column in columns:
            values = self._frame.iloc[block.content, self._columns[column]]
            try:
                arrays.append(pa.array(values, from_pandas=True))
            except pa.ArrowException as error:
                raise TableError(f"{NAME}, column {column}: mixed values: {error}") from error
        return pa.table(arrays, names=list(columns))

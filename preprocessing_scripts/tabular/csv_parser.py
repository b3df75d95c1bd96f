"""Rows of CSV text as an Arrow table."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from preprocessing_scripts.tabular.schema import (
    ARROW_TYPES,
    EPOCHS,
    Kind,
    Schema,
    convert,
    have_zones,
)
from preprocessing_scripts.tabular.values import with_floats

_FROM_TEXT = ("timestamp", "code", *EPOCHS)
"""Kinds that Arrow's reader does not know."""


@dataclass(frozen=True)
class CsvParser:
    """Parses rows in its caller's thread, into arrays that hold on to nothing of the text.

    Args:
        header: Names of all columns of the text.
        missing_values: How a missing value is written, quoted or not.
        required: Columns that have a value in every row; text that is empty is none.
        strict: Whether numbers must be finite, and times say their zone.
    """

    header: Sequence[str]
    missing_values: Sequence[str]
    required: Collection[str] = ()
    strict: bool = False

    def parse(self, text: pa.Buffer, schema: Schema) -> pa.Table:
        """Parse whole rows.

        Args:
            text: The rows, without the header.
            schema: The columns that are wanted.

        Returns:
            These columns, one chunk each.

        Raises:
            pyarrow.ArrowInvalid: A row or a value does not fit; says seldom which.
        """
        # Arrow's own parser of timestamps takes one form only, with or without a zone: read text.
        types = {
            column: ARROW_TYPES["text" if kind in _FROM_TEXT else kind]
            for column, kind in schema.items()
        }
        table = pa_csv.read_csv(
            pa.BufferReader(text),
            pa_csv.ReadOptions(
                use_threads=False, column_names=list(self.header), block_size=text.size + 1
            ),
            pa_csv.ParseOptions(newlines_in_values=True),
            pa_csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=with_floats(self.missing_values),
                strings_can_be_null=True,
            ),
        )
        for place, (column, kind) in enumerate(schema.items()):
            self._check(column, kind, table.column(place))
            if kind in _FROM_TEXT:
                converted = convert(table.column(place).combine_chunks(), kind)
                table = table.set_column(place, column, converted)
        return table

    def lacks(self, column: str, value: str) -> bool:
        """Whether a value that a column requires is missing where this is written."""
        return column in self.required and value in {"", *with_floats(self.missing_values)}

    def _check(self, column: str, kind: Kind, values: pa.ChunkedArray) -> None:
        if column in self.required and (
            values.null_count or (kind == "text" and pc.any(pc.equal(values, "")).as_py())
        ):
            raise pa.ArrowInvalid(f"column {column} lacks values")
        if self.strict and kind == "number" and pc.all(pc.is_finite(values)).as_py() is False:
            raise pa.ArrowInvalid(f"column {column} has numbers that are not finite")
        if self.strict and kind == "timestamp" and not have_zones(values):
            raise pa.ArrowInvalid(f"column {column} has times without a zone")

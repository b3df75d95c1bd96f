"""Where in some CSV text, and why, parsing fails. Slow: only for text that is known to fail."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

import pyarrow as pa

from preprocessing_scripts.tabular.csv_text import row_ends, row_spans
from preprocessing_scripts.tabular.schema import Kind, Schema

Parse = Callable[[pa.Buffer, Schema], pa.Table]
"""Parses rows of text; raises pyarrow.ArrowInvalid if it cannot."""

_MEANT: dict[Kind, str] = {
    "number": "a number",
    "integer": "a whole number",
    "text": "text",
    "timestamp": "a time like 2013-02-11T10:00:00Z",
}


def find_fault(
    text: pa.Buffer, first_line: int, header: Sequence[str], schema: Schema, parse: Parse
) -> str | None:
    """Find the first row that cannot be parsed, by halving, and say what is wrong with it.

    Args:
        text: Whole rows, without the header.
        first_line: Number of the line that the text begins with.
        header: Names of all columns in the file.
        schema: The columns that are wanted.
        parse: The parser that failed; what it accepts is never called a fault.

    Returns:
        ``line 12, column a: 'abc' is not a number`` or the like, the line being that on which the
        row begins; None if the parser accepts everything.
    """
    data = text.to_pybytes()
    starts, stops = row_spans(data, row_ends(data))

    def fails(low: int, high: int, columns: Schema) -> bool:
        start, stop = int(starts[low]), int(stops[high - 1])
        try:
            return bool(parse(text.slice(start, stop - start), columns).num_rows != high - low)
        except pa.ArrowInvalid:
            return True

    low, high = 0, len(starts)
    if not high or not fails(low, high, schema):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if fails(low, middle, schema):
            high = middle
        else:
            low = middle
    start, stop = int(starts[low]), int(stops[low])
    line = first_line + data.count(b"\n", 0, start)
    bad = [c for c in header if c in schema and fails(low, high, {c: schema[c]})]
    return f"line {line}{_describe(data[start:stop], header, schema, bad)}"


def _describe(row: bytes, header: Sequence[str], schema: Schema, bad: Sequence[str]) -> str:
    decoded = row.decode("utf-8", "surrogateescape")
    try:
        records = list(csv.reader(io.StringIO(decoded, newline="")))
    except csv.Error as error:
        return f": {error}"
    if len(records) != 1:
        return (
            ": a quotation mark within a value that is not quoted, or a carriage return without "
            "a newline"
        )
    fields = records[0]
    if len(fields) != len(header):
        return f": {len(fields)} fields where the header has {len(header)}"
    if not bad:
        return ": cannot be parsed"
    value = fields[header.index(bad[0])]
    if any("\udc80" <= character <= "\udcff" for character in value):
        return f", column {bad[0]}: not UTF-8 text: {value.encode('utf-8', 'surrogateescape')!r}"
    shown = value if len(value) <= 80 else f"{value[:80]}..."
    return f", column {bad[0]}: {shown!r} is not {_MEANT[schema[bad[0]]]}"

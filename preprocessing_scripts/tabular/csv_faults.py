"""Where in some CSV text, and why, parsing fails. Slow: only for text that is known to fail."""

import csv
import io
from collections.abc import Sequence

import pyarrow as pa

from preprocessing_scripts.tabular.csv_parser import CsvParser
from preprocessing_scripts.tabular.csv_text import row_ends, row_spans
from preprocessing_scripts.tabular.schema import EPOCHS, Kind, Schema

_MEANT: dict[Kind, str] = {
    "number": "a number",
    "integer": "a whole number",
    "text": "text",
    "timestamp": "a time like 2013-02-11T10:00:00Z",
    "code": "a whole number as those before it are written; for text, say so in the spec's schema",
    **dict.fromkeys(EPOCHS, "a number of what has passed since 1970"),
}


def find_fault(text: pa.Buffer, first_line: int, schema: Schema, parser: CsvParser) -> str | None:
    """Find the first row that cannot be parsed, by halving, and say what is wrong with it.

    Args:
        text: Whole rows, without the header.
        first_line: Number of the line that the text begins with.
        schema: The columns that are wanted.
        parser: The parser that failed; what it accepts is never called a fault.

    Returns:
        ``line 12, column a: 'abc' is not a number`` or the like, the line being that on which the
        row begins; None if the parser accepts everything.
    """
    data = text.to_pybytes()
    starts, stops = row_spans(data, row_ends(data))

    def fails(low: int, high: int, columns: Schema) -> bool:
        start, stop = int(starts[low]), int(stops[high - 1])
        try:
            return bool(
                parser.parse(text.slice(start, stop - start), columns).num_rows != high - low
            )
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
    bad = [c for c in parser.header if c in schema and fails(low, high, {c: schema[c]})]
    return f"line {line}{_describe(data[start:stop], schema, bad, parser)}"


def _describe(row: bytes, schema: Schema, bad: Sequence[str], parser: CsvParser) -> str:
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
    if len(fields) != len(parser.header):
        return f": {len(fields)} fields where the header has {len(parser.header)}"
    if not bad:
        return ": cannot be parsed"
    column = bad[0]
    value = fields[parser.header.index(column)]
    if parser.lacks(column, value):
        return f", column {column}: {value!r} where a value is required"
    return f", column {column}: {_misfit(value, schema[column])}"


def _misfit(value: str, kind: Kind) -> str:
    if any("\udc80" <= character <= "\udcff" for character in value):
        return f"not UTF-8 text: {value.encode('utf-8', 'surrogateescape')!r}"
    shown = value if len(value) <= 80 else f"{value[:80]}..."
    return f"{shown!r} is not {_MEANT[kind]}"

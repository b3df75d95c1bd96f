"""What the wanted columns of a table hold, and the conversion of stored values to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from preprocessing_scripts.tabular.errors import TableError

if TYPE_CHECKING:
    from preprocessing_scripts.tabular.blocks import Source

Kind = Literal["number", "integer", "text", "timestamp"]
"""What a column holds. A timestamp is an instant in UTC, to the microsecond, without a zone."""

Schema = Mapping[str, Kind]
"""The columns that are wanted, in the order in which they are wanted."""

ARROW_TYPES: Mapping[Kind, pa.DataType] = MappingProxyType(
    {
        "number": pa.float64(),
        "integer": pa.int64(),
        "text": pa.string(),
        "timestamp": pa.timestamp("us"),
    }
)

SAMPLE_BLOCKS = 4
"""Blocks in which a column's first value is looked for before its kind is given up on."""

_ZONED = pa.timestamp("us", "UTC")
_WITH_ZONE = r"[ T]\d.*(Z|[+-]\d\d(:?\d\d)?)$"


def infer_schema(source: Source, wanted: Mapping[str, Kind | None]) -> Schema:
    """Settle the kinds that are not given, from the first rows of the first file that has rows.

    Text becomes ``number`` if all its present values are numbers, ``timestamp`` if they look like
    ISO 8601 (``2013-02-11``, ``2013-02-11 10:00``, ``2013-02-11T10:00:00Z``), and stays ``text``
    otherwise. Columns stored as numbers, booleans or dates keep what they are. A column without
    any value in the first ``SAMPLE_BLOCKS`` blocks is taken for a ``number``.

    Args:
        source: Where the rows come from.
        wanted: Column -> kind, or None where it is to be found out.

    Returns:
        Column -> kind, in the order of ``wanted``.

    Raises:
        TableError: A file lacks some of the columns, or its first rows cannot be read.
    """
    for file, names in source.headers().items():
        require_columns(file, names, wanted)
    kinds = dict(wanted)
    unknown = [column for column, kind in kinds.items() if kind is None]
    for block in islice(source.blocks(unknown) if unknown else (), SAMPLE_BLOCKS):
        sample = source.read_as_stored(block, unknown)
        kinds.update({column: _kind_of(sample.column(column)) for column in unknown})
        unknown = [column for column in unknown if kinds[column] is None]
        if not unknown:
            break
    return {column: kind or "number" for column, kind in kinds.items()}


def infer_kept(source: Source, columns: Sequence[str]) -> Schema:
    """Settle the kinds of columns that go out as they come in, from the first rows.

    Text stays text, but for whole numbers written in the only way there is (``7``, not ``007``).

    Args:
        source: Where the rows come from.
        columns: Their names.
    """
    for file, names in source.headers().items():
        require_columns(file, names, columns)
    block = next(iter(source.blocks(columns)), None) if columns else None
    if block is None:
        return dict.fromkeys(columns, "text")
    sample = source.read_as_stored(block, columns)
    return {column: _kept_kind(sample.column(column)) for column in columns}


def _kept_kind(column: pa.ChunkedArray) -> Kind:
    values = column.combine_chunks().drop_null()
    if _is_text(values.type):
        whole = pc.match_substring_regex(values, r"^(0|-?[1-9]\d{0,17})$")
        return "integer" if len(values) and pc.all(whole).as_py() else "text"
    if pa.types.is_integer(values.type):
        return "integer"
    if pa.types.is_temporal(values.type):
        return "timestamp"
    return "number" if pa.types.is_floating(values.type) else "text"


def require_columns(file: str, names: Sequence[str], wanted: Iterable[str]) -> None:
    """Insist that a file has the wanted columns.

    Raises:
        TableError: It lacks some of them; the message names them and what there is instead.
    """
    there = set(names)
    missing = [column for column in wanted if column not in there]
    if missing:
        raise TableError(
            f"{file}: missing columns: {', '.join(missing)} (found: {_shortened(names)})"
        )


def convert(column: pa.Array, kind: Kind) -> pa.Array:
    """Convert values to a kind without loss; NaN becomes null.

    Text is parsed as the CSV reader parses it. Timestamps with a zone or an offset are taken to
    UTC, those without are UTC already; what is finer than a microsecond is cut off.

    Args:
        column: Values of any type that has a meaning as the kind.
        kind: What they shall be.

    Returns:
        As many values of the type in ``ARROW_TYPES``.

    Raises:
        pyarrow.ArrowInvalid: A value does not fit (text that is no number, 7.5 as an integer).
        pyarrow.ArrowNotImplementedError: The type has no meaning as this kind.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if kind == "timestamp":
        return _timestamps(column)
    if _is_text(column.type) and kind != "text":
        column = pc.utf8_trim(column, " \t")
    return column.cast(ARROW_TYPES[kind])


def _timestamps(column: pa.Array) -> pa.Array:
    naive = ARROW_TYPES["timestamp"]
    if not _is_text(column.type):
        zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
        # Casting away the zone leaves the instant in UTC.
        return column.cast(_ZONED if zoned else naive, safe=False).cast(naive)
    with suppress(pa.ArrowInvalid):
        return column.cast(naive)
    with suppress(pa.ArrowInvalid):
        return column.cast(_ZONED).cast(naive)
    # Both forms in one column, or digits beyond the microsecond.
    text = pc.replace_substring_regex(column, r"(\.\d{6})\d+", r"\1")
    has_zone = pc.match_substring_regex(text, _WITH_ZONE)
    nothing = pa.scalar(None, text.type)
    return pc.coalesce(
        pc.if_else(has_zone, text, nothing).cast(_ZONED).cast(naive),
        pc.if_else(has_zone, nothing, text).cast(naive),
    )


def _kind_of(column: pa.ChunkedArray) -> Kind | None:
    """Tell what stored values are; None if there are none."""
    values = column.combine_chunks().drop_null()
    if not len(values):
        return None
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_temporal(values.type):
        return "timestamp"
    if not _is_text(values.type):
        return "number"
    candidates: tuple[Kind, Kind] = ("number", "timestamp")
    for kind in candidates:
        with suppress(pa.ArrowInvalid):
            convert(values, kind)
            return kind
    return "text"


def _is_text(stored: pa.DataType) -> bool:
    return bool(pa.types.is_string(stored) or pa.types.is_large_string(stored))


def _shortened(names: Sequence[str], most: int = 20) -> str:
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

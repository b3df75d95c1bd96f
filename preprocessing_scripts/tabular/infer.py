"""The kinds of columns that no one has given, found out from the first rows."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from preprocessing_scripts.tabular.blocks import Source
from preprocessing_scripts.tabular.schema import (
    CODE,
    SAMPLE_BLOCKS,
    Kind,
    Schema,
    convert,
    is_text,
    require_columns,
)


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
    """Settle the kinds of columns of CSV that go out as they come in, from the first rows.

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
    whole = pc.match_substring_regex(values, CODE)
    return "code" if len(values) and pc.all(whole).as_py() else "text"


def _kind_of(column: pa.ChunkedArray) -> Kind | None:
    """Tell what stored values are; None if there are none."""
    values = column.combine_chunks().drop_null()
    if not len(values):
        return None
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_temporal(values.type):
        return "timestamp"
    if pa.types.is_signed_integer(values.type):
        return "integer"
    if not is_text(values.type):
        return "number"
    candidates: tuple[Kind, Kind] = ("number", "timestamp")
    for kind in candidates:
        with suppress(pa.ArrowInvalid):
            convert(values, kind)
            return kind
    return "text"

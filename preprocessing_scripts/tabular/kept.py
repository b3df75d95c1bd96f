"""Columns that go out as they came in, of one type in all parts."""

from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa

from preprocessing_scripts.tabular.blocks import Block, Source
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.schema import ARROW_TYPES, KEPT, SAMPLE_BLOCKS, Schema

Types = Mapping[str, pa.DataType]


def kept_types(keep: Sequence[str], source: Source, schema: Schema, hosts: Hosts) -> Types:
    """Settle the types of kept columns: those of the first file that has values.

    Args:
        keep: The columns.
        source: This host's files.
        schema: Of all columns that are read.
        hosts: All of them call this.
    """
    stored = [name for name in keep if KEPT + name in schema]
    found = {name: pa.null() for name in stored}
    file = ""
    for block in islice(source.blocks(stored) if stored else (), SAMPLE_BLOCKS):
        file = file or block.file
        for field in source.read_as_stored(block, stored).schema:
            if pa.types.is_null(found[field.name]):
                found[field.name] = _plain(field.type)
    packed = pa.schema(list(found.items())).serialize()
    own = {"file": np.array([file]), "types": np.frombuffer(packed, dtype=np.uint8)}
    for share in sorted(hosts.exchange(own), key=lambda one: str(one["file"][0])):
        for field in pa.ipc.read_schema(pa.py_buffer(share["types"].tobytes())):
            if pa.types.is_null(found[field.name]):
                found[field.name] = field.type
    return {
        name: _known(found[name]) if name in found else ARROW_TYPES[schema.get(name, "text")]
        for name in keep
    }


def kept_columns(table: pa.Table, block: Block, types: Types) -> list[pa.Array]:
    """Take the kept columns of a block that was read.

    Raises:
        TableError: A column is of another type than in the first file, and its values do not fit.
    """
    columns = []
    for name, wanted in types.items():
        column = table[KEPT + name if KEPT + name in table.column_names else name].chunk(0)
        try:
            columns.append(column if column.type == wanted else column.cast(wanted))
        except pa.ArrowException as error:
            raise TableError(
                f"{block.file}, rows {block.first_row + 1} to {block.first_row + block.rows}, "
                f"column {name}: {column.type} here and {wanted} in the first file: {error}"
            ) from error
    return columns


def said(kept: pa.DataType) -> str:
    """What a report calls a type."""
    if pa.types.is_integer(kept):
        return "integer"
    if pa.types.is_floating(kept):
        return "number"
    if pa.types.is_timestamp(kept):
        return "timestamp"
    return "text" if pa.types.is_string(kept) else str(kept)


def _plain(stored: pa.DataType) -> pa.DataType:
    return stored.value_type if pa.types.is_dictionary(stored) else stored


def _known(found: pa.DataType) -> pa.DataType:
    """A column without any value is text."""
    return pa.string() if pa.types.is_null(found) else found

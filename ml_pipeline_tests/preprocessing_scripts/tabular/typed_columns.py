"""Columns of every type that tables have, as files hold them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import pyarrow as pa

Role = Literal["number", "time", "text"]


@dataclass(frozen=True)
class Column:
    """How a column looks.

    Attributes:
        values: Those that may occur.
        roles: What a spec may take it for besides text.
        type: In parquet.
    """

    values: Sequence[Any]
    roles: tuple[Role, ...] = ("text",)
    type: Any = None

    def draw(self, random: np.random.Generator, rows: int, gaps: float) -> list[Any]:
        chosen = random.integers(len(self.values), size=rows)
        missing = random.random(rows) < gaps
        return [None if gap else self.values[i] for i, gap in zip(chosen, missing, strict=True)]


MISSING_WORDS = ["", "NA", "N/A", "NULL", "None", "nan", "<NA>"]
"""What is written for a gap in CSV, one for each table."""

IN_CSV: Mapping[str, Column] = {
    "codes": Column(["0", "1", "2", "10"], ("text", "number")),
    "zeros before": Column(["007", "012", "0100"]),
    "two spellings": Column(["1", "1.0", "01", "2", "2.0", "3e0"], ("text", "number")),
    "floats": Column(["0.1", "-2.5", "1e-7", "3.141592653589793238", "5"], ("text", "number")),
    "long": Column(["9007199254740993", "-9007199254740995", "12"]),
    "longer": Column(["123456789012345678901234567890", "12"]),
    "truth": Column(["True", "False"]),
    "truth in any case": Column(["TRUE", "true", "False", "fAlse"]),
    "words": Column(["yes", "no", "none", "Null", "na"]),
    "of all kinds": Column(["A7", "7", "1.5", "true", "2020-01-01", "x y", " b"]),
    "instants": Column(["2020-01-01T10:00:00Z", "1969-07-20T20:17:40Z"], ("text", "time")),
    "local": Column(["2020-01-01 10:00:00.5", "2021-12-31 23:59:59.25"], ("text", "time")),
    "days": Column(["2020-02-29", "9999-12-31", "1500-01-01", "0001-01-01"], ("text", "time")),
    "offsets": Column(["2020-01-01T10:00:00+05:30", "2020-01-01T01:00-08"], ("text", "time")),
}

IN_PARQUET: Mapping[str, Column] = {
    "int8": Column([-1, 0, 7], ("text", "number"), pa.int8()),
    "int64": Column([0, 1, 2**53 + 1, -(2**62)], ("text",), pa.int64()),
    "uint64": Column([0, 2**64 - 1], ("text",), pa.uint64()),
    "double": Column([0.0, 0.1, -2.5, 1e300, 7.0], ("text",), pa.float64()),
    "some doubles": Column([0.0, 0.1, -2.5, 7.0], ("text", "number"), pa.float64()),
    "float": Column([0.1, 1.5, 3e10, 7.0], ("text", "number"), pa.float32()),
    "half": Column([*np.array([0.1, 1.5, 7.0], np.float16)], ("text", "number"), pa.float16()),
    "bool": Column([True, False], ("text", "number"), pa.bool_()),
    "decimal": Column([Decimal("1.50"), Decimal("-0.25")], ("text", "number"), pa.decimal128(6, 2)),
    "string": Column(["None", "NULL", "N/A", "7", "007", "true", ""], ("text",), pa.string()),
    "large": Column(["a", "b"], ("text",), pa.large_string()),
    "dictionary": Column(["a", "b"], ("text",), pa.dictionary(pa.int32(), pa.string())),
    "binary": Column([b"a", b"b"], ("text",), pa.binary()),
    "numbers as text": Column(["1", " 2.5", "1e3"], ("text", "number"), pa.string()),
    "times as text": Column(["2020-01-01", "9999-12-31T10:00:00Z"], ("text", "time"), pa.string()),
    "date": Column([date(2020, 2, 29), date(9999, 12, 31)], ("text", "time"), pa.date32()),
    "clock": Column([time(10, 30), time(23, 59, 59, 5)], ("text",), pa.time64("us")),
    **{
        f"timestamp {unit} {zone}": Column(
            [datetime(2020, 1, 1, 10), datetime(1969, 7, 20, 20, 17, 40)]
            # No zone: what is in another year there ends the process in pandas' own conversions.
            + ([datetime(9999, 12, 30), datetime(1, 1, 2)] if unit != "ns" and not zone else []),
            ("text", "time"),
            pa.timestamp(unit, zone),
        )
        for unit in ("s", "ms", "us", "ns")
        for zone in (None, "UTC", "America/New_York")
    },
}

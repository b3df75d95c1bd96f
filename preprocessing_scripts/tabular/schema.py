"""What the wanted columns of a table hold, and the conversion of stored values to it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.values import microseconds_of

GivenKind = Literal[
    "number", "integer", "text", "timestamp", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns"
]
"""What a column holds. A timestamp is an instant in UTC, without a zone, to the microsecond; to the
nanosecond where values are finer. An epoch is one too, stored as a number: what has passed since
1970 in seconds, or milli-, micro- or nanoseconds."""

Kind = Literal[GivenKind, "code", "stored"]
"""Besides what may be given: a code is a whole number, written in the only way there is (``7``, not
``007``), and what is stored stays as it is."""

KEPT = "keep:"
"""Begins the name of what is stored in a schema: its column may be read as something else, too."""

SAMPLE_BLOCKS = 4
"""Blocks in which a column's first value is looked for before its kind is given up on."""

CODE = r"^(0|-?[1-9]\d{0,17})$"

Schema = Mapping[str, Kind]
"""The columns that are wanted, in the order in which they are wanted."""

ARROW_TYPES: Mapping[Kind, pa.DataType] = MappingProxyType(
    {
        "number": pa.float64(),
        "integer": pa.int64(),
        "text": pa.string(),
        "timestamp": pa.timestamp("us"),
        "epoch_s": pa.timestamp("us"),
        "epoch_ms": pa.timestamp("us"),
        "epoch_us": pa.timestamp("us"),
        "epoch_ns": pa.timestamp("us"),
        "code": pa.int64(),
    }
)
EPOCHS: Mapping[Kind, str] = MappingProxyType(
    {"epoch_s": "s", "epoch_ms": "ms", "epoch_us": "us", "epoch_ns": "ns"}
)

MISSING_VALUES = (
    *("", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None", "<NA>"),
    *("#NA", "#N/A", "#N/A N/A", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
"""Texts that stand for a missing value: what pandas takes for one, reads as if it were none."""

_ZONED = pa.timestamp("us", "UTC")
_WITH_ZONE = r"[ T]\d.*(Z|[+-]\d\d(:?\d\d)?)$"


def stored_names(schema: Schema) -> list[str]:
    """Name the columns that are to be read, each once."""
    names = [name.removeprefix(KEPT) if kind == "stored" else name for name, kind in schema.items()]
    return list(dict.fromkeys(names))


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
    UTC, those without are UTC already.

    Args:
        column: Values of any type that has a meaning as the kind.
        kind: What they shall be.

    Returns:
        As many values of the type in ``ARROW_TYPES``; times in nanoseconds where some are finer
        than a microsecond.

    Raises:
        pyarrow.ArrowInvalid: A value does not fit (text that is no number, 7.5 as an integer).
        pyarrow.ArrowNotImplementedError: The type has no meaning as this kind.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if kind == "stored":
        return column
    if kind == "code" and pc.all(pc.match_substring_regex(column, CODE)).as_py() is False:
        raise pa.ArrowInvalid("not a code")
    if kind == "number" and pa.types.is_integer(column.type):
        return column.cast(pa.float64(), safe=False)  # rounded beyond 2**53, as everybody does
    if pa.types.is_float16(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if kind == "timestamp":
        return _timestamps(column)
    if kind in EPOCHS:
        return _since_1970(column, EPOCHS[kind])
    if is_text(column.type) and kind != "text":
        column = pc.utf8_trim(column, " \t")
    if kind == "text" and pa.types.is_timestamp(column.type):
        return _written(column)
    if kind == "text" and pa.types.is_duration(column.type):
        raise pa.ArrowNotImplementedError("durations have no text of their own: store numbers")
    return column.cast(ARROW_TYPES[kind])


def _written(times: pa.Array) -> pa.Array:
    """Times as text: an instant has one, whatever unit and zone it is stored in."""
    unit = "ns" if times.type.unit == "ns" else "us"
    zone = None if times.type.tz is None else "UTC"
    text = times.cast(pa.timestamp(unit, zone)).cast(pa.string())
    return pc.replace_substring_regex(text, r"(\.\d{6})000(Z?)$", r"\1\2")


def _timestamps(column: pa.Array) -> pa.Array:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        raise pa.ArrowNotImplementedError(
            "numbers are times only if they are said to be: give the column as epoch_s, epoch_ms, "
            "epoch_us or epoch_ns (since 1970, in that unit) in the spec's schema"
        )
    if not is_text(column.type):
        if not pa.types.is_timestamp(column.type):
            return column.cast(ARROW_TYPES["timestamp"])
        # Casting away the zone leaves the instant in UTC.
        zone = None if column.type.tz is None else "UTC"
        return _as_coarse_as_can_be(column.cast(pa.timestamp(column.type.unit, zone)))
    with suppress(pa.ArrowInvalid):
        return column.cast(ARROW_TYPES["timestamp"])
    with suppress(pa.ArrowInvalid):
        return column.cast(_ZONED).cast(ARROW_TYPES["timestamp"])
    with suppress(pa.ArrowInvalid):
        return _both_forms(column, "us")
    return _as_coarse_as_can_be(_both_forms(column, "ns"))


def _both_forms(text: pa.Array, unit: str) -> pa.Array:
    """Times with and without a zone in one column."""
    has_zone = pc.match_substring_regex(text, _WITH_ZONE)
    nothing, naive = pa.scalar(None, text.type), pa.timestamp(unit)
    return pc.coalesce(
        pc.if_else(has_zone, text, nothing).cast(pa.timestamp(unit, "UTC")).cast(naive),
        pc.if_else(has_zone, nothing, text).cast(naive),
    )


def _as_coarse_as_can_be(times: pa.Array) -> pa.Array:
    """Times in microseconds, or nanoseconds if that is needed, without their zone."""
    times = times.cast(pa.timestamp(times.type.unit))
    with suppress(pa.ArrowInvalid):
        return times.cast(ARROW_TYPES["timestamp"])
    return times


def _since_1970(column: pa.Array, unit: str) -> pa.Array:
    if pa.types.is_temporal(column.type):
        return _timestamps(column)
    if is_text(column.type):
        column = pc.utf8_trim(column, " \t")
    try:
        return _as_coarse_as_can_be(column.cast(pa.int64()).cast(pa.timestamp(unit)))
    except pa.ArrowInvalid:  # with a fraction, or as pandas writes whole numbers beside a gap
        micros = microseconds_of(column.cast(pa.float64()).to_numpy(zero_copy_only=False), unit)
        return pa.array(micros, from_pandas=True).cast(pa.int64()).cast(ARROW_TYPES["timestamp"])


def have_zones(times: pa.ChunkedArray) -> bool:
    """Whether all times, as text, say their zone or their offset; those that are missing do."""
    return pc.all(pc.match_substring_regex(times, _WITH_ZONE)).as_py() is not False


def is_text(stored: pa.DataType) -> bool:
    """Whether stored values are text."""
    return bool(pa.types.is_string(stored) or pa.types.is_large_string(stored))


def _shortened(names: Sequence[str], most: int = 20) -> str:
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

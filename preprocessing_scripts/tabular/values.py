"""Numbers, truth values and instants: what has several spellings as text, and several types.

Goes with a saved preprocessor.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import numpy as np
import numpy.typing as npt

Number = int | float
Instant = int | time

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d)(?::(\d\d)(?::(\d\d)(?:\.(\d+))?)?)?"
    r"(Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_CLOCK = re.compile(r"\d\d:\d\d:\d\d(\.\d{3,9})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1)
_UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}


def number_of(text: str) -> Number | None:
    """Read a number: whole ones exactly, however large; None if it is none."""
    text = text.strip(" \t")
    if not _NUMBER.fullmatch(text):
        return float(text) if _INFINITE.fullmatch(text) else None
    digits = text.lstrip("+-")
    # A double is kept where Python would refuse the text of a number as too long to be read.
    return int(text) if digits.isdigit() and len(digits) < 400 else float(text)


def numbers_of(texts: Sequence[str]) -> list[float]:
    """Read those of some texts that are numbers."""
    return [float(one) for one in map(number_of, texts) if one is not None]


def with_floats(texts: Sequence[str]) -> list[str]:
    """Add how numbers among some texts are written where they are floats: -999.0 for -999."""
    return list(dict.fromkeys([*texts, *map(str, numbers_of(texts))]))


def boolean_of(text: str) -> bool | None:
    """Read ``true`` or ``false`` in any case; None if it is neither."""
    return {"true": True, "false": False}.get(text.lower())


def instant_of(value: Any) -> Instant | None:
    """Tell when something is.

    Args:
        value: Text in ISO 8601, as Arrow reads it, or a time of Python, numpy or pandas. What has
            no zone is in UTC.

    Returns:
        Nanoseconds since 1970 in UTC, exactly; of a time of day, itself; None if it is neither.
    """
    if isinstance(value, str):
        return _written(value.strip(" \t"))
    if hasattr(value, "asm8"):  # a Timestamp of pandas: it has nanoseconds, and years beyond 9999
        value = value.asm8
    if isinstance(value, np.datetime64):
        unit, count = np.datetime_data(value.dtype)
        if unit in _UNITS:
            return int(value.astype(np.int64)) * count * _UNITS[unit]
        return instant_of(value.astype("datetime64[s]"))
    if isinstance(value, datetime):
        return _since(value)
    if isinstance(value, date):
        return _since(datetime(value.year, value.month, value.day))
    return value if isinstance(value, time) else None


def microseconds_of(numbers: npt.NDArray[np.float64], unit: str) -> npt.NDArray[np.float64]:
    """Make times of what has passed since 1970.

    Args:
        numbers: In the unit; missing is NaN.
        unit: ``s``, ``ms``, ``us`` or ``ns``.

    Returns:
        Whole microseconds: the nearest, and of nanoseconds those that are over.
    """
    whole: npt.NDArray[np.float64] = (
        np.floor(numbers / 1000) if unit == "ns" else np.round(numbers * (_UNITS[unit] / 1000))
    )
    return whole


def _written(text: str) -> Instant | None:
    try:
        if _CLOCK.fullmatch(text):
            return time.fromisoformat(text[:15])
        found = _TIME.fullmatch(text)
        if not found:
            return None
        *clock, fraction, zone = found.groups(default="0")
        since = _since(datetime(*map(int, clock)) - _offset(zone))  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        return None
    return since + int(fraction[:9].ljust(9, "0"))


def _since(moment: datetime) -> int:
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1000


def _offset(zone: str) -> timedelta:
    if zone in ("0", "Z"):
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[3:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError(zone)
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)

"""Event times: the two forms that they may have."""

import re
from datetime import datetime, timezone

from local_sagemaker.feature_store.errors import invalid_record

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", re.ASCII)
_SECONDS = re.compile(r"\d{1,12}(\.\d+)?([eE][+-]?\d{1,2})?", re.ASCII)
_LAST_SECOND = 253_402_300_799  # of the year 9999


def parse_event_time(text: str, feature_type: str) -> float:
    """The seconds since the epoch that an event time means.

    Args:
        text: Its value.
        feature_type: ``Fractional`` for seconds since the epoch, ``String`` for ISO-8601.

    Raises:
        ServiceError: It has another form.
    """
    seconds = _from_seconds(text) if feature_type == "Fractional" else _from_iso(text)
    if seconds is None or not 0 <= seconds <= _LAST_SECOND:
        form = (
            "a Unix timestamp in seconds"
            if feature_type == "Fractional"
            else "in ISO-8601 format: yyyy-MM-dd'T'HH:mm:ssZ or yyyy-MM-dd'T'HH:mm:ss.SSSZ"
        )
        raise invalid_record(f"The event time {text!r} must be {form}")
    return seconds


def iso(seconds: float) -> str:
    """A time as the service writes it, such as ``2026-01-31T00:00:00.000Z``."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _from_seconds(text: str) -> float | None:
    return float(text) if _SECONDS.fullmatch(text) else None


def _from_iso(text: str) -> float | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(f"{text[:-1]}+00:00").timestamp()
    except ValueError:  # such as February 30
        return None

"""Airflow's macros and filters for dates, as its templates know them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace


def ds_add(ds: str, days: int) -> str:
    """A day that many days later, both as YYYY-MM-DD."""
    return (datetime.strptime(ds, "%Y-%m-%d") + timedelta(days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """A time in another format; formats are those of ``strptime`` and ``strftime``."""
    return datetime.strptime(ds, input_format).strftime(output_format)


def as_ds(value: datetime) -> str:
    """2013-01-02."""
    return value.strftime("%Y-%m-%d")


def as_ds_nodash(value: datetime) -> str:
    """20130102."""
    return value.strftime("%Y%m%d")


def as_ts(value: datetime) -> str:
    """2013-01-02T00:00:00+00:00."""
    return value.isoformat()


def as_ts_nodash(value: datetime) -> str:
    """20130102T000000."""
    return value.strftime("%Y%m%dT%H%M%S")


def as_ts_nodash_with_tz(value: datetime) -> str:
    """20130102T000000+0000."""
    return value.strftime("%Y%m%dT%H%M%S%z")


FILTERS: Mapping[str, Callable[[datetime], str]] = {
    "ds": as_ds,
    "ds_nodash": as_ds_nodash,
    "ts": as_ts,
    "ts_nodash": as_ts_nodash,
    "ts_nodash_with_tz": as_ts_nodash_with_tz,
}
"""What templates write behind a bar: ``{{ data_interval_end | ds }}``."""

MACROS = SimpleNamespace(ds_add=ds_add, ds_format=ds_format, datetime=datetime, timedelta=timedelta)
"""What templates know as ``macros``."""

"""How late the flights of a carrier, a route and an hour were, as far as it was known before a day.

The counts are those of ``route_statistics``, by day. A flight gets the sum of the days before its
own, so that neither its own outcome nor that of a later flight is part of what it is predicted
from; training rows see less history than the held-out day, and never more.
"""

from pathlib import Path

import pandas as pd
from pyarrow.parquet import ParquetFile

from preprocessing_scripts.features import flight_days
from preprocessing_scripts.outcome import ScriptError

LEVELS = ("carrier", "route", "hour")
NAMES = tuple(f"prior_late_rate_{level}" for level in LEVELS)
"""The features, numbers between 0 and 1."""

TYPICAL_FLIGHTS = 20
"""What is known of all flights counts as much as this many flights of one carrier, route or hour,
so that a few do not make a rate."""

_COLUMNS = ["day", "level", "key", "arrived", "late"]


def read_daily(folder: Path) -> pd.DataFrame:
    """Read the daily counts.

    Args:
        folder: Holds the parquet files of the output ``daily`` of ``route_statistics``.

    Returns:
        Columns ``day`` and ``level`` and ``key`` (str), ``arrived`` and ``late`` (int64).

    Raises:
        ScriptError: There is no file or no row, or a file lacks a column.
    """
    paths = sorted(folder.rglob("*.parquet"))
    if not paths:
        raise ScriptError(f"{folder} holds no .parquet file: it must be route_statistics' daily")
    parts = []
    for path in paths:
        with ParquetFile(path, memory_map=True) as file:
            missing = [name for name in _COLUMNS if name not in file.schema_arrow.names]
            if missing:
                raise ScriptError(f"{path} has no column {', '.join(missing)}")
            parts.append(file.read(columns=_COLUMNS, use_threads=False).to_pandas())
    daily: pd.DataFrame = pd.concat(parts, ignore_index=True)
    if daily.empty:
        raise ScriptError(f"{folder} holds no rows: nothing was counted before this day")
    return daily


def prior_delays(flights: pd.DataFrame, daily: pd.DataFrame) -> pd.DataFrame:
    """Give each flight the rates of the days before its own.

    Args:
        flights: Raw flights.
        daily: See ``read_daily``.

    Returns:
        The columns ``NAMES``, one row per flight, with the index of ``flights``. Where nothing was
        counted before a day they are NaN; a carrier, route or hour never seen has the rate of all.
    """
    days = flight_days(flights)
    keys = {
        "carrier": flights["carrier"],
        "route": flights["origin"] + "-" + flights["dest"],
        "hour": flights["hour"].astype(str),
    }
    rates = {
        name: _rate(daily[daily["level"] == level], days, keys[level])
        for name, level in zip(NAMES, LEVELS, strict=True)
    }
    return pd.DataFrame(rates, index=flights.index)


def _rate(
    counts: pd.DataFrame, days: "pd.Series[str]", keys: "pd.Series[str]"
) -> "pd.Series[float]":
    late, arrived = (_before(counts, name, days) for name in ("late", "arrived"))
    wanted = pd.MultiIndex.from_arrays([days, keys])

    def own(table: pd.DataFrame) -> "pd.Series[float]":
        found = pd.Series(table.stack()).reindex(wanted, fill_value=0)
        return found.set_axis(days.index)

    all_late, all_arrived = (days.map(table.sum(axis=1)) for table in (late, arrived))
    usual = all_late / all_arrived.where(all_arrived > 0)
    return (own(late) + TYPICAL_FLIGHTS * usual) / (own(arrived) + TYPICAL_FLIGHTS)


def _before(counts: pd.DataFrame, name: str, days: "pd.Series[str]") -> pd.DataFrame:
    """What was counted before each day, by key."""
    table = counts.pivot_table(index="day", columns="key", values=name, aggfunc="sum", fill_value=0)
    every_day = sorted({*table.index, *days})
    return table.reindex(every_day, fill_value=0).cumsum().shift(1, fill_value=0)

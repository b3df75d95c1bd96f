"""What is known of delays before a day: counts of the days before it, and of none after."""

from pathlib import Path

import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts import raw_days
from ml_pipeline_tests.preprocessing_scripts.delays import counted
from preprocessing_scripts.flights import read_table
from preprocessing_scripts.outcome import ScriptError
from preprocessing_scripts.prior_delays import NAMES, TYPICAL_FLIGHTS, prior_delays, read_daily


def flights(*rows: tuple[int, str, str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["day", "carrier", "origin", "dest", "hour"])
    return frame.assign(year=2013, month=1)


DAILY = pd.DataFrame(
    [
        *(
            ("2013-01-01", level, key, 80, 20)
            for level, key in (("route", "EWR-IAH"), ("hour", "6"))
        ),
        ("2013-01-01", "carrier", "UA", 80, 20),
        ("2013-01-02", "carrier", "UA", 10, 10),
        ("2013-01-02", "carrier", "AA", 10, 0),
    ],
    columns=["day", "level", "key", "arrived", "late"],
)


def test_a_flight_gets_what_was_counted_before_its_day() -> None:
    row = ("UA", "EWR", "IAH", 6)
    rates = prior_delays(flights((1, *row), (2, *row), (3, *row)), DAILY)
    assert list(rates) == list(NAMES)
    carrier = rates["prior_late_rate_carrier"].tolist()
    assert pd.isna(carrier[0])
    assert carrier[1] == pytest.approx(0.25)
    # 30 of 90 of its own, and 30 of 100 of all.
    assert carrier[2] == pytest.approx((30 + TYPICAL_FLIGHTS * 0.3) / (90 + TYPICAL_FLIGHTS))


def test_what_was_never_seen_is_late_as_often_as_all() -> None:
    rates = prior_delays(flights((3, "ZZ", "LGA", "XXX", 23)), DAILY)
    assert rates.iloc[0].tolist() == pytest.approx([0.3, 0.25, 0.25])


def test_no_outcome_of_the_same_or_a_later_day_is_in_a_feature(tmp_path: Path) -> None:
    days = ["2013-02-06", "2013-02-07", "2013-02-08"]
    raw = raw_days.land(tmp_path, days)
    table = pd.concat(
        [read_table(raw / f"ds={ds}" / "flights.csv", "flights") for ds in days],
        ignore_index=True,
    )
    changed = table.assign(arr_delay=table["arr_delay"].where(table["day"] < 7, 500.0))
    before, after = (prior_delays(table, counted(one)) for one in (table, changed))
    known = table["day"] <= 7
    pd.testing.assert_frame_equal(before[known], after[known])
    assert before[table["day"] == 7].notna().all(axis=None)
    assert (before[~known] != after[~known]).to_numpy().mean() > 0.9


def test_a_folder_without_the_counts_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"holds no \.parquet file"):
        read_daily(tmp_path)
    DAILY.drop(columns="late").to_parquet(tmp_path / "part-0.parquet")
    with pytest.raises(ScriptError, match=r"part-0.parquet has no column late"):
        read_daily(tmp_path)
    DAILY.head(0).to_parquet(tmp_path / "part-0.parquet")
    with pytest.raises(ScriptError, match="holds no rows"):
        read_daily(tmp_path)

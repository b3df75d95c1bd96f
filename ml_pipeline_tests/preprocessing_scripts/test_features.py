import numpy as np
import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts import raw_days
from preprocessing_scripts.features import engineer, flight_days, label, scheduled_duration
from preprocessing_scripts.flights import RAW_TABLES, parse_csv, read_table

OUTCOMES = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]


def table(name: str, *days: str) -> pd.DataFrame:
    parts = [
        parse_csv("\n".join(raw_days.day_lines(name, ds)).encode(), RAW_TABLES[name], name)
        for ds in days
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return table("flights", "2013-02-08", "2013-02-10")


@pytest.fixture(scope="module")
def weather() -> pd.DataFrame:
    return table("weather", "2013-02-08", "2013-02-10")


@pytest.fixture(scope="module")
def planes() -> pd.DataFrame:
    return read_table(raw_days.data() / "planes.csv", "planes")


@pytest.fixture(scope="module")
def features(flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    return engineer(flights, weather, planes)


def test_label_is_fifteen_minutes_late_and_absent_for_cancelled_flights() -> None:
    flights = pd.DataFrame({"arr_delay": [14.0, 15.0, -20.0, np.nan]})
    assert label(flights).fillna(-1).tolist() == [0.0, 1.0, 0.0, -1.0]


def test_nothing_of_how_a_flight_went_reaches_the_features(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame, features: pd.DataFrame
) -> None:
    scrambled = flights.assign(**dict.fromkeys(OUTCOMES, np.nan))
    pd.testing.assert_frame_equal(engineer(scrambled, weather, planes), features)
    assert not set(OUTCOMES) & set(features.columns)


def test_weather_of_the_hour_of_departure_or_later_does_not_matter(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame, features: pd.DataFrame
) -> None:
    now = pd.Timestamp("2013-02-08T17:00:00Z")
    later = weather["time_hour"] >= now
    changed = weather.assign(
        **{name: weather[name].where(~later, 99.0) for name in ("temp", "precip", "visib")}
    )
    up_to_now = flights["time_hour"] <= now
    assert up_to_now.sum() > 100
    pd.testing.assert_frame_equal(
        engineer(flights, changed, planes)[up_to_now], features[up_to_now]
    )
    after = ~up_to_now & (flights["day"] == 8)
    assert (engineer(flights, changed, planes)["temp"] != features["temp"])[after].any()


def test_weather_is_that_of_the_hour_before_at_the_origin(
    flights: pd.DataFrame, weather: pd.DataFrame, features: pd.DataFrame
) -> None:
    flight = flights[(flights["origin"] == "JFK") & (flights["hour"] == 9)].index[0]
    before = flights.loc[flight, "time_hour"] - pd.Timedelta(hours=1)
    row = weather[(weather["origin"] == "JFK") & (weather["time_hour"] == before)].iloc[0]
    assert features.loc[flight, "temp"] == row["temp"]
    assert features.loc[flight, "visib"] == row["visib"]


def test_a_missing_weather_hour_is_missing_and_counted(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame
) -> None:
    hour = pd.Timestamp("2013-02-10T15:00:00Z")
    without = engineer(flights, weather[weather["time_hour"] != hour], planes)
    lost = flights["time_hour"] == hour + pd.Timedelta(hours=1)
    assert lost.any()
    assert without.loc[lost, "temp"].isna().all()
    assert (without.loc[lost, "weather_known"] == 0).all()
    assert len(without) == len(flights)


@pytest.mark.parametrize("empty", ["weather", "planes"])
def test_an_empty_table_changes_no_column(
    flights: pd.DataFrame,
    weather: pd.DataFrame,
    planes: pd.DataFrame,
    features: pd.DataFrame,
    empty: str,
) -> None:
    tables = {"weather": weather, "planes": planes}
    tables[empty] = tables[empty].iloc[:0]
    result = engineer(flights, tables["weather"], tables["planes"])
    assert result.dtypes.equals(features.dtypes)
    assert (result[{"weather": "weather_known", "planes": "plane_known"}[empty]] == 0).all()


def test_an_unknown_plane_and_a_flight_without_one(
    flights: pd.DataFrame, weather: pd.DataFrame, planes: pd.DataFrame
) -> None:
    strange = flights.copy()
    strange.loc[0, "tailnum"] = "N0000"
    strange.loc[1, "tailnum"] = np.nan
    result = engineer(strange, weather, planes)
    assert result.loc[[0, 1], "plane_known"].tolist() == [0.0, 0.0]
    assert result.loc[[0, 1], ["plane_age", "seats"]].isna().all(axis=None)
    assert result.loc[0, "plane_turn"] == 0
    assert np.isnan(result["plane_turn"].loc[1])
    assert result.loc[1, "tailnum"] == "unknown"


def test_scheduled_duration_crosses_midnight_and_time_zones() -> None:
    schedule = pd.DataFrame(
        {
            "sched_dep_time": [2359, 900, 2155, 900],
            "sched_arr_time": [440, 1225, 115, 1540],
            "dest": ["BQN", "LAX", "SFO", "HNL"],
            "distance": [1576, 2475, 2586, 4983],
        }
    )
    # Puerto Rico is an hour ahead of New York in winter, California three behind, Hawaii five.
    assert scheduled_duration(schedule).tolist() == [221.0, 385.0, 380.0, 700.0]


def test_scheduled_duration_agrees_with_time_in_the_air(flights: pd.DataFrame) -> None:
    extra = scheduled_duration(flights) - flights["air_time"]
    assert 15 < extra.median() < 45
    assert (extra.dropna().between(-60, 120)).all()


def test_traffic_counts_cancelled_flights(flights: pd.DataFrame, features: pd.DataFrame) -> None:
    snowed_in = flights["arr_delay"].isna() & (flights["day"] == 8)
    assert snowed_in.sum() > 300
    origin = (flights["origin"] == "LGA") & (flights["day"] == 8)
    assert (features.loc[origin, "flights_day_origin"] == origin.sum()).all()


def test_turns_of_a_plane_are_of_one_day_and_in_order(
    flights: pd.DataFrame, features: pd.DataFrame
) -> None:
    plane = flights.groupby("tailnum").size().idxmax()
    rows = flights[flights["tailnum"] == plane].sort_values(["day", "sched_dep_time"])
    for _, one_day in rows.groupby("day"):
        assert features.loc[one_day.index, "plane_turn"].tolist() == list(range(len(one_day)))
        assert features.loc[one_day.index, "since_last_turn"].isna().tolist()[0]


def test_rows_keep_their_order_and_days(flights: pd.DataFrame, features: pd.DataFrame) -> None:
    assert features.index.equals(flights.index)
    assert sorted(set(flight_days(flights))) == ["2013-02-08", "2013-02-10"]
    assert (features["carrier"] == flights["carrier"]).all()

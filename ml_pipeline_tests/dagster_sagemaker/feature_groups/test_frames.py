"""Data frames as definitions and as records."""

from datetime import datetime, timezone
from typing import Any

import pandas as pd
import pytest

from dagster_sagemaker import FeatureGroup, InvalidRequestError
from dagster_sagemaker.feature_groups.frames import feature_types, records

GROUP = FeatureGroup(name="routes", record_identifier="route", event_time="at")
AT = datetime(2013, 1, 31, 6, tzinfo=timezone.utc)


def frame(**columns: Any) -> "pd.DataFrame":
    return pd.DataFrame({"route": ["EWR-IAH", "JFK-MIA"], "at": [AT, AT], **columns})


def test_types_follow_the_columns() -> None:
    given = frame(
        flights=[1, 2],
        some=pd.array([1, None], dtype="Int64"),
        rate=[0.5, None],
        late=[True, False],
        carrier=pd.Categorical(["UA", "AA"]),
        day=pd.Series(["2013-01-31", None], dtype="datetime64[ns]"),
    )
    assert feature_types(GROUP, given) == {
        "route": "String",
        "at": "String",
        "flights": "Integral",
        "some": "Integral",
        "rate": "Fractional",
        "late": "Integral",
        "carrier": "String",
        "day": "String",
    }


def test_what_has_no_value_is_left_out_of_its_record() -> None:
    given = frame(
        some=pd.array([1, None], dtype="Int64"),
        rate=[0.1, None],
        late=[True, False],
        carrier=["UA", None],
        day=pd.Series(["2013-01-31 01:02:03.004", None], dtype="datetime64[ns]"),
    )
    first, second = (
        {one["FeatureName"]: one["ValueAsString"] for one in record}
        for record in records(GROUP, given)
    )
    assert first == {
        "route": "EWR-IAH",
        "at": "2013-01-31T06:00:00.000Z",
        "some": "1",
        "rate": "0.1",
        "late": "1",
        "carrier": "UA",
        "day": "2013-01-31T01:02:03.004Z",
    }
    assert second == {"route": "JFK-MIA", "at": "2013-01-31T06:00:00.000Z", "late": "0"}


def test_times_of_another_zone_are_the_same_times() -> None:
    given = frame().assign(at=pd.to_datetime([AT, AT]).tz_convert("America/New_York"))
    assert next(records(GROUP, given))[1]["ValueAsString"] == "2013-01-31T06:00:00.000Z"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (frame().drop(columns="at"), "at: there is no such column"),
        (frame(**{"delay rate": [1, 2]}), "delay rate: rename it"),
        (frame(Write_Time=[1, 2]), "Write_Time: rename it, Feature Store has a column"),
        (pd.concat([frame(), frame()[["at"]]], axis="columns"), "at: there are several"),
        (frame().assign(at=[1, 2]), "at: an event time is a time, a text or a float, not int64"),
    ],
)
def test_frames_that_no_group_can_be_made_of(given: "pd.DataFrame", words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        feature_types(GROUP, given)


@pytest.mark.parametrize(
    "given",
    [
        frame().assign(route=pd.Series(["EWR-IAH", None])),
        frame().assign(at=pd.Series([AT, None])),
        frame(rate=[0.5, float("inf")]),
    ],
)
def test_rows_that_are_no_records_are_named(given: "pd.DataFrame") -> None:
    with pytest.raises(InvalidRequestError, match="Row 1 of the data frame"):
        list(records(GROUP, given))


@pytest.mark.parametrize(
    "fields", [{"online": False}, {"offline_s3_uri": "s3://bucket/x"}, {"unknown": 1}]
)
def test_groups_that_lack_something(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"offline_s3_uri|unknown"):
        FeatureGroup(name="routes", record_identifier="route", event_time="at", **fields)

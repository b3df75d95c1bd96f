"""What the script is told; what it counts needs Spark, and is tested with the asset."""

from pathlib import Path

import pytest

from preprocessing_scripts.outcome import ScriptError
from preprocessing_scripts.route_statistics import days_of, location, parse_arguments

PLACES = ("--input", "raw", "--output", "out")


def test_the_window_ends_before_the_day() -> None:
    assert days_of("2013-02-27", "2013-03-02") == ["2013-02-27", "2013-02-28", "2013-03-01"]


def test_places_are_named_as_spark_needs_them(tmp_path: Path) -> None:
    assert location("s3://bucket/raw/") == "s3a://bucket/raw"
    assert location("s3a://bucket/raw") == "s3a://bucket/raw"
    assert location(str(tmp_path)) == f"file://{tmp_path}"


@pytest.mark.parametrize(
    ("first", "ds", "problem"),
    [
        ("2013-2-1", "2013-03-01", "--first must be a day like 2013-02-11"),
        ("2013-02-01", "yesterday", "--ds must be a day like 2013-02-11"),
        ("2013-03-01", "2013-03-01", r"--first \(2013-03-01\) must lie before --ds"),
    ],
)
def test_days_that_are_none(first: str, ds: str, problem: str) -> None:
    with pytest.raises(ScriptError, match=problem):
        parse_arguments([*PLACES, "--first", first, "--ds", ds])

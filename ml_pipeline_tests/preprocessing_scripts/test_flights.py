from pathlib import Path

import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts import raw_days
from preprocessing_scripts.flights import RAW_TABLES, RawDataError, parse_csv, read_csv, read_table

FLIGHTS = RAW_TABLES["flights"]


def day(*changes: tuple[int, str, str]) -> bytes:
    """Some flights of a real day, with values put into (line, column)."""
    lines = [line.split(",") for line in raw_days.day_lines("flights", "2013-02-11", every=100)]
    for line, column, value in changes:
        lines[line - 1][lines[0].index(column)] = value
    return ("\n".join(",".join(fields) for fields in lines) + "\n").encode()


@pytest.mark.parametrize("table", ["flights", "weather"])
def test_a_real_day_is_read_as_its_schema_says(tmp_path: Path, table: str) -> None:
    lines = raw_days.day_lines(table, "2013-02-11")
    path = tmp_path / f"{table}.csv"
    path.write_text("\n".join(lines) + "\n")
    frame = read_table(path, table)
    assert list(frame.columns) == list(RAW_TABLES[table].schema)
    assert len(frame) == len(lines) - 1
    kinds = {"integer": "int64", "number": "float64", "timestamp": "datetime64[ns, UTC]"}
    for column, kind in RAW_TABLES[table].schema.items():
        assert str(frame[column].dtype) == kinds.get(kind, "object"), column


def test_planes_are_read_whole() -> None:
    planes = read_table(raw_days.data() / "planes.csv", "planes")
    assert len(planes) == 3322
    assert planes["year"].isna().sum() == 70


def test_missing_values_are_missing() -> None:
    frame = parse_csv(day((2, "arr_delay", "NA"), (2, "tailnum", "NA")), FLIGHTS, "f.csv")
    assert pd.isna(frame["arr_delay"].iloc[0])
    assert pd.isna(frame["tailnum"].iloc[0])
    assert frame["arr_delay"].iloc[1:].notna().any()


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("arr_delay", "late", "'late' is not a number"),
        ("arr_delay", "", "'' is not a number"),
        ("arr_delay", "inf", "'inf' is not a number"),
        ("distance", "7.5", "'7.5' is not a whole number"),
        ("distance", "9" * 20, "is not a whole number"),
        ("sched_dep_time", "NA", "'NA' where a value is required"),
        ("carrier", "", "'' where a value is required"),
        ("time_hour", "2013-02-30T10:00:00Z", "is not a time like 2013-02-11T10:00:00Z"),
        ("time_hour", "2013-02-11T10:00:00", "is not a time like 2013-02-11T10:00:00Z"),
        ("time_hour", "NA", "'NA' where a value is required"),
    ],
)
def test_a_bad_value_is_named_with_file_line_and_column(column: str, value: str, said: str) -> None:
    with pytest.raises(RawDataError) as caught:
        parse_csv(day((4, column, value)), FLIGHTS, "s3://b/ds=2013-02-11/flights.csv")
    assert f"s3://b/ds=2013-02-11/flights.csv, line 4, column {column}: " in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "x.csv: the file is empty"),
        (b"\n", "x.csv: the file is empty"),
        (day().splitlines()[0] + b"\n", "x.csv: the file has a header and no rows"),
        (day().replace(b"arr_delay", b"delay", 1), "line 1: missing columns: arr_delay"),
        (day().replace(b"dep_delay", b"arr_delay", 1), "line 1: duplicate columns: 'arr_delay'"),
        (
            day().replace(b"\n", b",1\n").replace(b",1\n", b"\n", 1),
            "line 2: 20 fields where the header has 19",
        ),
        (day()[:-40], "fields where the header has 19"),
        (day()[:-4], "is not a time like"),
        (day()[:600] + b"\xff" + day()[600:], "not UTF-8 text"),
        (b"\x1f\x8b\x08\x00" + day(), "line 1: not UTF-8 text: it holds NUL bytes"),
    ],
)
def test_a_broken_file_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(RawDataError, match=r"x\.csv") as caught:
        parse_csv(content, FLIGHTS, "x.csv")
    assert said in str(caught.value)


def test_one_line_that_is_too_long_is_found() -> None:
    lines = day().splitlines()
    lines[3] += b",1"
    with pytest.raises(RawDataError, match="line 4: 20 fields"):
        parse_csv(b"\n".join(lines), FLIGHTS, "x.csv")


def test_commas_within_quotes_and_columns_beyond_the_schema_are_fine() -> None:
    lines = day().decode().splitlines()
    content = "\n".join([lines[0] + ",remark", *(line + ',"a, b"' for line in lines[1:])]).encode()
    frame = parse_csv(content, FLIGHTS, "x.csv")
    assert len(frame) == len(lines) - 1
    assert "remark" not in frame


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RawDataError, match=r"flights\.csv: cannot be read: No such file"):
        read_csv(tmp_path / "flights.csv", FLIGHTS)


def test_a_day_without_weather_is_legal_and_one_without_flights_is_not(tmp_path: Path) -> None:
    for table in ("weather", "flights"):
        (tmp_path / table).write_text(raw_days.day_lines(table, "2013-12-31")[0] + "\n")
    assert read_table(tmp_path / "weather", "weather").empty
    with pytest.raises(RawDataError, match="no rows"):
        read_table(tmp_path / "flights", "flights")


def test_columns_without_any_value_are_read_where_they_may_be_missing() -> None:
    lines = [line.split(",") for line in day().decode().splitlines()]
    for column in ("dep_time", "tailnum"):
        for fields in lines[1:]:
            fields[lines[0].index(column)] = "NA"
    frame = parse_csv("\n".join(map(",".join, lines)).encode(), FLIGHTS, "x.csv")
    assert frame[["dep_time", "tailnum"]].isna().all(axis=None)


def test_text_that_is_empty_is_there_unless_a_value_is_required() -> None:
    assert parse_csv(day((2, "tailnum", "")), FLIGHTS, "x.csv")["tailnum"].iloc[0] == ""

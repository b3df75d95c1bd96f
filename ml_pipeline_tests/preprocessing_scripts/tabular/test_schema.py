import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.infer import infer_schema
from preprocessing_scripts.tabular.schema import Kind, convert
from preprocessing_scripts.tabular.sources import CsvSource, FrameSource, open_source


def inferred(folder: Path, values: list[str], block_bytes: int = 1 << 20) -> Kind:
    """The kind that a CSV column of these values is taken for."""
    text = "other,a\n" + "".join(f'?,"{value}"\n' for value in values)
    (folder / "x.csv").write_text(text)
    source = CsvSource(folder, ["x.csv"], block_bytes=block_bytes)
    return infer_schema(source, {"a": None})["a"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", " 2 ", "", "NA", "-3.5e7"], "number"),
        (["1", "inf", "-inf", "nan"], "number"),
        (["1", "two"], "text"),
        (["1", "2013-02-11"], "text"),
        (["", "2013-02-11"], "timestamp"),
        (["2013-02-11 10:00", "2013-02-11T10:00:00.123456"], "timestamp"),
        (["2013-02-11T10:00:00Z", "2013-02-11", "2013-02-11T10:00:00+02:00"], "timestamp"),
        (["2013-02-11", "2013-02-30"], "text"),
        (["10:00"], "text"),
        (["20130211"], "number"),
        (["true"], "text"),
        (["", "NA"], "number"),
    ],
)
def test_text_is_taken_for_what_all_of_it_is(tmp_path: Path, values: list[str], kind: Kind) -> None:
    assert inferred(tmp_path, values) == kind


def test_a_column_without_values_in_the_first_block_is_looked_at_further(tmp_path: Path) -> None:
    assert inferred(tmp_path, ["", "", "x"], block_bytes=1) == "text"
    assert inferred(tmp_path, [""] * 9 + ["x"], block_bytes=1) == "number"


def test_kinds_that_are_given_stay_and_the_order_is_that_of_the_wish(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b,c\n1,2,x\n")
    schema = infer_schema(open_source(tmp_path), {"c": None, "a": "text", "b": None})
    assert list(schema.items()) == [("c", "text"), ("a", "text"), ("b", "number")]


def test_types_of_parquet_and_frames_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "half": [0.5, None],
            "whole": [1, 2],
            "yes": [True, False],
            "level": pd.Categorical(["1", "x"]),
            "digits": pd.Categorical(["1", "2"]),
            "day": [datetime.date(2013, 2, 11), None],
            "time": pd.DatetimeIndex(["2013-02-11T10:00:00Z", None]),
            "nothing": [None, None],
        }
    )
    frame.to_parquet(tmp_path / "x.parquet")
    expected = ["number", "integer", "number", "text", "number", "timestamp", "timestamp", "number"]
    wanted: dict[str, Kind | None] = dict.fromkeys(frame.columns)
    assert list(infer_schema(open_source(tmp_path), wanted).values()) == expected
    assert list(infer_schema(FrameSource(frame), wanted).values()) == expected


def test_every_file_must_have_every_wanted_column(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("a,c\n1,2\n")
    with pytest.raises(TableError, match=r"b\.csv: missing columns: b \(found: a, c\)"):
        infer_schema(open_source(tmp_path), {"a": "number", "b": "number"})


def test_a_table_without_rows_is_taken_for_numbers(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    assert infer_schema(open_source(tmp_path), {"a": None, "b": "text"}) == {
        "a": "number",
        "b": "text",
    }


def test_many_columns_are_not_all_listed(tmp_path: Path) -> None:
    pq.write_table(pa.table({f"c{n}": [1] for n in range(100)}), tmp_path / "x.parquet")
    with pytest.raises(TableError, match=r"\(found: c0, .*c19, and 80 more\)"):
        infer_schema(open_source(tmp_path), {"a": None})


def test_times_with_and_without_a_zone_and_of_any_precision_go_together() -> None:
    text = [
        "2013-02-11",
        "2013-02-11 10:00:00.5",
        "2013-02-11T10:00:00Z",
        "2013-02-11T10:00:00+02:00",
        "2013-02-11T10:00:00-0530",
        "2013-02-11T10:00:00.123456000Z",
        None,
    ]
    ten = datetime.datetime(2013, 2, 11, 10)
    assert convert(pa.array(text), "timestamp").to_pylist() == [
        datetime.datetime(2013, 2, 11),
        ten + datetime.timedelta(seconds=0.5),
        ten,
        ten - datetime.timedelta(hours=2),
        ten + datetime.timedelta(hours=5.5),
        ten + datetime.timedelta(microseconds=123456),
        None,
    ]


@pytest.mark.parametrize("zone", ["", "Z", "+02:00"])
def test_what_is_finer_than_a_microsecond_stays(zone: str) -> None:
    text = pa.array([f"1969-12-31T10:00:00.123456789{zone}", "1969-12-31", None])
    found = convert(text, "timestamp")
    assert found.type == pa.timestamp("ns")
    assert found.cast(pa.int64())[0].as_py() % 1000 == 789


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Paris"])
def test_stored_times_are_as_fine_as_they_are(zone: str | None) -> None:
    since = pa.array([-1, -1000, None, 86_400 * 10**9])
    assert convert(since.cast(pa.timestamp("ns", zone)), "timestamp").cast(pa.int64()) == since
    whole = convert(since.take(pa.array([1, 3])).cast(pa.timestamp("ns", zone)), "timestamp")
    assert whole.type == pa.timestamp("us")
    assert whole.cast(pa.int64()).to_pylist() == [-1, 86_400 * 10**6]


def test_nan_is_null_and_nothing_is_lost() -> None:
    values = pa.array([1.0, np.nan, None])
    assert convert(values, "integer").to_pylist() == [1, None, None]
    assert convert(values, "number").null_count == 2
    with pytest.raises(pa.ArrowInvalid):
        convert(pa.array([1.5]), "integer")

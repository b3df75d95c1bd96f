"""Columns that go out as they came in, and what does not fit among them."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    run_files,
    run_folder,
    spec_of,
    table,
    write_files,
)
from ml_pipeline_tests.preprocessing_scripts.tabular.typed_columns import IN_PARQUET
from preprocessing_scripts.tabular.errors import TableError

ROWS = len(table())


def parquet(folder: Path, *kept: pa.Array) -> Path:
    """The table and a column ``k``, a file for each of its values."""
    folder.mkdir()
    for number, column in enumerate(kept):
        rows = table()
        rows["row"] += number * ROWS
        whole = pa.Table.from_pandas(rows, preserve_index=False).append_column("k", column)
        pq.write_table(whole, folder / f"x{number}.parquet", row_group_size=30, version="2.6")
    return folder


def of_type(kind: pa.DataType, values: list[object]) -> pa.Array:
    return pa.array([values[row % len(values)] for row in range(ROWS)], kind)


def test_what_is_kept_of_parquet_comes_out_as_it_went_in(tmp_path: Path) -> None:
    columns = {name: of_type(c.type, [*c.values, None]) for name, c in IN_PARQUET.items()} | {
        "list": of_type(pa.list_(pa.field("element", pa.int64())), [[1, 2], None, []]),
        "bytes": of_type(pa.binary(), [b"\xff", None]),
        "duration": of_type(pa.duration("ms"), [1, None]),
        "not a number": of_type(pa.float64(), [float("nan"), None, 1.0]),
    }
    folder = parquet(tmp_path / "in", of_type(pa.string(), [None]))
    whole = pq.read_table(folder / "x0.parquet")
    for name, column in columns.items():
        whole = whole.append_column(name, column)
    pq.write_table(whole, folder / "x0.parquet", row_group_size=30)
    stored = pq.read_table(folder / "x0.parquet")
    run = run_folder(folder, spec_of(keep=["row", "k", *columns]), tmp_path / "out")
    assert [one["name"] for one in run.result.schema][-len(columns) :] == list(columns)
    for channel in ("train", "validation"):
        [part] = (tmp_path / "out" / channel).iterdir()
        written = pq.read_table(part)
        for name in columns:
            expected = stored[name].combine_chunks()
            if pa.types.is_dictionary(expected.type):
                expected = expected.dictionary_decode()
            assert written[name].type == expected.type
            expected = expected.take(written["row"])
            assert list(map(str, written[name].to_pylist())) == list(map(str, expected.to_pylist()))


def test_a_column_may_be_kept_and_used(tmp_path: Path) -> None:
    folder = parquet(tmp_path / "in", of_type(pa.bool_(), [True, False, None]))
    features = [{"name": "ak", "product": ["a", "k"]}]
    spec = spec_of(keep=["row", "k", "t"], features=features, schema={"t": "timestamp"})
    written = run_folder(folder, spec, tmp_path / "out").channel("train")
    assert set(written["k"]) == {True, False, None}
    assert written["t"].tolist() == table()["t"][written["row"]].tolist()


def test_files_of_other_types_are_made_alike_or_refused(tmp_path: Path) -> None:
    spec = spec_of(keep=["row", "k"])
    whole, halves = of_type(pa.int64(), [1]), of_type(pa.float64(), [2.0, None])
    for number, kinds in enumerate(([whole, halves], [of_type(pa.null(), [None]), whole])):
        run = run_folder(parquet(tmp_path / f"in{number}", *kinds), spec, tmp_path / f"o{number}")
        assert str(run.channel("train").convert_dtypes()["k"].dtype) == "Int64"
    folder = parquet(tmp_path / "in", whole, of_type(pa.float64(), [2.5]))
    with pytest.raises(TableError, match=r"x1.*column k: double here and int64 in the first file"):
        run_folder(folder, spec, tmp_path / "out")


def test_a_whole_number_of_csv_that_is_written_otherwise_is_refused(tmp_path: Path) -> None:
    codes = table().assign(k=lambda frame: frame["row"].astype(str))
    codes.loc[70, "k"] = "007"
    with pytest.raises(TableError, match=r"line 72, column k: '007' is not a whole number as"):
        run_files(tmp_path / "one", {"a.csv": codes}, spec_of(keep=["row", "k"]), 500)
    spec = spec_of(keep=["row", "k"], schema={"k": "text"})
    run = run_files(tmp_path / "other", {"a.csv": codes}, spec, 500)
    kept = pd.concat([run.channel(name) for name in ("train", "validation")]).set_index("row")["k"]
    assert kept.sort_index().tolist() == codes["k"].tolist()


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_whole_numbers_that_doubles_do_not_hold_are_rounded_and_reported(
    tmp_path: Path, kind: str
) -> None:
    raw = table().assign(a=lambda frame: 2**53 + frame["row"])
    (tmp_path / "in").mkdir()
    raw.astype({"a": kind}).to_parquet(tmp_path / "in" / "a.parquet")
    typed = run_folder(tmp_path / "in", spec_of(output={"dtype": "float64"}), tmp_path / "out")
    folder = write_files(tmp_path / "csv", {"a.csv": raw})
    text = run_folder(folder, spec_of(output={"dtype": "float64"}), tmp_path / "again")
    for run in (typed, text):
        assert run.result.details["beyond_whole_numbers"] == ["a"]
        assert sorted(run.channel("train")["a"]) == sorted(text.channel("train")["a"])


def test_a_temporal_split_by_large_whole_numbers_is_exact(tmp_path: Path) -> None:
    raw = table().assign(order=lambda frame: 2**60 - frame["row"])
    (tmp_path / "in").mkdir()
    raw.to_parquet(tmp_path / "in" / "a.parquet")
    spec = spec_of(split={"method": "temporal", "column": "order"})
    run = run_folder(tmp_path / "in", spec, tmp_path / "out")
    assert run.channel("validation")["row"].tolist() == list(range(16))


@pytest.mark.parametrize("labels", [[1, 2], [0, 1, 2], [-1, 1], [0, 1]])
def test_classes_are_counted_and_only_0_and_1_have_a_rate(
    tmp_path: Path, labels: list[int]
) -> None:
    raw = table().assign(y=lambda frame: [labels[row % len(labels)] for row in frame["row"]])
    run = run_files(tmp_path, {"a.csv": raw}, spec_of(), 1 << 20)
    assert set(run.result.details["classes"]) == {str(label) for label in labels}
    for channel in ("train", "validation"):
        counted = run.channel(channel)["y"].value_counts()
        for label in labels:
            assert run.result.details["classes"][str(label)][channel] == counted[label]
        rate = run.result.metrics.get(f"{channel}_positive_rate")
        assert rate == (pytest.approx(counted[1] / counted.sum()) if labels == [0, 1] else None)

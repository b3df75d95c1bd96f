"""Every fault of an input has a defined end: one clear line, or a treatment that is reported."""

import gzip
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    read_channel,
    rows_of,
    spec_of,
    table,
)
from ml_pipeline_tests.preprocessing_scripts.tabular.scripts import (
    Ended,
    InProcess,
    finish,
    land,
    start,
)


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def run_process(folder: Path, spec: dict[str, Any]) -> Ended:
    return finish(start(folder, spec), folder)


def test_a_gzip_that_is_cut_off(tmp_path: Path) -> None:
    whole = gzip.compress(csv(table(2000)))
    land(tmp_path, table(), end="csv.gz")
    land(tmp_path, gzip.compress(csv(table())), whole[: len(whole) // 2], end="csv.gz")
    error = run_process(tmp_path, spec_of()).error()
    assert error.startswith("x1.csv.gz: cannot be read further after about ")
    assert not (tmp_path / "out" / "train").exists()


def test_a_column_that_changes_type_late(tmp_path: Path) -> None:
    frame = table(30_000).astype({"a": object})
    frame.loc[29_000, "a"] = "abc"
    error = run_process(land(tmp_path, table(), frame), spec_of()).error()
    assert error == "x1.csv, line 29002, column a: 'abc' is not a number"
    assert not (tmp_path / "out" / "train").exists()


def test_a_schema_that_is_given_is_held_in_every_row(tmp_path: Path, script: InProcess) -> None:
    frame = table(300).assign(seats=1, code="007", unused="x")
    spec = spec_of(keep=["seats", "code"], schema={"seats": "integer", "code": "text"})
    run = script(land(tmp_path / "good", frame), spec)
    assert run.status == 0
    kept = read_channel(tmp_path / "good" / "out", "train")
    assert set(kept["code"]) == {"007"}
    frame.loc[250, "unused"] = "y"
    spec = spec_of(schema={"unused": "number"})
    error = script(land(tmp_path / "bad", frame), spec).error()
    assert error.startswith("x0.csv, line 2, column unused: 'x' is not a number")
    spec = spec_of(schema={"absent": "number"})
    error = script(land(tmp_path / "absent", frame), spec).error()
    assert "missing columns: absent" in error


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"a": "text"}, "column a is used both as text and as number"),
        ({"a": "float"}, "spec.schema.a: 'float' is not one of number, integer, text, timestamp"),
        (["a"], "spec.schema: ['a'] is not an object"),
    ],
)
def test_a_schema_that_makes_no_sense(
    tmp_path: Path, script: InProcess, schema: Any, text: str
) -> None:
    assert text in script(land(tmp_path, table()), spec_of(schema=schema)).error()


def test_a_time_that_is_none(tmp_path: Path, script: InProcess) -> None:
    frame = table()
    frame.loc[60, "t"] = "yesterday"
    spec = spec_of(features=[{"name": "h", "hour": "t"}], numeric=[{"columns": ["h"]}])
    error = script(land(tmp_path, frame), spec).error()
    assert error.startswith("x0.csv, line 62, column t: 'yesterday' is not a time like")


def test_a_quoted_newline_is_part_of_a_value(tmp_path: Path, script: InProcess) -> None:
    frame = table()
    frame.loc[::2, "c"] = "first\nsecond, third"
    ended = script(land(tmp_path, frame), spec_of())
    assert ended.report()["metrics"]["rows_in"] == 80
    train = read_channel(ended.output, "train").set_index("row")
    assert (train["c_first\nsecond, third"] == (train.index % 2 == 0)).all()


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path, script: InProcess) -> None:
    text = csv(table()).replace(b",u,", b',"u,', 1)
    error = script(land(tmp_path, text), spec_of()).error()
    assert "x0.csv, line" in error
    assert "quotation mark" in error


def test_a_byte_order_mark_and_carriage_returns_are_no_matter(
    tmp_path: Path, script: InProcess
) -> None:
    text = csv(table().assign(t="x"))
    plain = script(land(tmp_path, text), spec_of())
    plain.report()
    for name, content in {
        "mark": b"\xef\xbb\xbf" + text,
        "returns": text.replace(b"\n", b"\r\n"),
        "no_end": text.rstrip(b"\n"),
    }.items():
        (tmp_path / name).mkdir()
        ended = script(land(tmp_path / name, content), spec_of())
        assert ended.report()["metrics"]["rows_in"] == 80
        for channel in ("train", "validation"):
            pd.testing.assert_frame_equal(
                read_channel(ended.output, channel), read_channel(plain.output, channel)
            )


def test_duplicate_column_names(tmp_path: Path, script: InProcess) -> None:
    text = csv(table()).replace(b"row,y,a,b", b"row,y,a,a", 1)
    error = script(land(tmp_path, text), spec_of()).error()
    assert error == "x0.csv, line 1: duplicate columns: 'a'"


def test_a_row_with_a_field_too_many(tmp_path: Path, script: InProcess) -> None:
    text = csv(table()).replace(b",u,", b",u,u,", 1)
    error = script(land(tmp_path, text), spec_of()).error()
    assert "fields where the header has 6" in error
    assert error.startswith("x0.csv, line ")


def test_a_file_without_a_column_that_is_wanted(tmp_path: Path, script: InProcess) -> None:
    error = script(land(tmp_path, table(), table().drop(columns="b")), spec_of()).error()
    assert "b" in error


def test_constant_and_empty_columns_are_reported(tmp_path: Path, script: InProcess) -> None:
    ended = script(land(tmp_path, table().assign(a=1.5, b=np.nan)), spec_of())
    details = ended.report()["details"]
    assert (details["constant"], details["without_values"]) == (["a"], ["b"])
    assert details["imputed_in_training"] == {"b": 64}
    assert (read_channel(ended.output, "train")[["a", "b"]] == 0).all(axis=None)


def test_a_level_unseen_in_training_is_no_error(tmp_path: Path, script: InProcess) -> None:
    frame = table()
    frame.loc[75:, "c"] = "new"
    spec = spec_of(split={"method": "temporal", "column": "row"})
    ended = script(land(tmp_path, frame), spec)
    ended.report()
    validation = read_channel(ended.output, "validation")[["c_u", "c_v", "c_w"]]
    assert validation.sum(axis=1).tolist() == [1] * 11 + [0] * 5
    pipeline = joblib.load(ended.output / "preprocessor" / "preprocessor.joblib")
    assert (pipeline.transform(frame[75:])[:, 2:] == 0).all()


def test_a_missing_label_is_an_error(tmp_path: Path, script: InProcess) -> None:
    frame = table().astype({"y": float})
    frame.loc[70, "y"] = np.nan
    error = script(land(tmp_path, frame), spec_of()).error()
    assert error.startswith("x0.csv, row 71, column y: no label")


@pytest.mark.parametrize("first", [0, 40])
def test_rows_without_a_label_are_dropped_and_counted(
    tmp_path: Path, script: InProcess, first: int
) -> None:
    frame, empty = table().astype({"y": float}), table().assign(y=np.nan)
    frame.loc[first : first + 9, "y"] = np.nan
    frame.loc[first : first + 9, "a"] = np.inf
    # A file, and so a block, without any label; and one of nothing but a header.
    land(tmp_path, empty, frame, table()[:0])
    ended = script(tmp_path, spec_of(label={"column": "y", "missing": "drop"}))
    metrics = ended.report()["metrics"]
    assert (metrics["rows_in"], metrics["rows_unlabelled"]) == (160, 90)
    kept = sorted(rows_of(ended.output, "train") + rows_of(ended.output, "validation"))
    assert kept == [row for row in range(80) if not first <= row < first + 10]
    assert ended.report()["details"]["infinite"] == {}


@pytest.mark.parametrize("label", ["0.5", "inf", "1e30", "yes"])
def test_a_label_that_is_not_a_whole_number(tmp_path: Path, script: InProcess, label: str) -> None:
    frame = table().astype({"y": object})
    frame.loc[70, "y"] = label
    error = script(land(tmp_path, frame), spec_of()).error()
    assert error.startswith("x0.csv")
    assert "column y" in error


def test_one_class_alone(tmp_path: Path, script: InProcess) -> None:
    error = script(land(tmp_path, table().assign(y=1)), spec_of()).error()
    assert error == "all 64 training rows have label 1: nothing to learn"


def test_infinities_are_missing_and_counted(tmp_path: Path, script: InProcess) -> None:
    frame = table()
    frame.loc[:4, "a"], frame.loc[5:9, "a"], frame.loc[::2, "b"] = np.inf, -np.inf, np.inf
    details = script(land(tmp_path, frame), spec_of()).report()["details"]
    assert details["infinite"] == {"a": 10, "b": 40}
    train = read_channel(tmp_path / "out", "train")
    assert np.isfinite(train.to_numpy(float)).all()
    rows = train["row"].to_numpy()
    assert details["imputed_in_training"] == {"a": (rows < 10).sum(), "b": (rows % 2 == 0).sum()}


@pytest.mark.parametrize("value", [1e39, -1e308])
def test_values_beyond_float32(tmp_path: Path, script: InProcess, value: float) -> None:
    frame = table()
    frame.loc[70, "a"] = value
    error = script(land(tmp_path, frame), spec_of()).error()
    assert "column a" in error
    assert '"dtype": "float64"' in error
    output = {"dtype": "float64"}
    minmax = [{"columns": ["a"], "scale": "minmax"}]
    script(tmp_path, spec_of(output=output, numeric=minmax)).report()
    train = read_channel(tmp_path / "out", "train")
    assert np.isfinite(train.to_numpy(float)).all()


@pytest.mark.parametrize("empty", [b"", b"row,y,a,b,c,t\n", b"\n\n"])
def test_a_file_without_rows_adds_nothing(tmp_path: Path, script: InProcess, empty: bytes) -> None:
    ended = script(land(tmp_path, empty, table(), empty), spec_of(keep=["row", "c"]))
    assert ended.report()["metrics"]["rows_in"] == 80


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        ([], "holds no .csv, .csv.gz or .parquet file"),
        ([b"row,y,a,b,c,t\n"], "the train channel has no rows"),
        ([b""], "no"),
    ],
    ids=["no file", "header", "empty file"],
)
def test_no_rows_at_all(
    tmp_path: Path, script: InProcess, contents: list[bytes], said: str
) -> None:
    (tmp_path / "in").mkdir()
    assert said in script(land(tmp_path, *contents), spec_of()).error()


def test_no_folder_at_all(tmp_path: Path, script: InProcess) -> None:
    assert script(tmp_path, spec_of()).error() == f"{tmp_path}/in: no such folder"


@pytest.mark.parametrize("name", ["spec", "input", "spool"])
def test_places_that_are_not_there_are_named(tmp_path: Path, script: InProcess, name: str) -> None:
    missing = tmp_path / "nowhere"
    error = script(land(tmp_path, table()), spec_of(), f"--{name}={missing}").error()
    assert str(missing) in error


def test_an_argument_that_is_unknown(tmp_path: Path, script: InProcess) -> None:
    assert "--sped" in script(land(tmp_path, table()), spec_of(), "--sped=1").error()


def test_a_run_without_any_fault(tmp_path: Path) -> None:
    report = run_process(land(tmp_path, table()), spec_of()).report()
    metrics = report["metrics"]
    assert metrics["rows_in"] == metrics["train_rows"] + metrics["validation_rows"] == 80
    assert {"read_seconds", "fit_seconds", "write_seconds", "peak_memory_mb"} < set(metrics)
    schema = {column["name"]: column["type"] for column in report["schema"]}
    assert list(schema) == ["a", "b", "c_u", "c_v", "c_w", "y", "row"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "preprocessor",
        "report",
        "train",
        "validation",
    ]


def test_target_encoding_wants_labels_of_0_and_1(tmp_path: Path, script: InProcess) -> None:
    frame = table()
    frame["y"] += 1
    target = spec_of(categorical=[{"columns": ["c"], "encode": "target"}])
    error = script(land(tmp_path, frame), target).error()
    assert error == "target encoding needs labels 0 and 1; there are 1, 2: use one_hot"


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: Path, script: InProcess) -> None:
    folder = land(tmp_path, table())
    ended = script(folder, spec_of(holdout={"column": "c", "equals": "u"}))
    assert list((ended.output / "holdout").iterdir())
    script(folder, spec_of()).report()
    assert not list((ended.output / "holdout").iterdir())
    assert script(folder, spec_of(label={"column": "b"})).status == 1
    assert not list(ended.output.rglob("*.*"))

"""What the first step of a saved pipeline refuses, and what it does where values are in doubt."""

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    engine,
    run_folder,
    spec_of,
    table,
    write_files,
)

HOUR = {"features": [{"name": "hour", "hour": "t"}], "numeric": [{"columns": ["hour"]}]}
LOAD = """
import sys, joblib, pandas as pd
print(joblib.load(sys.argv[1]).transform(pd.read_csv(sys.argv[2])).tolist())
assert "preprocessing_scripts" not in sys.modules
"""


def codes(*texts: str) -> pd.DataFrame:
    """A table whose column ``c`` holds these in turn."""
    return table().assign(c=lambda frame: [texts[row % len(texts)] for row in frame["row"]])


def test_texts_of_one_number_are_one_level_and_are_reported() -> None:
    with engine(codes("1", "01", "1.0", "2"), spec_of(numeric=None)) as run:
        assert list(run.result.pipeline.get_feature_names_out()) == ["c_1", "c_2"]
        assert run.result.details["levels_of_several_spellings"] == {"c": {"01": "1", "1.0": "1"}}
        found = run.result.pipeline.transform(pd.DataFrame({"c": ["1e0", 2.0, 1, "001"]}))
        assert found.tolist() == [[1, 0], [0, 1], [1, 0], [1, 0]]


def test_texts_that_the_schema_calls_text_are_levels_each() -> None:
    spec = spec_of(numeric=None, schema={"c": "text"})
    with engine(codes("1", "01", "1.0", "2"), spec) as run:
        pipeline = run.result.pipeline
        assert list(pipeline.get_feature_names_out()) == ["c_01", "c_1", "c_1.0", "c_2"]
        assert run.result.details["levels_of_several_spellings"] == {}
        assert pipeline.transform(pd.DataFrame({"c": [2]})).tolist() == [[0, 0, 0, 1]]
        with pytest.raises(ValueError, match=r"column c: 1 may be any of '01', .*dtype=str"):
            pipeline.transform(pd.DataFrame({"c": [1]}))


def test_a_number_among_text_is_the_level_that_says_so() -> None:
    with engine(codes("007", "A", "2.50"), spec_of(numeric=None)) as run:
        found = run.result.pipeline.transform(pd.DataFrame({"c": [7, "A", 2.5, 8, "7"]}))
        assert found.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("t", "yesterday", "column t: 'yesterday' is not a time like"),
        ("t", 1577836800, "column t: 1577836800 is not a time like"),
        ("a", "1_000", "column a: '1_000' is not a number"),
        ("a", pd.Timestamp("2020-01-01"), "column a: "),
        ("a", [1], "column a: "),
    ],
)
def test_what_the_engine_refuses_is_refused(column: str, value: Any, message: str) -> None:
    spec = spec_of(features=HOUR["features"], numeric=[{"columns": ["hour", "a"]}])
    with engine(table(), spec) as run:
        rows = table(2).astype(object)
        rows.at[1, column] = value
        with pytest.raises(ValueError, match=message):
            run.result.pipeline.transform(rows)


def test_columns_that_are_not_there_or_twice_are_refused() -> None:
    with engine(table(), spec_of()) as run:
        with pytest.raises(ValueError, match="missing columns: a, c"):
            run.result.pipeline.transform(table()[["b", "row"]])
        twice = table().rename(columns={"y": "a"})
        with pytest.raises(ValueError, match="columns of one name"):
            run.result.pipeline.transform(twice)


def test_a_time_column_without_any_value_is_missing() -> None:
    with engine(table(), spec_of(**HOUR)) as run:
        rows = table(3)
        of_floats = run.result.pipeline.transform(rows.assign(t=np.nan))
        np.testing.assert_array_equal(of_floats, run.result.pipeline.transform(rows.assign(t="NA")))


@pytest.mark.parametrize("gap", [False, True])
def test_a_number_that_stands_for_missing_does_so_for_every_reader(
    tmp_path: Path, gap: bool
) -> None:
    raw = table()[["row", "y", "a", "b"]].assign(c=lambda frame: frame["row"] % 3)
    raw.loc[::4, ["a", "b", "c"]] = -999
    if gap:
        raw["c"] = raw["c"].astype(float)
        raw.loc[1, ["a", "c"]] = None
    spec = spec_of(
        missing_values=["-999", ""],
        features=[{"name": "ab", "product": ["a", "b"]}],
        numeric=[{"columns": ["a", "b", "ab"]}],
    )
    folder = write_files(tmp_path / "in", {"a.csv": raw.astype({"c": object} if gap else {})})
    run = run_folder(folder, spec, tmp_path / "out")
    assert run.result.details["imputed_in_training"]["b"] > 10
    for rows in (pd.read_csv(folder / "a.csv"), pd.read_csv(folder / "a.csv", dtype=str)):
        written = run.channel("validation").set_index("row")
        found = run.result.pipeline.transform(rows.loc[written.index.astype(int)])
        expected = written[run.result.pipeline.get_feature_names_out()]
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_pipeline_travels_on() -> None:
    with engine(table(), spec_of(**HOUR)) as run:
        path = run.output / "preprocessor" / "preprocessor.joblib"
        assert b"preprocessing_scripts" not in path.read_bytes()
        saved = joblib.load(path)
        assert type(saved.named_steps["rows"]).__module__.startswith("tabular_")
        copy = io.BytesIO()
        joblib.dump(saved, copy)
        copy.seek(0)
        again = joblib.load(copy)
        expected = run.result.pipeline.transform(table())
        np.testing.assert_array_equal(again.transform(table()), expected)
        rows = clone(saved.named_steps["rows"])
        pd.testing.assert_frame_equal(
            rows.transform(table()), saved.named_steps["rows"].transform(table())
        )


@pytest.mark.long
def test_a_pipeline_loads_where_the_project_is_not(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "rows.csv", index=False)
    with engine(table(), spec_of(**HOUR)) as run:
        path = run.output / "preprocessor" / "preprocessor.joblib"
        done = subprocess.run(
            [sys.executable, "-I", "-c", LOAD, path, tmp_path / "rows.csv"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == str(run.result.pipeline.transform(table()).tolist())

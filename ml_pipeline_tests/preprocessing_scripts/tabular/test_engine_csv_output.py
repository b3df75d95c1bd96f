"""CSV as SageMaker's built-in algorithms read it: no header, the label first."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    read_channel,
    run_files,
    spec_of,
    table,
)
from preprocessing_scripts.tabular.csv_part import CsvPart
from preprocessing_scripts.tabular.encode import Features, OneHot


def read_csv(output: Path, channel: str) -> pd.DataFrame:
    frames = [
        pd.read_csv(part, header=None, float_precision="round_trip")
        for part in sorted((output / channel).glob("*.csv"))
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", ["none", "over", "smote"])
def test_csv_holds_what_parquet_holds(tmp_path: Path, dtype: str, method: str) -> None:
    frame = table(300)
    frame.loc[::7, "c"] = np.nan
    members: dict[str, Any] = {
        "balance": {"method": method},
        "holdout": {"column": "c", "equals": "w"},
        "categorical": [{"columns": ["c"]}, {"columns": ["c"], "encode": "target"}],
    }
    runs = {
        kind: run_files(
            tmp_path / kind,
            {"a.csv": frame},
            spec_of(output={"format": kind, "dtype": dtype}, **members),
            3000,
        )
        for kind in ("parquet", "csv")
    }
    names = list(runs["csv"].result.pipeline.get_feature_names_out())
    for channel in ("train", "validation", "holdout"):
        assert not list((runs["csv"].output / channel).glob("*.parquet"))
        found = read_csv(runs["csv"].output, channel)
        expected = read_channel(runs["parquet"].output, channel)[["y", *names]]
        assert len(found) == len(expected) > 0
        np.testing.assert_array_equal(
            found.to_numpy().astype(dtype), expected.to_numpy().astype(dtype)
        )


def test_labels_and_one_hot_columns_are_written_short(tmp_path: Path) -> None:
    run = run_files(
        tmp_path, {"a.csv": table()}, spec_of(numeric=None, output={"format": "csv"}), 3000
    )
    [part] = (run.output / "validation").iterdir()
    assert part.name == "part-00000.csv"
    lines = part.read_text().splitlines()
    assert len(lines) == 16
    assert set(lines) <= {f"{y},{c}" for y in "01" for c in ("1,0,0", "0,1,0", "0,0,1")}


def test_both_formats_come_of_one_run(tmp_path: Path) -> None:
    files = {"a.csv": table(300)}
    output = {kind: {"format": kind} for kind in ("parquet", "csv", "both")}
    runs = {
        kind: run_files(tmp_path / kind, files, spec_of(output=of_kind), 3000)
        for kind, of_kind in output.items()
    }
    for channel in ("train", "validation"):
        pd.testing.assert_frame_equal(
            runs["both"].channel(channel), runs["parquet"].channel(channel)
        )
        pd.testing.assert_frame_equal(
            read_csv(runs["both"].output, f"{channel}_csv"), read_csv(runs["csv"].output, channel)
        )
        assert not list((runs["both"].output / channel).glob("*.csv"))


@pytest.mark.parametrize(
    ("labels", "numbers"),
    [([3, 12, 3], [0.5, 1, 2]), ([0.25, 1.5, 2], [0.5, 1, 2]), ([0, 1, 0], [0.5, np.inf, np.nan])],
    ids=["labels of two widths", "labels that are no whole numbers", "numbers that are not finite"],
)
def test_what_has_no_text_of_one_width_is_written_all_the_same(
    tmp_path: Path, labels: list[float], numbers: list[float]
) -> None:
    features = Features([np.array([numbers], np.float32), OneHot(np.array([1, 0, -1]), 2)])
    with CsvPart(tmp_path / "part.csv", np.float32) as part:
        part.write(features, np.array(labels), pa.table({}))
    found = np.loadtxt(tmp_path / "part.csv", delimiter=",")
    one_hot = [[0, 1], [1, 0], [0, 0]]
    expected = np.column_stack([labels, numbers, one_hot])
    np.testing.assert_array_equal(found, expected)

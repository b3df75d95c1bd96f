"""Times stored as numbers are times if the spec says their unit, and refused if not."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    Run,
    run_folder,
    spec_of,
    table,
    write_files,
)
from preprocessing_scripts.tabular.errors import TableError

PER_SECOND = {"epoch_s": 1, "epoch_ms": 10**3, "epoch_us": 10**6, "epoch_ns": 10**9}
HOUR = {
    "features": [{"name": "hour", "hour": "t"}],
    "numeric": [{"columns": ["hour"], "scale": "none", "impute": "constant", "fill": -1}],
    "categorical": None,
}


def moments() -> "pd.Series[Any]":
    return pd.Series(pd.to_datetime(table()["t"])) - pd.Timedelta("50 days 00:00:00")


def written(folder: Path, kind: str, unit: str, gap: bool) -> pd.DataFrame:
    """Write the table with its times as numbers."""
    seconds = (moments().astype("int64") // 10**9) - 1_577_836_800  # about 1970
    times: Any = seconds * PER_SECOND[unit]
    if gap:
        times = times.where(table()["row"] % 5 > 0).astype("Int64")
    frame = table().assign(t=times)
    if kind == "csv":
        write_files(folder, {"a.csv": frame})
        return pd.read_csv(folder / "a.csv")
    folder.mkdir()
    frame.to_parquet(folder / "a.parquet")
    return pd.read_parquet(folder / "a.parquet")


@pytest.mark.parametrize("unit", list(PER_SECOND))
@pytest.mark.parametrize(("kind", "gap"), [("csv", True), ("parquet", False), ("parquet", True)])
def test_numbers_are_times_in_the_unit_of_the_schema(
    tmp_path: Path, kind: str, unit: str, gap: bool
) -> None:
    raw = written(tmp_path / "in", kind, unit, gap)
    run = run_folder(tmp_path / "in", spec_of(schema={"t": unit}, **HOUR), tmp_path / "out")
    hours = moments().dt.hour.where(~raw["t"].isna(), -1)
    check_hours(run, raw, hours)


def check_hours(run: Run, raw: pd.DataFrame, hours: "pd.Series[Any]") -> None:
    for channel in ("train", "validation"):
        found = run.channel(channel).set_index("row")["hour"]
        assert found.tolist() == hours[found.index].tolist()
    assert run.result.pipeline.transform(raw)[:, 0].tolist() == hours.tolist()


def test_seconds_may_have_fractions(tmp_path: Path) -> None:
    raw = table().assign(t=lambda frame: frame["row"] * 3600 - 0.5)
    write_files(tmp_path / "in", {"a.csv": raw})
    run = run_folder(tmp_path / "in", spec_of(schema={"t": "epoch_s"}, **HOUR), tmp_path / "out")
    check_hours(run, raw, (raw["row"] - 1) % 24)


@pytest.mark.parametrize("dtype", ["int64", "float64", "uint8"])
def test_numbers_without_a_unit_are_refused(tmp_path: Path, dtype: str) -> None:
    (tmp_path / "in").mkdir()
    table().assign(t=np.arange(80).astype(dtype)).to_parquet(tmp_path / "in" / "a.parquet")
    with pytest.raises(TableError, match=r"a.parquet, rows 1 to 80, column t: .*epoch_s, epoch_ms"):
        run_folder(tmp_path / "in", spec_of(**HOUR), tmp_path / "out")


def test_what_is_no_number_is_refused(tmp_path: Path) -> None:
    raw = table().assign(t=[*range(79), "noon"])
    write_files(tmp_path / "in", {"a.csv": raw})
    with pytest.raises(TableError, match=r"a\.csv, line 81, column t: 'noon' is not a number of"):
        run_folder(tmp_path / "in", spec_of(schema={"t": "epoch_s"}, **HOUR), tmp_path / "out")


def test_a_temporal_split_may_go_by_them(tmp_path: Path) -> None:
    raw = table().assign(t=lambda frame: 100 - frame["row"])
    write_files(tmp_path / "in", {"a.csv": raw})
    split = {"method": "temporal", "column": "t"}
    run = run_folder(
        tmp_path / "in", spec_of(schema={"t": "epoch_ns"}, split=split), tmp_path / "out"
    )
    assert run.channel("validation")["row"].tolist() == list(range(16))

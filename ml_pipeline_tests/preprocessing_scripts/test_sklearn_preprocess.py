import json
import shutil
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from ml_pipeline_tests.in_process import run_module
from ml_pipeline_tests.preprocessing_scripts import raw_days
from ml_pipeline_tests.preprocessing_scripts.conftest import DS, WINDOW, Prepared
from ml_pipeline_tests.preprocessing_scripts.delays import counted
from preprocessing_scripts.flights import read_table
from preprocessing_scripts.prior_delays import NAMES

CHANNELS = ("train", "validation", "holdout")


def preprocess(raw: Path, output: Path, *arguments: str) -> tuple[int, str]:
    ran = run_module(
        *("preprocessing_scripts.sklearn_preprocess", "--ds", DS),
        *("--input", str(raw), "--output", str(output), *arguments),
    )
    return ran.status, ran.stderr


def read(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(folder / name) for name in CHANNELS}


@pytest.fixture
def raw(prepared: Prepared, tmp_path: Path) -> Path:
    """A copy of the raw days, to be spoilt."""
    return Path(shutil.copytree(prepared.raw, tmp_path / "raw"))


def test_every_row_is_accounted_for(prepared: Prepared) -> None:
    metrics = prepared.report["metrics"]
    lines = [
        line.split(",")
        for path in prepared.raw.glob("ds=*/flights.csv")
        for line in path.read_text().splitlines()[1:]
    ]
    cancelled = sum(fields[8] == "NA" for fields in lines)
    assert cancelled > 50  # a blizzard
    assert metrics["rows_in"] == len(lines)
    assert metrics["rows_cancelled"] == cancelled
    channels = {name: len(frame) for name, frame in read(prepared.output).items()}
    assert metrics["rows_in"] == metrics["rows_cancelled"] + sum(channels.values())
    assert {name: metrics[f"{name}_rows"] for name in CHANNELS} == channels
    assert metrics["window_rows"] == channels["train"] + channels["validation"]


def test_channels_are_float32_features_a_label_and_a_day(prepared: Prepared) -> None:
    for frame in read(prepared.output).values():
        schema = [{"name": name, "type": str(dtype)} for name, dtype in frame.dtypes.items()]
        expected = [
            column | {"type": {"text": "object", "integer": "int8"}.get(column["type"], "float32")}
            for column in prepared.report["schema"]
        ]
        assert schema == expected
        features = frame.drop(columns=["label", "ds"])
        assert (features.dtypes == np.float32).all()
        assert np.isfinite(features.to_numpy()).all()
        assert frame["label"].dtype == np.int8
        assert set(frame["label"]) == {0, 1}
        assert features.shape[1] == prepared.report["metrics"]["n_features"]


def test_holdout_is_the_day_and_the_window_lies_before_it(prepared: Prepared) -> None:
    channels = read(prepared.output)
    assert set(channels["holdout"]["ds"]) == {DS}
    assert set(channels["train"]["ds"]) | set(channels["validation"]["ds"]) == set(WINDOW)
    assert channels["train"]["ds"].max() <= channels["validation"]["ds"].min()


def test_labels_are_those_of_the_flights(prepared: Prepared) -> None:
    lines = (prepared.raw / f"ds={DS}" / "flights.csv").read_text().splitlines()[1:]
    delays = [line.split(",")[8] for line in lines]
    labels = [int(int(delay) >= 15) for delay in delays if delay != "NA"]
    assert read(prepared.output)["holdout"]["label"].tolist() == labels


def test_the_preprocessor_loads_without_the_project(prepared: Prepared) -> None:
    path = prepared.output / "preprocessor" / "preprocessor.joblib"
    preprocessor = joblib.load(path)
    assert type(preprocessor).__module__.startswith("sklearn.")
    names = [column["name"] for column in prepared.report["schema"]]
    assert list(preprocessor.get_feature_names_out()) == names[:-2]
    assert b"preprocessing_scripts" not in path.read_bytes()


def test_statistics_are_those_of_the_training_split_alone(
    prepared: Prepared, raw: Path, tmp_path: Path
) -> None:
    # Validation are the last departures of the last day: turn their outcomes round, and make day ds
    # a day of a carrier and a weather never seen.
    last = raw / f"ds={WINDOW[-1]}" / "flights.csv"
    for line, text in enumerate(last.read_text().splitlines()[1:], start=2):
        fields = text.split(",")
        if int(fields[4]) >= 2030 and fields[8] != "NA":
            raw_days.edit_line(last, line, "arr_delay", "0" if int(fields[8]) >= 15 else "99")
    for line in range(2, 40):
        raw_days.edit_line(raw / f"ds={DS}" / "flights.csv", line, "carrier", "ZZ")
        raw_days.edit_line(raw / f"ds={DS}" / "weather.csv", line, "temp", "140")
    status, error = preprocess(raw, tmp_path / "out")
    assert status == 0, error
    before, after = read(prepared.output), read(tmp_path / "out")
    pd.testing.assert_frame_equal(before["train"], after["train"])
    differ = before["validation"]["label"] != after["validation"]["label"]
    assert differ.sum() > 10
    pd.testing.assert_frame_equal(
        before["validation"].drop(columns="label"), after["validation"].drop(columns="label")
    )
    # A carrier never seen in training is no error; it joins the rare ones.
    assert after["holdout"]["temp"].max() > before["holdout"]["temp"].max() + 3
    rare = "carrier_infrequent_sklearn"
    assert after["holdout"][rare].sum() > before["holdout"][rare].sum() + 20


def test_training_features_are_standardized(prepared: Prepared) -> None:
    train = read(prepared.output)["train"]
    spec = json.loads((prepared.code / "flights_spec.json").read_text())
    numbers = train[spec["numeric"][0]["columns"]].astype(float)
    assert numbers.mean().abs().max() < 1e-3
    assert numbers.std(ddof=0).between(0.999, 1.001).sum() > 40  # constant ones have none


def test_the_same_input_gives_the_same_bytes(prepared: Prepared, tmp_path: Path) -> None:
    status, error = preprocess(prepared.raw, tmp_path / "again")
    assert status == 0, error
    for name in CHANNELS:
        files = sorted((prepared.output / name).iterdir())
        assert [path.read_bytes() for path in files] == [
            (tmp_path / "again" / name / path.name).read_bytes() for path in files
        ]


def test_a_stratified_split_keeps_the_share_of_late_flights(
    prepared: Prepared, tmp_path: Path
) -> None:
    arguments = ("--split", "stratified", "--validation-fraction", "0.3", "--seed", "7")
    status, error = preprocess(prepared.raw, tmp_path / "out", *arguments)
    assert status == 0, error
    metrics = raw_days.report(tmp_path / "out" / "report")["metrics"]
    assert metrics["train_positive_rate"] == pytest.approx(
        metrics["validation_positive_rate"], abs=0.005
    )
    assert metrics["validation_rows"] == pytest.approx(0.3 * metrics["window_rows"], abs=1)
    assert metrics["window_rows"] == prepared.report["metrics"]["window_rows"]
    assert set(read(tmp_path / "out")["validation"]["ds"]) == set(WINDOW)


def test_with_statistics_of_delays_there_are_features_of_them(
    prepared: Prepared, tmp_path: Path
) -> None:
    tables = [read_table(prepared.raw / f"ds={ds}" / "flights.csv", "flights") for ds in WINDOW]
    folder = tmp_path / "daily"
    folder.mkdir()
    counted(pd.concat(tables, ignore_index=True)).to_parquet(folder / "part-0.parquet")
    status, error = preprocess(prepared.raw, tmp_path / "out", "--statistics", str(folder))
    assert status == 0, error
    before, after = (read(place)["holdout"] for place in (prepared.output, tmp_path / "out"))
    assert set(after) - set(before) == set(NAMES)
    pd.testing.assert_frame_equal(after[list(before)], before)
    assert (after[list(NAMES)].nunique() > 3).all()


def test_a_day_without_any_weather_is_used_and_counted(
    prepared: Prepared, raw: Path, tmp_path: Path
) -> None:
    path = raw / f"ds={DS}" / "weather.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    status, error = preprocess(raw, tmp_path / "out")
    assert status == 0, error
    report = raw_days.report(tmp_path / "out" / "report")
    more = (
        report["details"]["flights_without_weather"]
        - prepared.report["details"]["flights_without_weather"]
    )
    assert 0 < more <= report["metrics"]["holdout_rows"]


def spoil_column(raw: Path) -> None:
    path = raw / f"ds={WINDOW[0]}" / "flights.csv"
    path.write_text(path.read_text().replace("tailnum", "tail", 1))


def spoil_number(raw: Path) -> None:
    raw_days.edit_line(raw / f"ds={DS}" / "weather.csv", 3, "humid", "wet")


def spoil_empty(raw: Path) -> None:
    (raw / f"ds={WINDOW[1]}" / "flights.csv").write_text("")


def spoil_header_only(raw: Path) -> None:
    path = raw / "planes.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")


def spoil_day(raw: Path) -> None:
    shutil.rmtree(raw / f"ds={DS}")


def spoil_window(raw: Path) -> None:
    for ds in WINDOW:
        shutil.rmtree(raw / f"ds={ds}")


def spoil_future(raw: Path) -> None:
    shutil.copytree(raw / f"ds={DS}", raw / "ds=2013-02-12")


def spoil_order(raw: Path) -> None:
    path = raw / f"ds={WINDOW[0]}" / "flights.csv"
    raw_days.edit_line(path, 5, "day", "12")


def spoil_weather_file(raw: Path) -> None:
    (raw / f"ds={WINDOW[0]}" / "weather.csv").unlink()


def all_delays(raw: Path, days: list[str], value: str) -> None:
    for ds in days:
        path = raw / f"ds={ds}" / "flights.csv"
        header, *lines = path.read_text().splitlines()
        rows = [line.split(",") for line in lines]
        text = [",".join([*row[:8], value, *row[9:]]) for row in rows]
        path.write_text("\n".join([header, *text]) + "\n")


def spoil_classes(raw: Path) -> None:
    all_delays(raw, WINDOW, "60")


def spoil_labels(raw: Path) -> None:
    all_delays(raw, WINDOW, "NA")


def spoil_holdout(raw: Path) -> None:
    all_delays(raw, [DS], "NA")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (spoil_column, f"ds={WINDOW[0]}/flights.csv, line 1: missing columns: tailnum"),
        (spoil_number, f"ds={DS}/weather.csv, line 3, column humid: 'wet' is not a number"),
        (spoil_empty, f"ds={WINDOW[1]}/flights.csv: the file is empty"),
        (spoil_header_only, "planes.csv: the file has a header and no rows"),
        (spoil_day, f"ds={DS} is missing (days found: {WINDOW[0]} to {WINDOW[-1]})"),
        (spoil_window, f"no days before {DS}"),
        (spoil_future, f"ds=2013-02-12 is not a day up to {DS}"),
        (spoil_order, f"ds={WINDOW[0]}/flights.csv, line 5: a row of another day than {WINDOW[0]}"),
        (spoil_weather_file, f"ds={WINDOW[0]}/weather.csv: cannot be read"),
        (
            lambda raw: all_delays(raw, WINDOW, "60"),
            "training rows have label 1: nothing to learn",
        ),
        (lambda raw: all_delays(raw, WINDOW, "NA"), "the train channel has no rows"),
        (lambda raw: all_delays(raw, [DS], "NA"), "the holdout channel has no rows"),
    ],
)
def test_bad_input_ends_in_one_clear_line_and_no_output(
    raw: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(raw)
    status, error = preprocess(raw, tmp_path / "out")
    assert status == 1
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert said in error
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--validation-fraction", "1.5"),
            "must lie between 0 and 1, not 1.5",
        ),
        (("--validation-fraction", "nan"), "--validation-fraction must lie between 0 and 1"),
        (("--validation-fraction", "0.00001"), "the validation channel has no rows"),
        (("--validation-fraction", "0.99999"), "the train channel has no rows"),
        (("--split", "random"), "invalid choice: 'random'"),
        (("--ds", "2013-2-11"), "--ds must be a day like 2013-02-11"),
        (("--dss", "1"), "unrecognized arguments: --dss"),
    ],
)
def test_impossible_arguments(
    prepared: Prepared, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    status, error = preprocess(prepared.raw, tmp_path / "out", *arguments)
    assert status == 1
    assert said in error
    assert error.count("\n") == 1


def test_the_report_says_what_was_read_and_filled_in(prepared: Prepared) -> None:
    details = prepared.report["details"]
    assert details["days_read"] == [*WINDOW, DS]
    assert details["ds"] == DS
    channels = read(prepared.output)
    known = sum((frame["plane_known"] > 0).sum() for frame in channels.values())
    rows = sum(len(frame) for frame in channels.values())
    assert details["flights_without_plane"] == rows - known
    without = (channels["train"]["plane_known"] <= 0).sum()
    assert 0 < details["imputed_in_training"]["seats"] == without
    json.dumps(prepared.report, allow_nan=False)

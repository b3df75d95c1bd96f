import io
import tarfile
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from ml_pipeline_tests.in_process import run_module
from ml_pipeline_tests.preprocessing_scripts import raw_days
from ml_pipeline_tests.preprocessing_scripts.conftest import Prepared


@pytest.fixture
def inputs(prepared: Prepared, tmp_path: Path) -> Path:
    """A model trained on the training channel, and the holdout."""
    folder = tmp_path / "input"
    (folder / "model").mkdir(parents=True)
    (folder / "holdout").mkdir()
    pd.read_parquet(prepared.output / "holdout").to_parquet(folder / "holdout" / "part-0.parquet")
    pack(folder, fitted(pd.read_parquet(prepared.output / "train")))
    return folder


def fitted(train: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression(C=0.01, max_iter=500).fit(
        train.drop(columns=["label", "ds"]), train["label"]
    )


def pack(folder: Path, model: object, name: str = "model.joblib") -> None:
    stream = io.BytesIO()
    joblib.dump(model, stream)
    member = tarfile.TarInfo(name)
    member.size = stream.tell()
    stream.seek(0)
    with tarfile.open(folder / "model" / "model.tar.gz", "w:gz") as archive:
        archive.addfile(member, stream)


def arguments(inputs: Path) -> tuple[str, ...]:
    return ("--input", str(inputs), "--output", str(inputs.parent / "output"))


def evaluate(inputs: Path) -> tuple[int, str]:
    ran = run_module("preprocessing_scripts.sklearn_evaluate", *arguments(inputs))
    return ran.status, ran.stderr


def test_the_bundle_runs_alone(prepared: Prepared, inputs: Path) -> None:
    done = raw_days.run_script(prepared.code, "sklearn_evaluate.py", *arguments(inputs))
    assert done.returncode == 0, done.stderr
    assert raw_days.report(inputs.parent / "output" / "report")["metrics"]["auc"] > 0.5


def test_metrics_are_those_of_the_model_on_the_holdout(prepared: Prepared, inputs: Path) -> None:
    status, error = evaluate(inputs)
    assert status == 0, error
    report = raw_days.report(inputs.parent / "output" / "report")
    model = fitted(pd.read_parquet(prepared.output / "train"))
    holdout = pd.read_parquet(prepared.output / "holdout")
    predicted = model.predict_proba(holdout.drop(columns=["label", "ds"]))[:, 1]
    metrics = report["metrics"]
    assert metrics["auc"] == pytest.approx(roc_auc_score(holdout["label"], predicted))
    assert metrics["brier"] == pytest.approx(brier_score_loss(holdout["label"], predicted))
    assert metrics["rows"] == len(holdout)
    assert metrics["positive_rate"] == pytest.approx(holdout["label"].mean())
    assert metrics["baseline_auc"] == 0.5
    assert metrics["baseline_average_precision"] == pytest.approx(metrics["positive_rate"])
    assert metrics["baseline_brier"] == pytest.approx(
        metrics["positive_rate"] * (1 - metrics["positive_rate"])
    )
    assert {"log_loss", "average_precision", "baseline_log_loss"} <= set(metrics)
    assert report["details"]["notes"] == []


def test_columns_in_another_order_give_the_same_scores(inputs: Path) -> None:
    assert evaluate(inputs)[0] == 0
    before = raw_days.report(inputs.parent / "output" / "report")["metrics"]["auc"]
    path = inputs / "holdout" / "part-0.parquet"
    frame = pd.read_parquet(path)
    frame[list(frame.columns[::-1])].to_parquet(path)
    assert evaluate(inputs)[0] == 0
    assert raw_days.report(inputs.parent / "output" / "report")["metrics"]["auc"] == before


@pytest.mark.parametrize("label", [0, 1])
def test_a_day_with_a_single_class_has_no_auc_and_says_so(inputs: Path, label: int) -> None:
    path = inputs / "holdout" / "part-0.parquet"
    frame = pd.read_parquet(path)
    frame[frame["label"] == label].to_parquet(path)
    status, error = evaluate(inputs)
    assert status == 0, error
    report = raw_days.report(inputs.parent / "output" / "report")
    assert not {"auc", "average_precision", "baseline_auc"} & set(report["metrics"])
    assert {"log_loss", "brier", "rows", "positive_rate"} <= set(report["metrics"])
    assert (
        f"rows have label {label}: auc and average_precision are undefined"
        in report["details"]["notes"][0]
    )


@pytest.mark.parametrize("change", ["missing", "unknown"])
def test_features_the_model_was_not_trained_on(inputs: Path, change: str) -> None:
    path = inputs / "holdout" / "part-0.parquet"
    frame = pd.read_parquet(path)
    changed = frame.drop(columns="temp") if change == "missing" else frame.assign(luck=0.5)
    changed.to_parquet(path)
    status, error = evaluate(inputs)
    assert status == 1
    assert f"{change} features ['{'temp' if change == 'missing' else 'luck'}']" in error


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([member("../escaped")], "'../escaped' would be written outside its folder"),
        ([member("/tmp/escaped")], "'/tmp/escaped' would be written outside its folder"),
        (
            [member("code", tarfile.SYMTYPE, "/tmp"), member("code/x")],
            "'code' is not a plain file or folder",
        ),
        ([member("pipe", tarfile.FIFOTYPE)], "'pipe' is not a plain file or folder"),
        ([member("readme")], "holds no model.joblib at its root"),
    ],
)
def test_an_archive_that_is_unsafe_or_holds_no_model(
    inputs: Path, members: list[tarfile.TarInfo], said: str
) -> None:
    with tarfile.open(inputs / "model" / "model.tar.gz", "w:gz") as archive:
        for info in members:
            archive.addfile(info)
    status, error = evaluate(inputs)
    assert status == 1
    assert said in error
    assert error.count("\n") == 1


def test_an_archive_that_is_cut_short_or_missing(inputs: Path) -> None:
    archive = inputs / "model" / "model.tar.gz"
    archive.write_bytes(archive.read_bytes()[:200])
    status, error = evaluate(inputs)
    assert (status, "not a model archive that can be read" in error) == (1, True)
    archive.unlink()
    status, error = evaluate(inputs)
    assert (status, "No such file" in error) == (1, True)


def test_a_holdout_that_is_missing(inputs: Path) -> None:
    (inputs / "holdout" / "part-0.parquet").unlink()
    status, error = evaluate(inputs)
    assert status == 1
    assert f"{inputs}/holdout: the channel is missing or holds no .parquet file" in error

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from ml_pipeline_tests.in_process import run_module
from ml_pipeline_tests.preprocessing_scripts import raw_days

COLUMNS = ["hour", "distance", "carrier_AA"]


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A training job's folders, with small channels in which later hours are late more often."""
    for seed, name in enumerate(("train", "validation")):
        (tmp_path / name).mkdir()
        channel(seed, f"2013-02-0{seed + 1}").to_parquet(tmp_path / name / "part-00000.parquet")
    return tmp_path


def channel(seed: int, ds: str, rows: int = 800) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    features = random.normal(size=(rows, len(COLUMNS))).astype(np.float32)
    frame = pd.DataFrame(features, columns=COLUMNS)
    chance = 1 / (1 + np.exp(1 - 1.5 * frame["hour"]))
    return frame.assign(label=(random.random(rows) < chance).astype(np.int8), ds=ds)


def environment(job: Path) -> dict[str, str]:
    return {
        "SM_CHANNEL_TRAIN": str(job / "train"),
        "SM_CHANNEL_VALIDATION": str(job / "validation"),
        "SM_MODEL_DIR": str(job / "model"),
        "SM_OUTPUT_DATA_DIR": str(job / "output"),
    }


def train(job: Path, *arguments: str) -> tuple[int, str, str]:
    module = "training_scripts.sklearn_train"
    ran = run_module(module, *arguments, environment=environment(job))
    return ran.status, ran.stdout, ran.stderr


def load(job: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(job / name)


def test_the_bundle_runs_alone(job: Path, tmp_path: Path) -> None:
    code = raw_days.bundle(tmp_path / "code")
    arguments = ("--max-iter", "5")
    done = raw_days.run_script(code, "sklearn_train.py", *arguments, environment=environment(job))
    assert done.returncode == 0, done.stderr
    model = joblib.load(job / "model" / "model.joblib")
    assert list(model.feature_names_in_) == COLUMNS


def test_a_model_comes_out_with_its_report(job: Path) -> None:
    status, _, error = train(job, "--max-iter", "20", "--refit", "false")
    assert status == 0, error
    model = joblib.load(job / "model" / "model.joblib")
    assert list(model.feature_names_in_) == COLUMNS
    validation = load(job, "validation")
    auc = roc_auc_score(validation["label"], model.predict_proba(validation[COLUMNS])[:, 1])
    report = raw_days.report(job / "output")
    metrics = report["metrics"]
    assert metrics["validation_auc"] == pytest.approx(auc)
    assert 0.6 < auc < metrics["train_auc"]
    assert (metrics["train_rows"], metrics["validation_rows"]) == (800, 800)
    assert metrics["n_features"] == len(COLUMNS)
    assert metrics["fit_seconds"] > 0
    assert report["details"]["features"] == COLUMNS
    assert report["details"]["hyperparameters"]["max_iter"] == 20
    assert [column["name"] for column in report["schema"]] == COLUMNS


def test_metric_lines_are_what_metric_definitions_look_for(job: Path) -> None:
    status, printed, error = train(job, "--max-iter", "5")
    assert status == 0, error
    metrics = raw_days.report(job / "output")["metrics"]
    for name in ("train", "validation"):
        found = re.findall(rf"{name}:auc=([0-9.]+);", printed)
        assert [float(value) for value in found] == [
            pytest.approx(metrics[f"{name}_auc"], abs=1e-6)
        ]


def test_the_saved_model_has_learnt_from_validation_too_unless_told_not_to(job: Path) -> None:
    def learnt(refit: str) -> tuple[float, float]:
        status, _, error = train(job, "--max-iter", "30", "--refit", refit)
        assert status == 0, error
        model = joblib.load(job / "model" / "model.joblib")
        frame = load(job, "validation")
        auc = roc_auc_score(frame["label"], model.predict_proba(frame[COLUMNS])[:, 1])
        return auc, raw_days.report(job / "output")["metrics"]["validation_auc"]

    alone, reported = learnt("false")
    assert alone == pytest.approx(reported)
    both, reported_again = learnt("true")
    assert reported_again == pytest.approx(reported)  # measured before it saw validation
    assert both > alone


def test_training_twice_gives_the_same_model(job: Path) -> None:
    frame = load(job, "validation")[COLUMNS]
    predictions = []
    for _ in range(2):
        assert train(job, "--max-iter", "10", "--seed", "3")[0] == 0
        predictions.append(joblib.load(job / "model" / "model.joblib").predict_proba(frame))
    np.testing.assert_array_equal(*predictions)


def test_recent_days_weigh_more(job: Path) -> None:
    # Long ago late hours were on time: with a short memory the model forgets it.
    old = channel(5, "2013-01-01", rows=3000)
    old["label"] = 1 - old["label"]
    old.to_parquet(job / "train" / "part-00001.parquet")
    aucs = {}
    for days in ("1", "1000"):
        assert train(job, "--max-iter", "20", "--half-life-days", days)[0] == 0
        aucs[days] = raw_days.report(job / "output")["metrics"]["validation_auc"]
    assert aucs["1"] > 0.6 > 0.5 > aucs["1000"]


def test_a_validation_channel_with_a_single_class_is_noted(job: Path) -> None:
    path = job / "validation" / "part-00000.parquet"
    load(job, "validation").assign(label=np.int8(0)).to_parquet(path)
    status, printed, error = train(job, "--max-iter", "5")
    assert status == 0, error
    report = raw_days.report(job / "output")
    assert "validation_auc" not in report["metrics"]
    assert "validation:auc" not in printed
    assert report["details"]["notes"][0].startswith("validation: all 800 rows have label 0")


def no_channel(job: Path) -> None:
    shutil.rmtree(job / "validation")


def empty_channel(job: Path) -> None:
    load(job, "train").iloc[:0].to_parquet(job / "train" / "part-00000.parquet")


def single_class(job: Path) -> None:
    load(job, "train").assign(label=np.int8(1)).to_parquet(job / "train" / "part-00000.parquet")


def another_feature(job: Path) -> None:
    frame = load(job, "validation").rename(columns={"distance": "miles"})
    frame.to_parquet(job / "validation" / "part-00000.parquet")


def another_order(job: Path) -> None:
    frame = load(job, "validation")
    frame[frame.columns[::-1]].to_parquet(job / "validation" / "part-00000.parquet")


def no_label(job: Path) -> None:
    for name in ("train", "validation"):
        load(job, name).drop(columns="label").to_parquet(job / name / "part-00000.parquet")


def no_parquet(job: Path) -> None:
    (job / "train" / "part-00000.parquet").write_bytes(b"a,b\n1,2\n")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (no_channel, "validation: the channel is missing or holds no .parquet file"),
        (empty_channel, "train: the channel has no rows"),
        (single_class, "train: all 800 rows have label 1: nothing to learn"),
        (another_feature, "only in the first ['distance'], only in the second ['miles']"),
        (another_order, "differ in their columns, types or order"),
        (no_label, "train: missing columns: label"),
        (no_parquet, "part-00000.parquet: not a parquet file that can be read"),
    ],
)
def test_bad_channels_end_in_one_clear_line_and_no_model(
    job: Path, spoil: Callable[[Path], None], said: str
) -> None:
    spoil(job)
    status, _, error = train(job)
    assert status == 1
    assert said in error
    assert error.count("\n") == 1
    assert not (job / "model").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--half-life-days", "0"), "--half-life-days must be positive"),
        (("--max-iter", "many"), "argument --max-iter: invalid int value: 'many'"),
        (("--epochs", "3"), "unrecognized arguments: --epochs 3"),
    ],
)
def test_impossible_hyperparameters(job: Path, arguments: tuple[str, ...], said: str) -> None:
    status, _, error = train(job, *arguments)
    assert status == 1
    assert said in error
    assert error.count("\n") == 1

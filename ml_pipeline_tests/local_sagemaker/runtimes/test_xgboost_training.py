"""The built-in algorithm, with a stand-in for XGBoost: the tests' environment has none."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local_sagemaker.runtimes.catalog import find_runtime
from local_sagemaker.runtimes.layer import PROGRAMS
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import archive

_XGBOOST = """
import json, types
__version__ = "{version}"
callback = types.SimpleNamespace()
core = types.SimpleNamespace(XGBoostError=type("XGBoostError", (Exception,), {{}}))
class DMatrix:
    def __init__(self, data, label=None, weight=None):
        self.rows, self.label, self.weight = data, label, weight
    def num_row(self):
        return len(self.rows)
    def num_col(self):
        return self.rows.shape[1]
class Model:
    def __init__(self, about):
        self.about = about
    def save_model(self, path):
        open(path, "w").write(json.dumps(self.about))
def train(params, matrix, num_boost_round, evals, early_stopping_rounds, callbacks, verbose_eval):
    if params.get("objective") == "bad":
        raise core.XGBoostError("Unknown objective")
    for i in range(num_boost_round):
        results = [(name + "-rmse", 1 / (i + 1)) for _, name in evals]
        callbacks[0](types.SimpleNamespace(evaluation_result_list=results))
    weights = None if matrix.weight is None else list(matrix.weight)
    return Model({{"params": params, "rows": matrix.rows.tolist(), "labels": list(matrix.label),
                  "weights": weights}})
"""


class Training:
    """A container's files, and the program that trains."""

    def __init__(self, root: Path) -> None:
        self.base = root / "ml"
        self.python = root / "packages"
        self.python.mkdir(parents=True)
        (self.base / "input" / "config").mkdir(parents=True)
        self.channels: dict[str, dict[str, str]] = {}
        self.hosts = ["algo-1"]
        self.version("1.7.4")
        runtime = find_runtime("sagemaker-xgboost:1.7-1", root / "none")
        self.program = runtime.programs["train"]

    def version(self, version: str) -> None:
        (self.python / "xgboost.py").write_text(_XGBOOST.format(version=version))

    def channel(self, name: str, files: Mapping[str, str], content_type: str = "csv") -> None:
        self.channels[name] = {"ContentType": content_type, "TrainingInputMode": "File"}
        for path, text in files.items():
            target = self.base / "input" / "data" / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)

    def run(self, **hyperparameters: str) -> "subprocess.CompletedProcess[str]":
        config = self.base / "input" / "config"
        (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        resources = {"hosts": self.hosts, "current_host": "algo-1"}
        (config / "resourceconfig.json").write_text(json.dumps(resources))
        environment = {"SAGEMAKER_BASE_DIR": str(self.base), "PYTHONPATH": str(self.python)}
        return subprocess.run(
            [sys.executable, PROGRAMS, self.program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def failure(self, **hyperparameters: str) -> str:
        assert self.run(**hyperparameters).returncode == 1
        return (self.base / "output" / "failure").read_text()

    @property
    def model(self) -> dict[str, object]:
        content: dict[str, object] = json.loads((self.base / "model/xgboost-model").read_text())
        return content


@pytest.fixture
def training(tmp_path: Path) -> Training:
    return Training(tmp_path)


def test_training_on_csv(training: Training) -> None:
    training.channel("train", {"a.csv": "1,2,3\n", "deep/b.csv": "4;5;6\n", "_SUCCESS": "x"})
    training.channel("validation", {"a.csv": "1,2,3\n"}, "text/csv; label_size=1")
    done = training.run(num_round="2", eta="0.5", max_depth="3", eval_metric="rmse,mae")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[0]#011train-rmse:1.00000#011validation-rmse:1.00000",
        "[1]#011train-rmse:0.50000#011validation-rmse:0.50000",
    ]
    assert training.model == {
        "params": {"eta": 0.5, "max_depth": 3, "eval_metric": ["rmse", "mae"]},
        "rows": [[2, 3], [5, 6]],
        "labels": [1, 4],
        "weights": None,
    }


def test_weights_are_the_second_column(training: Training) -> None:
    training.channel("train", {"a.csv": "1,2,3\n4,5,6\n"})
    assert training.run(num_round="1", csv_weights="1").returncode == 0
    assert training.model["weights"] == [2, 5]
    assert training.model["rows"] == [[3], [6]]


def test_older_images_pickle_their_models(training: Training) -> None:
    training.version("1.2.0")
    training.channel("train", {"a.csv": "1,2,3\n"})
    assert training.run(num_round="1").returncode == 0
    assert (training.base / "model" / "xgboost-model").read_bytes().startswith(b"\x80")


@pytest.mark.parametrize(
    ("hyperparameters", "message"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({"num_round": "1", "foo": "1"}, "Extraneous hyperparameter found: foo"),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ({"num_round": "x"}, "Hyperparameter num_round: could not parse value"),
        ({"num_round": "1", "eta": "2"}, "Hyperparameter eta: 2.0 is not in [0, 1]"),
        ({"num_round": "1", "objective": "multi:softmax"}, "Require input for parameter 'num_clas"),
        ({"num_round": "1", "objective": "bad"}, "XGB train call failed with exception"),
    ],
)
def test_hyperparameters_that_are_wrong(
    training: Training, hyperparameters: dict[str, str], message: str
) -> None:
    training.channel("train", {"a.csv": "1,2,3\n"})
    failure = training.failure(**hyperparameters)
    assert failure.startswith("framework error: \nsagemaker_algorithm_toolkit.exceptions.UserError")
    assert message in failure


@pytest.mark.parametrize(
    ("files", "content_type", "message"),
    [
        ({"_x": ""}, "csv", "No data in training channel path"),
        ({"a.csv": "a,b,c\n1,2,3\n"}, "csv", "Failed to load csv data with exception"),
        ({"a.csv": "1\n2\n"}, "csv", "Could not determine delimiter on line 1"),
        ({"a": "1,2,3\n"}, "libsvm", "First line '1,2,3\n...' of file 'a' is not 'LIBSVM' format"),
        ({"a": "1"}, "image/png", "image/png is not an accepted ContentType: csv, "),
        ({"a": "1,2"}, "csv;label_size=2", "label_size must be equal to 1"),
        ({"a": "not parquet"}, "parquet", "Failed to load parquet data with exception"),
    ],
)
def test_data_that_is_wrong(
    training: Training, files: dict[str, str], content_type: str, message: str
) -> None:
    training.channel("train", files, content_type)
    assert message in training.failure(num_round="1")


def test_channels_that_are_wrong(training: Training) -> None:
    training.channel("validation", {"a": "1,2"})
    assert "Missing required channel: train" in training.failure(num_round="1")
    training.channel("train", {"a": "1,2"})
    training.channel("test", {"a": "1,2"})
    assert "Extraneous channel found: test" in training.failure(num_round="1")


def test_several_instances(training: Training) -> None:
    training.channel("train", {"a": "1,2"})
    training.hosts = ["algo-1", "algo-2"]
    assert "set InstanceCount to 1" in training.failure(num_round="1")


def test_with_a_script_it_is_script_mode(training: Training, tmp_path: Path) -> None:
    (training.base / "output").mkdir()
    code = tmp_path / "sourcedir.tar.gz"
    code.write_bytes(archive({"train.py": "print('my own script')"}))
    done = training.run(
        sagemaker_program='"train.py"', sagemaker_submit_directory=json.dumps(str(code))
    )
    assert done.returncode == 0, done.stderr
    assert "my own script" in done.stdout

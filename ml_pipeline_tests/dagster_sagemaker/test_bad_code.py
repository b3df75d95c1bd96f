"""Code that is not complete, and images that there are not: refused by every builder alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_sagemaker import (
    CodeBundle,
    FrameworkProcessor,
    PySparkProcessor,
    PyTorchProcessor,
    PyTorchTraining,
    ScriptProcessor,
    SKLearnProcessor,
    SKLearnTraining,
    TensorFlowProcessor,
    TensorFlowTraining,
    XGBoostAlgorithm,
    XGBoostTraining,
)
from dagster_sagemaker.job_settings import ManagedJob
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE

OF_SCRIPTS: list[type[Any]] = [ScriptProcessor, SKLearnProcessor, PySparkProcessor]
WITH_REQUIREMENTS: list[type[Any]] = [
    FrameworkProcessor,
    PyTorchProcessor,
    TensorFlowProcessor,
    SKLearnTraining,
    XGBoostTraining,
    PyTorchTraining,
    TensorFlowTraining,
]
IMAGE = {"role_arn": ROLE, "image_uri": "team/image:1", "region": "us-east-1"}


def build(builder: type[Any], code: CodeBundle) -> None:
    fields = {name: value for name, value in IMAGE.items() if name in builder.model_fields}
    if issubclass(builder, ManagedJob):
        fields["framework_version"] = "1.4-2"
    if builder is FrameworkProcessor:
        fields["framework"] = "sklearn"
    more = (
        {} if issubclass(builder, ScriptProcessor) else {"channels": [], "output_uri": "s3://b/o"}
    )
    builder(**fields).build(code=code, code_uri="s3://b/code", **more)


@pytest.mark.parametrize("builder", [*OF_SCRIPTS, *WITH_REQUIREMENTS])
@pytest.mark.parametrize(
    ("bundle", "error", "named"),
    [
        (
            lambda folder: CodeBundle(folder, "missing.py"),
            ValueError,
            r"entry point 'missing\.py' is not among the files \['run\.py'\]",
        ),
        (
            lambda folder: CodeBundle([folder / "gone.py"], "gone.py"),
            FileNotFoundError,
            r"'gone\.py' of the code bundle: there is no file /.*/gone\.py",
        ),
        (
            lambda folder: CodeBundle(folder / "nowhere", "run.py"),
            FileNotFoundError,
            "directory /.*/nowhere does not exist",
        ),
        (
            lambda folder: CodeBundle(folder / "run.py", "run.py"),
            FileNotFoundError,
            r"run\.py does not exist, or is none; single files are given as a list",
        ),
        (
            lambda folder: CodeBundle(folder, "run.py", max_bytes=3),
            ValueError,
            r"has 7 bytes, and may have 3; the largest file is 'run\.py' with 7",
        ),
    ],
)
def test_code_that_is_not_complete(
    tmp_path: Path,
    builder: type[Any],
    bundle: Callable[[Path], CodeBundle],
    error: type[Exception],
    named: str,
) -> None:
    (tmp_path / "run.py").write_text("print()")
    with pytest.raises(error, match=named):
        build(builder, bundle(tmp_path))


@pytest.mark.parametrize("builder", WITH_REQUIREMENTS)
def test_requirements_that_are_not_there(tmp_path: Path, builder: type[Any]) -> None:
    code = CodeBundle.inline("print()", requirements=tmp_path / "needs.txt")
    with pytest.raises(FileNotFoundError, match=r"requirements file /.*/needs\.txt does not exist"):
        build(builder, code)


@pytest.mark.parametrize(
    ("builder", "known"),
    [
        (SKLearnProcessor, r"scikit-learn in us-east-1; known are 1\.0-1, .*1\.9-0"),
        (PySparkProcessor, r"Spark in us-east-1; known are 3\.1, .*3\.5"),
        (PyTorchProcessor, r"PyTorch in us-east-1; known are .*2\.10"),
        (TensorFlowProcessor, r"TensorFlow in us-east-1; known are .*2\.21"),
        (SKLearnTraining, r"scikit-learn in us-east-1; known are 1\.0-1, .*1\.9-0"),
        (XGBoostTraining, r"XGBoost in us-east-1; known are .*3\.2-0"),
        (XGBoostAlgorithm, r"XGBoost in us-east-1; known are .*3\.2-0"),
        (PyTorchTraining, r"PyTorch in us-east-1; known are .*2\.10"),
        (TensorFlowTraining, r"TensorFlow in us-east-1; known are .*2\.21"),
    ],
)
def test_a_version_that_is_not_known_is_refused_with_those_that_are(
    builder: type[Any], known: str
) -> None:
    made = builder(role_arn=ROLE, region="us-east-1", framework_version="0.1")
    with pytest.raises(ValueError, match=rf"framework_version='0\.1' is not known for {known}"):
        made.resolved_image_uri()


@pytest.mark.parametrize("builder", [ScriptProcessor, PyTorchProcessor, PyTorchTraining])
def test_an_image_for_gpus_on_a_type_without(builder: type[Any]) -> None:
    fields = {"framework_version": "2.10"} if issubclass(builder, ManagedJob) else {}
    if "region" in builder.model_fields:
        fields["region"] = "us-east-1"
    made = builder(role_arn=ROLE, image_uri="team/embeddings:2-gpu", **fields)
    with pytest.raises(ValueError, match=r"for GPUs, and ml\.m5\.xlarge has none"):
        made.resolved_image_uri()

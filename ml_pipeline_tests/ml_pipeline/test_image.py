"""The pipeline in its image, built for real; in other tests its jobs run in this Python."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox
from ml_pipeline_tests.project import DAY, Project, manifest, materialize

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A local SageMaker that maps no image."""
    home = Home(tmp_path_factory.mktemp("images") / "home")
    try:
        yield LocalService(home, control.ensure_started(home.root, 0))
    finally:
        control.stop(home.root)


def test_the_image_has_its_versions(service: LocalService) -> None:
    sandbox = Sandbox(service.home.root)
    script = """
import importlib.metadata as m
names = ("numpy", "scipy", "pandas", "scikit-learn", "pyarrow")
print(*(m.version(name) for name in names))
import boto3, joblib, sklearn.linear_model, pyarrow.parquet
"""
    run = ["python3", "/opt/ml/processing/input/code/script.py"]
    app = {"ImageUri": IMAGE, "ContainerEntrypoint": run}
    job = sandbox.process("versions", script, AppSpecification=app)
    assert job.status == "Completed", sandbox.log(job)[-20:]
    assert sandbox.log(job)[-1] == "2.1.0 1.14.1 2.2.3 1.4.2 17.0.0"


def test_a_day_is_trained_in_it(service: LocalService, tmp_path: Path) -> None:
    project = Project(tmp_path, {})
    done = materialize(project, service.settings(), {"dagster/partition": DAY})
    assert done.success, done.errors
    name = manifest(service, "model_artifact", DAY)["job_name"]
    job = service.client("sagemaker").describe_training_job(TrainingJobName=name)
    assert job["AlgorithmSpecification"]["TrainingImage"] == IMAGE

"""The example of the page, on the local service, with an image of one's own."""

import ast
import re
import shlex
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from dagster_sagemaker import PipesSageMakerTrainingClient
from ml_pipeline.cli import cli
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.docs.pages import DOCS, python_blocks, run_blocks

PAGE = "coming-from-airflow.md"
DAY = "2024-01-02"
CONFIG, AIRFLOW, HERE = python_blocks(PAGE)
PROGRAM = Path(__file__).with_name("train.py")


@pytest.fixture
def _own_image(local_service: LocalService, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the page says to do for an image of one's own, and its data in S3."""
    command = re.search(r"^ml-pipeline (local image add .*)$", (DOCS / PAGE).read_text(), re.M)
    assert command is not None
    # A job has a /tmp of its own: it could not read the program of a checkout that lies there.
    program = shlex.join(["python3", "-c", PROGRAM.read_text()])
    arguments = [
        part.replace("python3 $PWD/train.py", program).replace(".venv/bin/python", sys.executable)
        for part in shlex.split(command[1])
    ]
    assert program in arguments
    settings = local_service.settings()
    module = import_module("ml_pipeline.cli.local.image")
    monkeypatch.setattr(module, "get_settings", lambda: settings)
    added = CliRunner().invoke(cli, arguments)
    assert added.exit_code == 0, added.output
    s3 = local_service.client("s3")
    s3.create_bucket(Bucket="my-bucket")
    s3.put_object(Bucket="my-bucket", Key=f"train/{DAY}/rows.csv", Body=b"1,2\n3,4\n")
    yield
    CliRunner().invoke(cli, ["local", "image", "remove", arguments[3]])


def materialize(page: dict[str, Any]) -> dg.AssetMaterialization:
    """Run the page's asset, looking at its job more often than is polite to AWS."""
    client = PipesSageMakerTrainingClient(page["connection"], bucket="my-bucket", polling=QUICK)
    result = dg.materialize(
        [page["my_model"]], partition_key=DAY, resources={"training": client}, raise_on_error=False
    )
    assert result.success, result.get_step_failure_events()
    (event,) = result.asset_materializations_for_node("my_model")
    return event


@pytest.mark.usefixtures("_own_image")
def test_the_example_runs_and_increments(
    local_service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in local_service.environment.items():
        monkeypatch.setenv(name, value)
    page = run_blocks("page", CONFIG, HERE)
    dg.Definitions.validate_loadable(page["defs"])
    for name in ("my-training-job-2024-01-02", "my-training-job-2024-01-02-2"):
        metadata = materialize(page).metadata
        assert metadata["job_name"].value == name
        model = f"s3://my-bucket/models/{name}/output/model.tar.gz"
        assert metadata["model"].value == model
        job = local_service.client("sagemaker").describe_training_job(TrainingJobName=name)
        assert job["HyperParameters"] == page["config"]["HyperParameters"]
        assert job["InputDataConfig"][0]["ContentType"] == "text/csv"


def test_airflows_side_is_the_operator_with_arguments_that_have_a_place_here() -> None:
    tree = ast.parse(CONFIG + AIRFLOW)
    (call,) = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "SageMakerTrainingOperator"
    ]
    text = (DOCS / PAGE).read_text()
    table = text.partition("## Argument by argument")[2].partition("\n## ")[0]
    assert [key.arg for key in call.keywords if f"`{key.arg}" not in table] == []

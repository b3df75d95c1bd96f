"""``ml-pipeline local pipelines``."""

from importlib import import_module

import pytest
from click.testing import CliRunner

from ml_pipeline.cli import cli
from ml_pipeline.settings import Settings
from ml_pipeline_tests.local_sagemaker.pipelines.conftest import World
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import definition, processing


def listed(*options: str) -> str:
    ran = CliRunner().invoke(cli, ["local", "pipelines", *options])
    assert ran.exit_code == 0, ran.output
    return ran.output


def test_the_latest_executions_are_listed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("ml_pipeline.cli.local.pipelines")
    monkeypatch.setattr(module, "get_settings", lambda: Settings(home=world.home))
    monkeypatch.setenv("COLUMNS", "200")
    world.create(definition(processing("clean")))
    assert listed() == "no executions; any client of SageMaker Pipelines can start one\n"
    first, second = world.start(), world.start()
    lines = listed().splitlines()
    assert [line.split()[1] for line in lines[1:]] == [second[-12:], first[-12:]]
    assert lines[1].endswith("Executing  clean Executing")
    assert len(listed("--latest", "1").splitlines()) == 2

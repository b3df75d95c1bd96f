"""``ml-pipeline local faults``."""

from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local_sagemaker.faults.client import FaultsClient
from ml_pipeline.cli import cli
from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, wait_for


@pytest.fixture(autouse=True)
def settings(scripted_service: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=scripted_service.home.root)
    monkeypatch.setattr(
        import_module("ml_pipeline.cli.local.faults"), "get_settings", lambda: settings
    )


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["local", "faults", *arguments])


def test_faults_come_and_go(faults: FaultsClient) -> None:
    assert run("list").output == "none\n"
    added = run("add", "throttling", "--operation", "Nothing", "--rate", "2", "--burst", "5")
    identity = added.output.split()[1].rstrip(":")
    assert run("add", "quota", "--limit", "0").exit_code == 0
    first, second = run("list").output.splitlines()
    assert first == f"{identity}  throttling  operation=Nothing rate=2.0 burst=5  (struck 0 times)"
    assert "limit=0" in second
    assert run("clear", identity).output == "cleared\n"
    assert len(faults.list()) == 1
    run("clear")
    assert faults.list() == []


def test_what_is_missing_is_said(faults: FaultsClient) -> None:
    assert "Missing option '--limit'" in run("add", "quota").output
    assert "slow needs 'seconds'" in str(run("add", "slow").exception)
    assert "There is no fault 'x'" in str(run("clear", "x").exception)
    assert "There is no job nobody" in run("stop", "nobody").output
    assert "failed to satisfy constraint" in run("stop", "no name").output
    assert "no training job named nobody" in str(run("interrupt", "nobody").exception)


def test_stop_from_the_console(scripted_service: LocalService, faults: FaultsClient) -> None:
    sagemaker = scripted_service.client("sagemaker")
    sagemaker.create_processing_job(**processing_request("stopped-by-hand", "wait"))
    assert run("stop", "stopped-by-hand").output == "stopping processing job stopped-by-hand\n"
    where = {"ProcessingJobName": "stopped-by-hand"}
    wait_for(lambda: sagemaker.describe_processing_job(**where)["ProcessingJobStatus"] == "Stopped")
    assert "is in status Stopped" in run("stop", "stopped-by-hand").output


def test_without_a_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    monkeypatch.setattr(
        import_module("ml_pipeline.cli.local.faults"), "get_settings", lambda: settings
    )
    assert "ml-pipeline local start" in str(run("list").exception)

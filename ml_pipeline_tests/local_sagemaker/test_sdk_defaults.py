"""The file that keeps the SageMaker Python SDK from talking to AWS, and how a shell gets it."""

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from local_sagemaker.daemon import control
from ml_pipeline.cli.local import local
from ml_pipeline_tests.conftest import LocalService


def test_the_environment_names_a_file_with_a_bucket_and_no_reports(
    scripted_service: LocalService,
) -> None:
    path = Path(scripted_service.environment["SAGEMAKER_ADMIN_CONFIG_OVERRIDE"])
    modules = json.loads(path.read_text())["SageMaker"]["PythonSDK"]["Modules"]
    assert modules["TelemetryOptOut"] is True
    assert modules["Session"]["DefaultS3Bucket"] == "sagemaker-us-east-1-000000000000"


def test_a_shell_reads_values_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"URL": "http://127.0.0.1:1", "FILE": "/home/a user's/$HOME.yaml"}
    monkeypatch.setattr(control, "environment", lambda home: values)
    printed = CliRunner().invoke(local, ["env"], catch_exceptions=False).output
    read = [shlex.split(line)[1].partition("=") for line in printed.splitlines()]
    assert {name: value for name, _, value in read} == values

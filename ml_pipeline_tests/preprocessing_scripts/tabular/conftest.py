"""Fixtures that several tests of the engine use."""

import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.scripts import InProcess


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> InProcess:
    return InProcess(monkeypatch, capfd)

"""Fixtures for running jobs."""

from pathlib import Path

import pytest

from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "home")

"""A local SageMaker whose jobs do what their requests say, without running anything."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from local_sagemaker.home import Home
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import RunDaemon, running_daemon


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


@pytest.fixture(scope="session")
def scripted_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """One for all tests; its jobs follow ``scripted_supervisor``."""
    with running_daemon(tmp_path_factory.mktemp("scripted") / "home") as service:
        yield service


@pytest.fixture
def run_daemon() -> RunDaemon:
    """For tests that need one of their own: call it with a home."""

    def run(home: Path) -> AbstractContextManager[LocalService]:
        return running_daemon(home)

    return run

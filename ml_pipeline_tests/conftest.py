"""Fixtures that every part's tests may use."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import dagster as dg
import hypothesis
import pytest
from botocore.config import Config

from local_sagemaker.daemon import control
from local_sagemaker.daemon.health import Endpoint
from local_sagemaker.home import Home
from ml_pipeline.settings import Settings
from ml_pipeline_tests.graphql import Webserver
from ml_pipeline_tests.project import DAY, QUICK_DAEMON, ROOT, Project, materialize

# The processes that tests start find the tests as well, which are not installed.
os.environ["PYTHONPATH"] = str(ROOT)

THIS_PYTHON = {"sagemaker-scikit-learn:*": {"python": sys.executable}}
"""The local service's mapping of images for tests that are not about images."""

# An example takes as long as the machine is busy: time is no reason to fail.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


SLOWEST_FIRST = ("webserver", "project", "local_service")
"""Fixtures of the files that take longest."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, lest one process end alone."""

    def place(item: pytest.Item) -> int:
        used = getattr(item, "fixturenames", ())
        return min(
            (place for place, name in enumerate(SLOWEST_FIRST) if name in used),
            default=len(SLOWEST_FIRST),
        )

    items.sort(key=place)


@dataclass(frozen=True)
class LocalService:
    """A local SageMaker that runs.

    Args:
        home: Its home.
        endpoint: Where it is.
    """

    home: Home
    endpoint: Endpoint

    @property
    def port(self) -> int:
        return self.endpoint.port

    @property
    def url(self) -> str:
        return self.endpoint.url

    @property
    def environment(self) -> dict[str, str]:
        return self.endpoint.environment

    def settings(self, **more: Any) -> Settings:
        """The project's settings that lead to it."""
        return Settings(home=self.home.root, local_port=self.port, **more)

    def client(self, service: Any) -> Any:
        """A boto3 client of it that reports an error at once instead of repeating the request."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture(scope="session")
def local_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A local SageMaker of the test session's own, on a free port; really runs jobs.

    They run in the tests' own Python: the image itself, which takes half a minute to build, is for
    ``test_image``.
    """
    home = Home(tmp_path_factory.mktemp("local_service") / "home").create()
    (home.root / "runtimes.json").write_text(json.dumps(THIS_PYTHON))
    try:
        yield LocalService(home, control.ensure_started(home.root, 0))
    finally:
        control.stop(home.root)


@pytest.fixture(scope="session")
def project(local_service: LocalService, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project on the local service, with the first ten raw days landed."""
    made = Project(
        tmp_path_factory.mktemp("project"),
        {
            "ML_PIPELINE_HOME": str(local_service.home.root),
            "ML_PIPELINE_LOCAL_PORT": str(local_service.port),
        },
    )
    ends = {"start": "2013-01-01", "end": DAY}
    tags = {f"dagster/asset_partition_range_{end}": day for end, day in ends.items()}
    assert materialize(made, local_service.settings(), tags, "raw_flights").success
    return made


@pytest.fixture(scope="session")
def trained(local_service: LocalService, project: Project) -> str:
    """The day that was run through ``daily_training``."""
    done = materialize(project, local_service.settings(), {"dagster/partition": DAY})
    assert done.success, done.errors
    return DAY


@pytest.fixture(scope="module")
def webserver(
    request: pytest.FixtureRequest, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Webserver]:
    """Dagster's webserver and its daemon, on what the test's module names as its ``DEFINITIONS``.

    Each of the two imports the definitions in a process of its own, which takes seconds.
    """
    make_tables(project)
    logs = tmp_path_factory.mktemp("dagster")
    port = free_port()
    definitions = ("-m", request.module.DEFINITIONS)
    processes = [
        project.spawn(
            *("python", "-m", "ml_pipeline.cli.webserver", *definitions),
            *("-h", "127.0.0.1", "-p", str(port)),
            log=logs / "webserver.log",
        ),
        project.spawn("python", "-m", QUICK_DAEMON, "run", *definitions, log=logs / "daemon.log"),
    ]
    try:
        server = Webserver(f"http://127.0.0.1:{port}")
        server.wait_until_up()
        yield server
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def make_tables(project: Project) -> None:
    """Make Dagster's tables, which two processes that make them at once would spoil."""
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        instance.get_runs(limit=1)


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""A local SageMaker for real clients, and the clients."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from ml_pipeline_tests.clients.environments import client_python
from ml_pipeline_tests.conftest import THIS_PYTHON, LocalService
from ml_pipeline_tests.local_sagemaker.runtimes.wheels import wheel

PROGRAMS = Path(__file__).parent / "programs"

_SECONDS = 240


@dataclass(frozen=True)
class Ran:
    """What a client printed.

    Args:
        output: All of it, in the order of its two streams.
        result: The last line, as JSON, of a program of ``programs``.
    """

    output: str
    result: Any


@dataclass(frozen=True)
class Client:
    """An environment with a client in it, and what else a user's shell has.

    Args:
        python: Its interpreter.
        folder: Where it runs, and its home.
        variables: All that it is told of the local service: what ``ml-pipeline local env`` prints.
    """

    python: Path
    folder: Path
    variables: Mapping[str, str]

    def run(self, program: str, *arguments: str, **variables: str) -> Ran:
        """Run a program of ``programs`` to its end.

        Args:
            program: Its file's name.
            arguments: Its arguments.
            variables: More of its environment.
        """
        printed = self.execute(str(PROGRAMS / program), *arguments, status=0, **variables)
        return Ran(printed, json.loads(printed.splitlines()[-1]))

    def execute(self, *arguments: str, status: int = 0, **variables: str) -> str:
        """Run the interpreter with arguments.

        Args:
            arguments: Its command line.
            status: The exit status that is expected.
            variables: More of its environment.

        Returns:
            What it printed.
        """
        done = subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "PYTHONWARNINGS": "ignore",
                "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
                **self.variables,
                **variables,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
        printed = done.stdout.decode(errors="replace")
        assert done.returncode == status, printed
        return printed


def offline_rows(service: LocalService, place: str) -> int:
    """How many rows there are under a URI of an offline store."""
    bucket, _, prefix = place.partition("://")[2].partition("/")
    s3 = service.client("s3")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/year=").get("Contents", [])
    files = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found]
    return sum(pq.read_metadata(pa.BufferReader(file)).num_rows for file in files)


MakeClient = Callable[[str], Client]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A local SageMaker whose images are mapped to this Python."""
    home = Home(tmp_path_factory.mktemp("clients_service") / "home").create()
    (python,) = THIS_PYTHON.values()
    (home.root / "runtimes.json").write_text(json.dumps({**THIS_PYTHON, "*": python}))
    try:
        yield LocalService(home, control.ensure_started(home.root, 0))
    finally:
        control.stop(home.root)


@pytest.fixture(scope="session")
def client(
    service: LocalService,
    pytestconfig: pytest.Config,
    tmp_path_factory: pytest.TempPathFactory,
) -> MakeClient:
    """Call it with the name of a client."""
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("clients")

    def make(name: str) -> Client:
        folder = tmp_path_factory.mktemp(name)
        return Client(client_python(name, cache), folder, service.environment)

    return make


@pytest.fixture(scope="session")
def boto3_client(service: LocalService, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The boto3 of the tests' own environment."""
    return Client(Path(sys.executable), tmp_path_factory.mktemp("boto3"), service.environment)


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source directory whose requirements need no package index."""
    folder = tmp_path_factory.mktemp("source")
    name, content = wheel("greeter", "1.0", "GREETING = 'hello from a wheel'\n")
    (folder / name).write_bytes(content)
    (folder / "requirements.txt").write_text(f"./{name}\n")
    for script in (PROGRAMS / "jobs").iterdir():
        (folder / script.name).write_bytes(script.read_bytes())
    return folder

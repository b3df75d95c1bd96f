"""Where the cells of one column run: a local SageMaker of their own, and what is known of jobs."""

import json
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from unittest import mock

import boto3

from benchmarks.fault_matrix.job import BUCKET, MARK, MEMORY_MB
from local_sagemaker.daemon import control
from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.home import Home
from local_sagemaker.kinds import KINDS
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import Job, JobStore

_VARIABLES = {
    "ML_PIPELINE_LOCAL_STOP_GRACE_SECONDS": "1",
    "ML_PIPELINE_LOCAL_JOB_MEMORY_MB": str(MEMORY_MB),
}

_starting = threading.Lock()

# Dagster waits for the disk at each event; none of that is to be measured.
_MEMORY = Path("/dev/shm")

T = TypeVar("T")


@dataclass(frozen=True)
class Scene:
    """A running local service.

    Args:
        kind: ``processing`` or ``training``: of the jobs of this column.
        home: The service's.
        url: Where it is.
        faults: Its faults.
        dagster_home: What Dagster keeps of the column's runs.
    """

    kind: str
    home: Home
    url: str
    faults: FaultsClient
    dagster_home: Path

    def client(self, service: Any) -> Any:
        """A boto3 client of the service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            region_name="us-east-1",
        )

    def jobs(self, asset: str) -> list[Job]:
        """All jobs of an asset, oldest first."""
        found = self._store.find(JobQuery(KINDS[self.kind], name_contains=asset))
        return [job for job in found if job.name.startswith(asset)]

    def end_time(self, job: Job) -> float | None:
        """When a job's containers ended, in seconds since the epoch."""
        return job.state.get(f"{self.kind.title()}EndTime")

    def lines(self, job: Job) -> Counter[str]:
        """The marked lines of a job's log, whether the service shows them or not."""
        logs = LogFiles(self.home.logs)
        group = f"/aws/sagemaker/{self.kind.title()}Jobs"
        if group not in logs.groups():  # it appears with the first line
            return Counter()
        return Counter(
            mark
            for stream in logs.streams(group, f"{job.name}/")
            for event in logs.read(group, stream.name)
            for mark in MARK.findall(event.message)
        )

    @property
    def _store(self) -> JobStore:
        return JobStore(self.home.job_database)


@contextmanager
def scene(kind: str, folder: Path) -> Iterator[Scene]:
    """A local service for the jobs of a kind, ended on the way out."""
    home = Home(folder / "home").create()
    mapping = {"fault-matrix:*": {"python": sys.executable}}
    (home.root / "runtimes.json").write_text(json.dumps(mapping))
    with _starting, mock.patch.dict(os.environ, _VARIABLES):  # the service's jobs inherit them
        endpoint = control.ensure_started(home.root, 0)
    try:
        with TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as dagster_home:
            faults = FaultsClient(endpoint.port)
            made = Scene(kind, home, endpoint.url, faults, Path(dagster_home))
            made.client("s3").create_bucket(Bucket=BUCKET)
            yield made
    finally:
        control.stop(home.root)


def wait_for(condition: Callable[[], T], seconds: float = 90.0) -> T:
    """What a condition says once it says something.

    Raises:
        TimeoutError: It never did.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise TimeoutError(f"still waiting after {seconds:g} seconds")

"""What jobs cost in requests, and when their ends are seen, beside Airflow's own operators.

The jobs are those of ``benchmarks.requests``, on the same local service, which counts. Airflow's
operators run at their defaults in a DAG, in an environment of their own that pip builds on first
use; ours at the pace meant for AWS. Prints requests to SageMaker and CloudWatch Logs, to S3, and
seconds from the job's creation, and from its end, to its being seen.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from benchmarks import requests
from benchmarks.connection import connect
from benchmarks.fault_matrix.columns import side_by_side
from dagster_sagemaker import SageMakerConnection
from local_sagemaker.daemon import control
from local_sagemaker.daemon.health import Endpoint
from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.clients.environments import client_python

ROOT = Path(__file__).parents[1]
PROGRAM = ROOT / "ml_pipeline_tests" / "clients" / "programs" / "airflow_timed.py"
CACHE = ROOT / ".pytest_cache" / "d" / "clients"
"""Where the tests of clients keep environments, too."""


@dataclass(frozen=True)
class Row:
    """One job.

    Args:
        who: Who ran it.
        kind: Its kind.
        seconds: How long it took.
        calls: Requests to SageMaker and CloudWatch Logs.
        s3: Requests to S3.
        length: Seconds from its creation to its end.
        seen: Seconds from its end to that being seen.
    """

    who: str
    kind: str
    seconds: int
    calls: int
    s3: int
    length: float
    seen: float


def main() -> None:
    """Measure and print; arguments are lengths of jobs in seconds."""
    lengths = [int(argument) for argument in sys.argv[1:]] or requests.SECONDS
    CACHE.mkdir(parents=True, exist_ok=True)
    python = client_python("airflow", CACHE)
    columns = side_by_side(lambda kind, over: _column(kind, lengths, python, over))
    rows = [row for column in columns for row in column]
    print(f"{'':34}{'requests':>9}{'S3':>5}{'seen at, s':>12}{'after its end':>15}")
    for row in sorted(rows, key=lambda row: (row.seconds, row.kind)):
        name = f"{row.kind} job of {row.seconds} s, {row.who}"
        seen = row.length + row.seen
        print(f"{name:34}{row.calls:9}{row.s3:5}{seen:12.1f}{row.seen:15.1f}")


def _column(kind: str, lengths: Sequence[int], python: Path, over: Event) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        endpoint = control.ensure_started(home, 0)
        try:
            connection = connect(endpoint.url)
            connection.client("s3").create_bucket(Bucket="bench")
            faults = FaultsClient(endpoint.port)
            requests.measure(connection, faults, kind, 0)  # builds what stands in for the image
            airflow = _Airflow(python, Path(folder) / "airflow", endpoint)
            return [
                row
                for seconds in lengths
                if not over.is_set()
                for row in (
                    _ours(connection, faults, kind, seconds),
                    _theirs(airflow, connection, faults, kind, seconds),
                )
            ]
        finally:
            control.stop(home)


def _ours(connection: SageMakerConnection, faults: FaultsClient, kind: str, seconds: int) -> Row:
    counts, seen = requests.measure(connection, faults, kind, seconds)
    newest = getattr(connection.client("sagemaker"), f"list_{kind}_jobs")
    found = newest(MaxResults=1, SortBy="CreationTime", SortOrder="Descending")
    name = found[f"{kind.title()}JobSummaries"][0][f"{kind.title()}JobName"]
    created, ended = _times(connection, kind, name)
    return Row("ours", kind, seconds, _calls(counts), counts["s3"], ended - created, seen)


class _Airflow:
    """Airflow with a home of its own.

    Args:
        python: Of its environment.
        home: An empty directory's path.
        endpoint: The service's.
    """

    def __init__(self, python: Path, home: Path, endpoint: Endpoint) -> None:
        self._python = python
        self._home = home
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "PYTHONWARNINGS": "ignore",
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            **endpoint.environment,
        }
        (home / "dags").mkdir(parents=True)
        (home / "dags" / PROGRAM.name).write_text(PROGRAM.read_text())
        job = json.dumps(["training", {}])
        self._execute("-m", "airflow", "db", "migrate", JOB=job)

    def run(self, kind: str, config: dict[str, Any]) -> Any:
        """Run one job; the task's state, and when it ended."""
        printed = self._execute(str(PROGRAM), JOB=json.dumps([kind, config]))
        return json.loads(printed.splitlines()[-1])

    def _execute(self, *arguments: str, **variables: str) -> str:
        done = subprocess.run(
            [str(self._python), *arguments],
            cwd=self._home,
            env={**self._environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"Airflow failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout


def _theirs(
    airflow: _Airflow,
    connection: SageMakerConnection,
    faults: FaultsClient,
    kind: str,
    seconds: int,
) -> Row:
    build = requests.processing if kind == "processing" else requests.training
    name = f"airflow-{kind}-{seconds}"
    request = json.dumps({f"{kind.title()}JobName": name, **build(seconds).request})
    requests.start_counting(faults)
    ran = airflow.run(kind, json.loads(request.replace("{{ job_name }}", name)))
    counts = requests.counted(faults)
    if ran["state"] != "success":
        raise RuntimeError(f"the task of {name} ended as {ran['state']}")
    created, ended = _times(connection, kind, name)
    seen = ran["seen"] - ended
    return Row("Airflow", kind, seconds, _calls(counts), counts["s3"], ended - created, seen)


def _times(connection: SageMakerConnection, kind: str, name: str) -> tuple[float, float]:
    """When a job was created, and when it ended."""
    describe = getattr(connection.client("sagemaker"), f"describe_{kind}_job")
    found = describe(**{f"{kind.title()}JobName": name})
    return found["CreationTime"].timestamp(), found[f"{kind.title()}EndTime"].timestamp()


def _calls(counts: dict[str, int]) -> int:
    return counts["sagemaker"] + counts["logs"]


if __name__ == "__main__":
    main()

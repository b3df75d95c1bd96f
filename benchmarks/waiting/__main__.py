"""See ``benchmarks.waiting``."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from benchmarks.connection import connect
from benchmarks.requests import COUNTED
from benchmarks.waiting.location import partition
from local_sagemaker.daemon import control
from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.home import Home
from local_sagemaker.jobs.containers.process_tree import descendants
from local_sagemaker.records.store import JobStore

_LOCATION = ("-m", "benchmarks.waiting.location")
_MODES = {"waiting": "true", "not waiting": "false"}
_QUEUE = "benchmark"
_CHECKOUT = Path(__file__).parents[2]
_CONFIG = """
concurrency: {{runs: {{max_concurrent_runs: {at_once}}}}}
telemetry: {{enabled: false}}
"""
_KEY = dg.AssetKey("slept")
_LONGEST = 3600.0


@dataclass
class Peaks:
    """The most of something at any one time.

    Args:
        jobs: Jobs that had not ended.
        processes: Processes of Dagster.
        mib: Their memory, what they share counted once.
    """

    jobs: int = 0
    processes: int = 0
    mib: float = 0.0

    def sample(self, store: JobStore, daemon: int) -> None:
        """Look at a moment."""
        pids = [daemon, *descendants(daemon)]
        self.jobs = max(self.jobs, len(store.unfinished()))
        self.processes = max(self.processes, len(pids))
        self.mib = max(self.mib, sum(map(_pss_kib, pids)) / 1024)


def main() -> None:
    """Measure both modes and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partitions", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=20, help="how long each job runs")
    parser.add_argument(
        "--at-once", type=int, default=10, help="runs that Dagster lets run at once"
    )
    parser.add_argument("--only", choices=_MODES, help="measure one of the two")
    options = parser.parse_args()
    print(
        f"{'':>12}{'seconds':>9}{'jobs at once':>14}{'processes':>11}{'memory, MiB':>13}"
        f"{'SageMaker+Logs':>16}{'S3 a job':>10}"
    )
    for mode, wait in _MODES.items():
        if options.only not in {None, mode}:
            continue
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            environment = {
                "BENCHMARK_WAIT": wait,
                "BENCHMARK_PARTITIONS": str(options.partitions),
                "BENCHMARK_SECONDS": str(options.seconds),
                "BENCHMARK_QUEUE": _QUEUE,
            }
            _measure(mode, Path(folder), options.partitions, options.at_once, environment)


def _measure(
    mode: str, folder: Path, partitions: int, at_once: int, environment: Mapping[str, str]
) -> None:
    home = Home(folder / "home").create()
    endpoint = control.ensure_started(home.root, 0, events_queue=_QUEUE)
    dagster_home = folder / "dagster"
    dagster_home.mkdir()
    (dagster_home / "dagster.yaml").write_text(_CONFIG.format(at_once=at_once))
    variables = {
        **os.environ,
        **environment,
        "BENCHMARK_URL": endpoint.url,
        "DAGSTER_HOME": str(dagster_home),
        "PYTHONPATH": str(_CHECKOUT),
        "PYTHONWARNINGS": "ignore",
    }
    connect(endpoint.url).client("s3").create_bucket(Bucket="bench")
    try:
        with (
            dg.DagsterInstance.from_config(str(dagster_home)) as instance,
            (folder / "log").open("wb") as log,
        ):
            daemon = subprocess.Popen(
                [sys.executable, "-m", "dagster._daemon", "run", *_LOCATION],
                cwd=folder,  # Dagster would prefer a `.env` of the checkout
                env=variables,
                stdout=log,
                stderr=log,
            )
            try:
                found = _backfill(instance, home, daemon.pid, partitions, variables)
            finally:
                daemon.terminate()
                daemon.wait()
        _print(mode, partitions, found)
    finally:
        control.stop(home.root)


def _backfill(
    instance: dg.DagsterInstance,
    home: Home,
    daemon: int,
    partitions: int,
    variables: Mapping[str, str],
) -> tuple[float, Peaks, dict[str, int]]:
    endpoint = control.ensure_started(home.root, 0)
    faults = FaultsClient(endpoint.port)
    for service in COUNTED:
        faults.put(service, "slow", operation=f"{service}:*", seconds=1e-6)
    keys = ",".join(partition(number) for number in range(partitions))
    command = ["job", "backfill", *_LOCATION, "-j", "all_of_it", "--partitions", keys, "--noprompt"]
    subprocess.run(
        [sys.executable, "-m", "dagster", *command],
        cwd=variables["DAGSTER_HOME"],
        env=dict(variables),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    began, peaks, store = time.monotonic(), Peaks(), JobStore(home.job_database)
    while len(instance.get_materialized_partitions(_KEY)) < partitions:
        if time.monotonic() - began > _LONGEST:
            raise TimeoutError(f"{instance.get_materialized_partitions(_KEY)} after {_LONGEST} s")
        peaks.sample(store, daemon)
        time.sleep(1)
    return time.monotonic() - began, peaks, {fault["id"]: fault["hits"] for fault in faults.list()}


def _print(mode: str, partitions: int, found: tuple[float, Peaks, dict[str, int]]) -> None:
    seconds, peaks, hits = found
    requests = (hits["sagemaker"] + hits["logs"]) / partitions
    print(
        f"{mode:>12}{seconds:9.0f}{peaks.jobs:14}{peaks.processes:11}{peaks.mib:13.0f}"
        f"{requests:16.1f}{hits['s3'] / partitions:10.1f}",
        flush=True,
    )


def _pss_kib(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # it has ended
        return 0
    [line] = [line for line in text.splitlines() if line.startswith("Pss:")]
    return int(line.split()[1])


main()

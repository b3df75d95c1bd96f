"""Runs that are cancelled or killed while their SageMaker job runs: real jobs, real processes."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.graphql import Webserver
from ml_pipeline_tests.project import BUCKET, WAITING_JOBS, Project, manifest

ASSET = "waiting_asset"
DEFINITIONS = WAITING_JOBS


def wait_until(condition: Callable[[], Any]) -> Any:
    """What a condition gives once it gives something true."""
    deadline = time.monotonic() + 120
    while not (outcome := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return outcome


def jobs(service: LocalService, partition: str) -> list[Any]:
    """The jobs of a partition, in the order in which they were made."""
    client = service.client("sagemaker")
    listed = client.list_processing_jobs(
        NameContains=f"waiting-asset-{partition}", SortBy="CreationTime", SortOrder="Ascending"
    )
    return [
        client.describe_processing_job(ProcessingJobName=job["ProcessingJobName"])
        for job in listed["ProcessingJobSummaries"]
    ]


def only_status(service: LocalService, partition: str) -> str:
    [job] = jobs(service, partition)
    return str(job["ProcessingJobStatus"])


def release(service: LocalService, partition: str) -> None:
    """Let the partition's job end."""
    service.client("s3").put_object(Bucket=BUCKET, Key=f"release/{partition}", Body=b"")


def start(webserver: Webserver, partition: str, job: str = "in_one_process") -> str:
    return webserver.materialize(job, [ASSET], partition, location=WAITING_JOBS)


def execute(
    project: Project, partition: str, logs: Path, job: str = "in_one_process"
) -> "subprocess.Popen[bytes]":
    tags = json.dumps({"dagster/partition": partition})
    return project.spawn(
        *("dagster", "job", "execute", "-m", WAITING_JOBS, "-j", job, "--tags", tags),
        log=logs / f"{partition}.log",
    )


def interrupt(process: "subprocess.Popen[bytes]", number: signal.Signals) -> int:
    """Signal a process until it ends, and give its status.

    Once is not always enough: Python drops an exception that a signal raises while it collects
    garbage, and Dagster's interrupt is one.
    """
    for _ in range(3):
        process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(60)
    raise AssertionError(f"process {process.pid} goes on after three signals")


def process_of(webserver: Webserver, run: str) -> int:
    text = "\n".join(webserver.messages(run))
    started = re.search(r"Started process for run \(pid: (\d+)\)", text)
    assert started is not None, text
    return int(started.group(1))


@pytest.mark.parametrize(
    ("job", "partition"),
    [
        ("in_one_process", "2013-03-01"),
        pytest.param("in_a_process_per_step", "2013-03-02", marks=pytest.mark.long),
    ],
)
def test_terminating_a_run_from_the_ui_stops_its_job(
    local_service: LocalService, webserver: Webserver, job: str, partition: str
) -> None:
    run = start(webserver, partition, job)
    wait_until(lambda: jobs(local_service, partition))
    webserver.terminate(run)
    assert webserver.wait_for_run(run) == "CANCELED"
    wait_until(lambda: only_status(local_service, partition) != "Stopping")
    assert only_status(local_service, partition) == "Stopped"


@pytest.mark.parametrize(
    ("job", "number", "partition"),
    [
        ("in_one_process", signal.SIGINT, "2013-03-03"),
        ("in_a_process_per_step", signal.SIGTERM, "2013-03-04"),
    ],
)
def test_a_signal_to_the_command_line_stops_the_job(
    local_service: LocalService,
    project: Project,
    tmp_path: Path,
    job: str,
    number: signal.Signals,
    partition: str,
) -> None:
    process = execute(project, partition, tmp_path, job)
    wait_until(lambda: jobs(local_service, partition))
    assert interrupt(process, number) != 0
    wait_until(lambda: only_status(local_service, partition) != "Stopping")
    assert only_status(local_service, partition) == "Stopped"


@pytest.mark.parametrize(
    ("ended_meanwhile", "partition"),
    [pytest.param(False, "2013-03-05", marks=pytest.mark.long), (True, "2013-03-06")],
)
def test_reexecuting_a_killed_run_goes_on_with_its_job_and_publishes_it(
    local_service: LocalService, webserver: Webserver, ended_meanwhile: bool, partition: str
) -> None:
    killed = start(webserver, partition)
    wait_until(lambda: jobs(local_service, partition))
    os.kill(process_of(webserver, killed), signal.SIGKILL)
    assert webserver.wait_for_run(killed) == "FAILURE"
    if ended_meanwhile:
        release(local_service, partition)
        wait_until(lambda: only_status(local_service, partition) == "Completed")
    assert not is_published(local_service, partition)

    again = webserver.reexecute_from_failure(killed)
    wait_until(lambda: any("Found job" in text for text in webserver.messages(again)))
    release(local_service, partition)
    assert webserver.wait_for_run(again) == "SUCCESS"
    [job] = jobs(local_service, partition)
    assert manifest(local_service, ASSET, partition)["job_name"] == job["ProcessingJobName"]


def is_published(service: LocalService, partition: str) -> bool:
    prefix = f"{ASSET}/ds={partition}/manifest.json"
    return bool(service.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)["KeyCount"])


@pytest.mark.long
def test_a_pool_caps_the_jobs_of_all_runs_together(
    local_service: LocalService, project: Project, tmp_path: Path
) -> None:
    """The second begins when the first has its job.

    Dagster's SQLite storage does not lock a pool's slots while it gives one away: two runs that ask
    in the same instant may get the same one.
    """
    with dg.DagsterInstance.from_config(str(project.dagster_home)) as instance:
        pool = instance.event_log_storage
        pool.set_concurrency_slots("waiting", 1)
        partitions = ["2013-03-07", "2013-03-08"]
        processes = [execute(project, partitions[0], tmp_path)]
        wait_until(lambda: jobs(local_service, partitions[0]))
        processes.append(execute(project, partitions[1], tmp_path))
        wait_until(lambda: len(pool.get_concurrency_info("waiting").pending_steps) == 2)
    assert jobs(local_service, partitions[1]) == []
    for partition in partitions:
        release(local_service, partition)
    assert [process.wait(120) for process in processes] == [0, 0]
    [first], [second] = (jobs(local_service, partition) for partition in partitions)
    assert second["CreationTime"] >= first["ProcessingEndTime"]

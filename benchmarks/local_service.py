"""How quick and how light the local service is.

Prints the time a job that does nothing takes, from create call to Completed; how many of them end
in a second, and what each costs; what a step of a pipeline takes that does nothing; how long after
a job's end Dagster has noticed; and what the daemon costs when nothing happens.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import dagster as dg

from benchmarks.connection import connect
from dagster_sagemaker import PipesSageMakerProcessingClient, Polling, SageMakerConnection
from local_sagemaker.daemon import control

IMAGE = "081325390199.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python-310:1.0"
JOBS = 20
MANY_JOBS = 200
CHAIN = 20
JOBS_AT_ONCE = 8
NOTICED_JOBS = 5
IDLE_SECONDS = 20


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        endpoint = control.ensure_started(home, 0)
        try:
            connection = connect(endpoint.url)
            connection.client("s3").create_bucket(Bucket="bench")
            client = connection.client("sagemaker")
            _no_op(client, "warm-up", timeout=300)
            print(f"{'':48}{'min':>8}{'median':>8}{'max':>8}")
            _row(
                "no-op processing job, create to Completed, s",
                [_no_op(client, f"no-op-{number}") for number in range(JOBS)],
            )
            _many_no_ops(client, endpoint.pid)
            _row(
                f"pipeline of {CHAIN} no-op steps in a chain, s a step",
                [_chain(client) for _ in range(3)],
            )
            _row(
                "job end to Dagster noticing, 5 s job, s",
                [_noticing(connection, number) for number in range(NOTICED_JOBS)],
            )
            _row("idle: resident memory of all processes, MB", [_resident(endpoint.pid)])
            _row("idle: CPU of a core, %", [_cpu_percent(endpoint.pid)])
            boto3.client(
                "sts",
                endpoint_url=endpoint.url,
                region_name="us-east-1",
                aws_access_key_id="local",
                aws_secret_access_key="local",
            ).get_caller_identity()
            _row("idle, once moto was used: memory, MB", [_resident(endpoint.pid)])
        finally:
            control.stop(home)


def _row(name: str, values: list[float]) -> None:
    figures = (min(values), statistics.median(values), max(values))
    print(f"{name:48}" + "".join(f"{figure:8.2f}" for figure in figures))


def _request(name: str, *command: str) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "RoleArn": "arn:aws:iam::000000000000:role/benchmark",
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": list(command)},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
    }


def _no_op(client: Any, name: str, timeout: float = 60, pause: float = 0.01) -> float:
    started = time.monotonic()
    client.create_processing_job(**_request(name, "true"))
    while True:
        job = client.describe_processing_job(ProcessingJobName=name)
        status = job["ProcessingJobStatus"]
        elapsed = time.monotonic() - started
        if status == "Completed":
            return elapsed
        if status != "InProgress" or elapsed > timeout:
            reason = job.get("FailureReason", "no reason yet")
            raise RuntimeError(f"{name} is {status} after {elapsed:.1f} s: {reason}")
        time.sleep(pause)


def _many_no_ops(client: Any, daemon: int) -> None:
    def run(number: int) -> float:
        return _no_op(client, f"many-{number}", timeout=300, pause=0.2)

    before, started = _cpu_seconds(daemon), time.monotonic()
    with ThreadPoolExecutor(JOBS_AT_ONCE) as pool:
        list(pool.map(run, range(MANY_JOBS)))
    seconds = time.monotonic() - started
    cpu = (_cpu_seconds(daemon) - before) / MANY_JOBS
    _row(f"no-op processing jobs, {JOBS_AT_ONCE} at a time, per second", [MANY_JOBS / seconds])
    _row("  CPU time of a job, its share of the daemon's too, s", [cpu])


def _chain(client: Any) -> float:
    """Seconds a step of a pipeline of steps that wait for each other and do nothing."""
    arguments = _request("", "true")
    del arguments["ProcessingJobName"]
    steps = [
        {
            "Name": f"step-{number}",
            "Type": "Processing",
            "Arguments": arguments,
            "DependsOn": [f"step-{number - 1}"] if number else [],
        }
        for number in range(CHAIN)
    ]
    definition = json.dumps({"Version": "2020-12-01", "Steps": steps})
    role = arguments["RoleArn"]
    client.create_pipeline(PipelineName="chain", RoleArn=role, PipelineDefinition=definition)
    started = time.monotonic()
    arn = client.start_pipeline_execution(PipelineName="chain")["PipelineExecutionArn"]
    while True:
        execution = client.describe_pipeline_execution(PipelineExecutionArn=arn)
        if execution["PipelineExecutionStatus"] != "Executing":
            break
        time.sleep(0.05)
    seconds = time.monotonic() - started
    if execution["PipelineExecutionStatus"] != "Succeeded":
        raise RuntimeError(f"the pipeline failed: {execution['FailureReason']}")
    client.delete_pipeline(PipelineName="chain")
    return seconds / CHAIN


def _noticing(connection: SageMakerConnection, number: int) -> float:
    # As the project's local target has it.
    polling = Polling(initial_seconds=0.1, steps=(), late_log_seconds=0)
    pipes = PipesSageMakerProcessingClient(connection, bucket="bench", polling=polling)
    noticed: list[float] = []

    @dg.asset(name=f"noticed_{number}")
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        job = pipes.run(context=context, request=_request("notice", "sleep", "5")).job
        noticed.append(time.time() - job.description["ProcessingEndTime"].timestamp())
        return dg.MaterializeResult()

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    dg.materialize([asset], run_config=quiet)
    return noticed[0]


def _of_all(pid: int, read: Callable[[int], float]) -> float:
    """Sum a figure over a process and its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return read(pid) + sum(_of_all(int(child), read) for child in children)


def _resident(pid: int) -> float:
    def of(pid: int) -> float:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmRSS")]
        return int(kilobytes) / 1024

    return _of_all(pid, of)


def _cpu_seconds(pid: int) -> float:
    """Of a process and of all its descendants that it has seen end."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / 100


def _cpu_percent(pid: int) -> float:
    def ticks(pid: int) -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = _of_all(pid, ticks)
    time.sleep(IDLE_SECONDS)
    # A clock tick is a hundredth of a second.
    return (_of_all(pid, ticks) - before) / IDLE_SECONDS


if __name__ == "__main__":
    main()

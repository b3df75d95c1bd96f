"""Pipelines that a daemon runs."""

import os
import signal
import time
from contextlib import ExitStack
from typing import Any

import pytest

from local_sagemaker.daemon import control
from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.home import Home
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon, wait_for
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import (
    chain,
    creation,
    definition,
    processing,
    training,
)


def start(client: Any, name: str, *steps: Any) -> str:
    client.create_pipeline(**creation(name, definition(*steps)))
    return str(client.start_pipeline_execution(PipelineName=name)["PipelineExecutionArn"])


def ended(client: Any, arn: str) -> str:
    def status() -> Any:
        found = client.describe_pipeline_execution(PipelineExecutionArn=arn)
        status = found["PipelineExecutionStatus"]
        return status if status not in {"Executing", "Stopping"} else None

    return str(wait_for(status))


def statuses(client: Any, arn: str) -> dict[str, str]:
    found = client.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    return {step["StepName"]: step["StepStatus"] for step in found["PipelineExecutionSteps"]}


def wait_for_steps(client: Any, arn: str, number: int) -> None:
    wait_for(lambda: len(statuses(client, arn)) >= number)


def test_a_chain_runs_to_its_end(scripted_service: LocalService) -> None:
    client = scripted_service.client("sagemaker")
    arn = start(client, "chain", *chain(2), training("last", DependsOn=["step-1"]))
    assert ended(client, arn) == "Succeeded"
    assert statuses(client, arn) == dict.fromkeys(("step-0", "step-1", "last"), "Succeeded")
    found = client.describe_pipeline(PipelineName="chain")
    assert found["LastRunTime"] >= found["CreationTime"]


def test_a_stop_ends_jobs_that_run(scripted_service: LocalService) -> None:
    client = scripted_service.client("sagemaker")
    arn = start(client, "stopped", processing("waits", "wait"))
    wait_for(lambda: statuses(client, arn).get("waits") == "Executing")
    client.stop_pipeline_execution(PipelineExecutionArn=arn)
    assert ended(client, arn) == "Stopped"
    assert statuses(client, arn) == {"waits": "Stopped"}


def test_a_create_that_is_throttled_is_tried_again(scripted_service: LocalService) -> None:
    client = scripted_service.client("sagemaker")
    faults = FaultsClient(scripted_service.port)
    fault = faults.add("throttling", operation="CreateProcessingJob", times=1)
    arn = start(client, "throttled", *chain(1))
    assert ended(client, arn) == "Succeeded"
    (step,) = client.list_pipeline_execution_steps(PipelineExecutionArn=arn)[
        "PipelineExecutionSteps"
    ]
    assert step["AttemptCount"] == 2
    faults.clear(fault)


@pytest.mark.long
def test_the_next_daemon_takes_executions_up(home: Home) -> None:
    with running_daemon(home.root) as first:
        client = first.client("sagemaker")
        arn = start(client, "kept", processing("lost", "wait"), *chain(1))
        wait_for(lambda: statuses(client, arn) == {"lost": "Executing", "step-0": "Succeeded"})
        os.kill(first.endpoint.pid, signal.SIGKILL)
        wait_for(lambda: control.status(home.root) is None)
        # Its job ends while no daemon is there to see it.
        os.kill(supervisor(home), signal.SIGTERM)
        with running_daemon(home.root) as second:
            client = second.client("sagemaker")
            assert ended(client, arn) == "Failed"
            assert statuses(client, arn) == {"lost": "Failed", "step-0": "Succeeded"}
            assert len(client.list_processing_jobs()["ProcessingJobSummaries"]) == 2


@pytest.mark.long
def test_a_daemon_that_is_killed_again_and_again_creates_each_job_once(home: Home) -> None:
    with ExitStack() as daemons:
        service = daemons.enter_context(running_daemon(home.root))
        arn = start(service.client("sagemaker"), "killed", *chain(8))
        for number in range(5):
            wait_for_steps(service.client("sagemaker"), arn, number + 1)
            # Each time a bit further into what it does for a step.
            time.sleep(0.03 * number)
            os.kill(service.endpoint.pid, signal.SIGKILL)
            wait_for(lambda: control.status(home.root) is None)
            service = daemons.enter_context(running_daemon(home.root))
        client = service.client("sagemaker")
        assert ended(client, arn) == "Succeeded"
        jobs = client.list_processing_jobs(MaxResults=100)["ProcessingJobSummaries"]
        assert [job["ProcessingJobStatus"] for job in jobs] == ["Completed"] * 8


def supervisor(home: Home) -> int:
    from local_sagemaker.records.store import JobStore

    (job,) = JobStore(home.job_database).unfinished()
    assert job.supervisor is not None
    return job.supervisor.pid

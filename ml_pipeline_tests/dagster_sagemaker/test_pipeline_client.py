"""Assets that start a pipeline of SageMaker and follow it, against the local service."""

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest

from dagster_sagemaker import FinishedPipeline, SageMakerConnection, SageMakerPipelineClient
from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import (
    creation,
    definition,
    get,
    parameter,
    processing,
)

in_this_test: dict[str, Any] = {}


@dg.asset(partitions_def=dg.DailyPartitionsDefinition("2013-01-01"))
def model(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    client: SageMakerPipelineClient = in_this_test["client"]
    pipeline, parameters = in_this_test["pipeline"], in_this_test["parameters"]
    done = client.run(context=context, pipeline=pipeline, parameters=parameters)
    in_this_test["done"] = done
    return dg.MaterializeResult(metadata=done.metadata)


def the_job() -> dg.JobDefinition:
    """Found by its name when a run is executed again."""
    job = dg.define_asset_job("the_job", [model], executor_def=dg.in_process_executor)
    return dg.Definitions(assets=[model], jobs=[job]).resolve_job_def("the_job")


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with running_daemon(tmp_path_factory.mktemp("pipelines") / "home") as service:
        yield service


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


Execute = Callable[..., dg.JobExecutionResult]


@pytest.fixture
def execute(scripted: LocalService, instance: dg.DagsterInstance) -> Execute:
    connection = SageMakerConnection(
        region="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        endpoint_url=scripted.url,
        max_attempts=1,
    )
    in_this_test.clear()
    in_this_test["client"] = SageMakerPipelineClient(connection, polling=QUICK)
    in_this_test["pipeline"] = f"flow-{uuid.uuid4().hex[:8]}"
    in_this_test["parameters"] = {"ds": "{{ ds }}", "hosts": 1}

    def run(again: str | None = None) -> dg.JobExecutionResult:
        options = None if again is None else dg.ReexecutionOptions(parent_run_id=again)
        return dg.execute_job(
            dg.reconstructable(the_job),
            instance=instance,
            reexecution_options=options,
            tags={"dagster/partition": "2013-02-01"},
            raise_on_error=False,
        )

    return run


def create(scripted: LocalService, **scripts: str) -> Any:
    """Create the pipeline, with a step for each script; the client of SageMaker."""
    client = scripted.client("sagemaker")
    steps = [
        processing(name, script, AppSpecification=specification(get("Parameters.ds")))
        for name, script in scripts.items()
    ]
    parameters = (parameter("ds"), parameter("hosts", "Integer"))
    text = definition(*steps, parameters=parameters)
    client.create_pipeline(**creation(in_this_test["pipeline"], text))
    return client


def specification(argument: Any) -> dict[str, Any]:
    made = processing("x")["Arguments"]["AppSpecification"]
    return {**made, "ContainerArguments": [argument]}


def executions(client: Any) -> list[dict[str, Any]]:
    found = client.list_pipeline_executions(PipelineName=in_this_test["pipeline"])
    return list(found["PipelineExecutionSummaries"])


def at_the_next_look(do: Callable[..., None]) -> None:
    """Do something once, when the client has next looked at the steps."""
    left = [do]

    def once(**event: Any) -> None:
        if left:
            left.pop()(**event)

    events = in_this_test["client"]._connection.client("sagemaker").meta.events
    events.register("after-call.sagemaker.ListPipelineExecutionSteps", once)


def failure(result: dg.JobExecutionResult) -> str:
    (event,) = result.filter_events(lambda event: event.is_step_failure)
    return event.step_failure_data.error_display_string


def test_a_pipeline_is_run_with_the_partitions_day(
    scripted: LocalService, execute: Execute
) -> None:
    client = create(scripted, clean="complete", fit="complete")
    result = execute()
    assert result.success
    done: FinishedPipeline = in_this_test["done"]
    assert done.metadata["step/fit"] == "Succeeded"
    job = done.job_arn("clean").rpartition("/")[2]
    asked = client.describe_processing_job(ProcessingJobName=job)
    assert asked["AppSpecification"]["ContainerArguments"] == ["2013-02-01"]
    with pytest.raises(KeyError):
        done.job_arn("deploy")


@pytest.mark.long
def test_a_re_execution_follows_the_execution_of_the_run_that_died(
    scripted: LocalService, execute: Execute
) -> None:
    client = create(scripted, clean="complete", waits="wait")
    faults = FaultsClient(scripted.port)
    faults.add("error", operation="DescribePipelineExecution", code="AccessDenied", times=1)
    first = execute()
    assert "re-executing this run follows it" in failure(first)
    (running,) = executions(client)
    assert running["PipelineExecutionStatus"] == "Executing"

    def stop(**_: Any) -> None:
        client.stop_pipeline_execution(PipelineExecutionArn=running["PipelineExecutionArn"])

    at_the_next_look(stop)
    second = execute(again=first.run_id)
    assert f"{running['PipelineExecutionArn']} is Stopped" in failure(second)
    (same,) = executions(client)
    assert same["PipelineExecutionArn"] == running["PipelineExecutionArn"]


@pytest.mark.long
def test_a_re_execution_retries_the_steps_that_failed(
    scripted: LocalService, execute: Execute
) -> None:
    client = create(scripted, clean="complete", dies="die")
    execute()  # Another run of the same day is other work.
    first = execute()
    assert "dies: InternalServerError" in failure(first)
    assert not execute(again=first.run_id).success
    only, _ = executions(client)
    steps = client.list_pipeline_execution_steps(PipelineExecutionArn=only["PipelineExecutionArn"])
    assert {step["StepName"] for step in steps["PipelineExecutionSteps"]} == {"clean", "dies"}
    jobs = client.list_processing_jobs(NameContains=only["PipelineExecutionArn"][-12:])
    assert len(jobs["ProcessingJobSummaries"]) == 3


@pytest.mark.long
def test_a_cancelled_run_stops_its_execution(scripted: LocalService, execute: Execute) -> None:
    client = create(scripted, waits="wait")

    def interrupt(**_: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    at_the_next_look(interrupt)
    assert not execute().success
    (only,) = executions(client)
    assert only["PipelineExecutionStatus"] in {"Stopping", "Stopped"}


def test_a_pipeline_that_is_not_there_is_named(execute: Execute) -> None:
    said = failure(execute())
    assert f"Could not start pipeline {in_this_test['pipeline']}: ResourceNotFound" in said
    assert "Check that pipeline" in said

"""Whose job is it: what happens when a job of the name exists already."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest

from dagster_sagemaker import PipesSageMakerProcessingClient
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService

in_this_test: dict[str, Any] = {}


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["north"]))
def dataset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    client, request = in_this_test["client"], in_this_test["request"]
    return dg.MaterializeResult(metadata=client.run(context=context, request=request).job.metadata)


def the_job() -> dg.JobDefinition:
    """Found by its name when a run is executed again."""
    job = dg.define_asset_job("the_job", [dataset], executor_def=dg.in_process_executor)
    return dg.Definitions(assets=[dataset], jobs=[job]).resolve_job_def("the_job")


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.instance_for_test() as instance:
        yield instance


@pytest.fixture
def execute(
    processing: PipesSageMakerProcessingClient, processing_request: dict[str, Any]
) -> Callable[..., dg.JobExecutionResult]:
    in_this_test.update(client=processing, request=processing_request)

    def run(
        instance: dg.DagsterInstance, again: str | None = None, **tags: str
    ) -> dg.JobExecutionResult:
        options = None if again is None else dg.ReexecutionOptions(parent_run_id=again)
        return dg.execute_job(
            dg.reconstructable(the_job),
            instance=instance,
            reexecution_options=options,
            tags={"dagster/partition": "north", **tags},
        )

    return run


def test_a_re_execution_follows_the_job_of_the_run_that_died(
    service: PlayedService,
    instance: dg.DagsterInstance,
    execute: Callable[..., dg.JobExecutionResult],
    write_outputs: Callable[[Job], None],
) -> None:
    def die_once(job: Job) -> None:
        if job.looks == 1:
            service.fail("DescribeProcessingJob", "AccessDeniedException")

    service.endings.append(Ending(looks=4, on_describe=die_once, on_end=write_outputs))
    first = execute(instance)
    assert not first.success
    assert service.only_job.status == "InProgress"
    second = execute(instance, again=first.run_id)
    assert second.success
    assert second.run_id != first.run_id
    assert service.calls["CreateProcessingJob"] == 1


@pytest.mark.parametrize(("tag", "jobs"), [("true", 2), ("false", 1)])
def test_a_fresh_run_makes_what_is_there_anew(
    service: PlayedService,
    instance: dg.DagsterInstance,
    execute: Callable[..., dg.JobExecutionResult],
    write_outputs: Callable[[Job], None],
    tag: str,
    jobs: int,
) -> None:
    service.endings += [Ending(on_end=write_outputs), Ending(on_end=write_outputs)]
    first = execute(instance)
    second = execute(instance, again=first.run_id, **{"ml_pipeline/fresh": tag})
    assert first.success and second.success
    assert len(service.jobs) == jobs


def test_a_new_run_starts_a_new_job(
    service: PlayedService,
    instance: dg.DagsterInstance,
    execute: Callable[..., dg.JobExecutionResult],
    write_outputs: Callable[[Job], None],
) -> None:
    service.endings.extend([Ending(on_end=write_outputs), Ending(on_end=write_outputs)])
    assert execute(instance).success
    assert execute(instance).success
    assert len(service.jobs) == 2


def materialize(processing: PipesSageMakerProcessingClient, request: dict[str, Any]) -> str:
    """The failure's text; empty after success."""
    in_this_test.update(client=processing, request=request)
    result = dg.materialize(
        [dataset],
        instance=dg.DagsterInstance.ephemeral(),
        partition_key="north",
        raise_on_error=False,
    )
    events = result.filter_events(lambda event: event.is_step_failure)
    return "".join(str(event.step_failure_data.error) for event in events)


def test_a_name_taken_in_the_same_moment_by_a_job_that_failed_gives_way(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    def be_faster(body: dict[str, Any]) -> None:
        service.put(body, "Failed")

    service.before["CreateProcessingJob"] = be_faster
    service.endings.append(Ending(on_end=write_outputs))
    assert materialize(processing, processing_request) == ""
    assert [(job.name[-2:], job.status) for job in service.jobs] == [
        ("-1", "Failed"),
        ("-2", "Completed"),
    ]


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Stopping"])
def test_a_job_that_came_to_no_good_gives_way(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
    status: str,
) -> None:
    def has_ended_before(body: dict[str, Any]) -> None:
        service.put(processing_request | body, status)

    service.before["DescribeProcessingJob"] = has_ended_before
    service.endings.append(Ending(on_end=write_outputs))
    assert materialize(processing, processing_request) == ""
    assert service.jobs[1].name.endswith("-2")


def test_a_different_job_in_progress_is_neither_followed_nor_joined(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    def is_running(body: dict[str, Any]) -> None:
        service.put(processing_request | body, "InProgress")

    service.before["DescribeProcessingJob"] = is_running
    message = materialize(processing, processing_request)
    assert f"{service.only_job.name} of the same run is in progress" in message
    assert service.calls["CreateProcessingJob"] == 0
    assert service.calls["StopProcessingJob"] == 0


def test_a_name_in_the_request_is_the_base_of_the_jobs_name(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    service.endings.append(Ending(on_end=write_outputs))
    processing_request["ProcessingJobName"] = "pre-{{ partition_key }}"
    assert materialize(processing, processing_request) == ""
    assert service.only_job.name.startswith("pre-north-")
    assert service.only_job.name.endswith("-1")

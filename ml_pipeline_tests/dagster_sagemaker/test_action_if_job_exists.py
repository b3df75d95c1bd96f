"""What becomes of another run's job of the name; and of the run's own, which is gone on with."""

import os
import re
import signal
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from dagster_sagemaker import PipesSageMakerProcessingClient, SageMakerConnection
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import failure, run_asset, step_error

Run = Callable[..., dg.ExecuteInProcessResult]
Write = Callable[[Job], None]


@pytest.fixture
def base(bucket: str) -> str:
    """The name in the request: that of no job of another test."""
    return f"{bucket}-2013-01-02"


@pytest.fixture
def run(
    service: PlayedService,
    connection: SageMakerConnection,
    processing_request: dict[str, Any],
    bucket: str,
) -> Run:
    processing_request["ProcessingJobName"] = f"{bucket}-{{{{ ds }}}}"

    def run_with(action: Any, retries: int = 0, **more: Any) -> dg.ExecuteInProcessResult:
        client = PipesSageMakerProcessingClient(
            connection, bucket=bucket, polling=QUICK, action_if_job_exists=action, **more
        )
        return run_asset(client, processing_request, retries=retries)[0]

    return run_with


def names(service: PlayedService) -> list[str]:
    return [job.name for job in service.jobs]


@pytest.mark.parametrize("action", ["fail", "increment", "timestamp", "skip"])
def test_the_name_is_the_requests_own_where_no_job_has_it(
    service: PlayedService, run: Run, base: str, write_outputs: Write, action: str
) -> None:
    service.endings.append(Ending(on_end=write_outputs))
    assert run(action).success
    assert names(service) == [base]


@pytest.mark.parametrize("status", ["InProgress", "Completed", "Failed"])
def test_fail_is_an_error_that_names_the_job(
    service: PlayedService, run: Run, base: str, processing_request: dict[str, Any], status: str
) -> None:
    service.put(processing_request | {"ProcessingJobName": base}, status)
    message = step_error(run("fail", retries=2)).message
    assert f"job {base} of another run exists ({status})" in message
    assert names(service) == [base]


def test_fail_is_decided_by_create_when_two_are_at_it_at_once(
    service: PlayedService, run: Run, base: str
) -> None:
    service.before["CreateProcessingJob"] = lambda body: service.put(
        {**body, "Environment": {}}, "InProgress"
    )
    assert f"job {base} of another run exists" in step_error(run("fail")).message
    assert names(service) == [base]


@pytest.mark.parametrize("status", ["InProgress", "Completed"])
def test_increment_makes_a_job_next_to_it(
    service: PlayedService,
    run: Run,
    base: str,
    processing_request: dict[str, Any],
    write_outputs: Write,
    status: str,
) -> None:
    for name in (base, f"{base}-2"):
        service.put(processing_request | {"ProcessingJobName": name}, status)
    service.endings.append(Ending(on_end=write_outputs))
    assert run("increment").success
    assert names(service) == [base, f"{base}-2", f"{base}-3"]


def test_timestamp_makes_a_job_next_to_it(
    service: PlayedService,
    run: Run,
    base: str,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.put(processing_request | {"ProcessingJobName": base}, "InProgress")
    service.endings.append(Ending(on_end=write_outputs))
    assert run("timestamp").success
    assert re.fullmatch(rf"{base}-\d{{10}}", names(service)[1])


@pytest.mark.parametrize("action", ["fail", "increment", "timestamp", "skip"])
def test_a_retry_goes_on_with_the_job_of_its_own_run(
    service: PlayedService, run: Run, base: str, write_outputs: Write, action: str
) -> None:
    def die_once(job: Job) -> None:
        if job.looks == 1:
            service.fail("DescribeProcessingJob", "AccessDeniedException", "not you")

    service.endings.append(Ending(looks=5, on_describe=die_once, on_end=write_outputs))
    assert run(action, retries=1).success
    assert names(service) == [base]


@pytest.mark.parametrize("action", ["fail", "increment", "skip"])
def test_a_failed_job_of_its_own_run_gives_way(
    service: PlayedService, run: Run, base: str, write_outputs: Write, action: str
) -> None:
    service.endings.append(Ending("Failed", fields={"FailureReason": "InternalServerError: sorry"}))
    service.endings.append(Ending(on_end=write_outputs))
    assert run(action, retries=1).success
    assert names(service) == [base, f"{base}-2"]


def test_skip_uses_what_another_run_made(
    service: PlayedService, run: Run, base: str, write_outputs: Write
) -> None:
    service.endings.append(Ending(on_end=write_outputs))
    assert run("increment").success
    assert run("skip").success
    assert names(service) == [base]


def test_skip_follows_what_runs_and_never_stops_it(
    service: PlayedService, run: Run, base: str, processing_request: dict[str, Any]
) -> None:
    def interrupt(_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    service.put(processing_request | {"ProcessingJobName": base}, "InProgress")
    service.only_job.ending.on_describe = interrupt
    assert "DagsterExecutionInterruptedError" in str(step_error(run("skip")))
    assert (names(service), service.only_job.status) == ([base], "InProgress")


def test_skip_makes_a_job_when_the_one_it_follows_is_stopped(
    service: PlayedService,
    run: Run,
    base: str,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.put(processing_request | {"ProcessingJobName": base}, "InProgress")
    service.only_job.ending.status = "Stopped"
    service.only_job.ending.looks = 2
    service.endings.append(Ending(on_end=write_outputs))
    assert run("skip").success
    assert [(job.name, job.status) for job in service.jobs] == [
        (base, "Stopped"),
        (f"{base}-2", "Completed"),
    ]


def test_skip_leaves_a_job_that_takes_too_long_to_its_run(
    service: PlayedService, run: Run, base: str, processing_request: dict[str, Any]
) -> None:
    service.put(processing_request | {"ProcessingJobName": base}, "InProgress")
    assert "is left to the run that started it" in failure(run("skip", max_wait_seconds=0.2))
    assert service.calls["StopProcessingJob"] == 0


def test_skip_makes_a_job_after_one_that_failed(
    service: PlayedService,
    run: Run,
    base: str,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.put(processing_request | {"ProcessingJobName": base}, "Failed")
    service.endings.append(Ending(on_end=write_outputs))
    assert run("skip").success
    assert names(service) == [base, f"{base}-2"]


def test_an_action_that_is_none_is_refused(connection: SageMakerConnection, bucket: str) -> None:
    with pytest.raises(ValueError, match="'adopt' is none of attach, fail, increment"):
        PipesSageMakerProcessingClient(
            connection,
            bucket=bucket,
            action_if_job_exists="adopt",  # type: ignore[arg-type]
        )


def test_the_log_is_shown_only_if_wanted(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    ended = Ending("Failed", fields={"FailureReason": "AlgorithmError: 1"}, lines=("<a line>",))
    service.endings.append(ended)

    @dg.asset
    def quiet(context: dg.AssetExecutionContext) -> None:
        processing.run(context=context, request=processing_request, print_log=False)

    instance = dg.DagsterInstance.ephemeral()
    processing_request["ProcessingOutputConfig"]["Outputs"] = []
    result = dg.materialize([quiet], instance=instance, raise_on_error=False)
    assert "Last log lines:\n  <a line>" in step_error(result).message
    shown = [record.user_message for record in instance.all_logs(result.run_id)]
    assert "<a line>" not in shown

"""Submissions on the local service whose answers are lost, vague or wrong."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError

from dagster_sagemaker import PipesSageMakerProcessingClient, SageMakerConnection
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.own_time import OwnTime
from ml_pipeline_tests.dagster_sagemaker.played_service import FOREVER, Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import (
    failure,
    log_lines,
    run_asset,
    step_error,
)

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ENDS: dict[str, dict[str, Any]] = {
    "no connection": {"fault": "drop"},
    "server error": {"fault": "error", "code": "InternalFailure", "status": 500},
    "throttled": {"fault": "throttling"},
    "refused": {"fault": "error", "code": "AccessDeniedException", "message": "not for you"},
}


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = OwnTime()
    monkeypatch.setattr("dagster_sagemaker.transient.time", clock)
    monkeypatch.setattr("dagster_sagemaker.interrupts.time", clock)


def contexts(s3: "S3Client", bucket: str) -> list[str]:
    """The Pipes contexts that a job could still ask for."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix="pipes/").get("Contents", [])
    return [entry["Key"] for entry in found if entry["Key"].endswith("/context.json")]


def lose_the_first_answer(service: PlayedService, then: dict[str, Any]) -> None:
    """The first create is carried out, and its answer cut off; the later ones end as said."""
    operation = "CreateProcessingJob"

    def second(_: object) -> None:
        service.faults.add(**then, operation=operation, times=1000)

    def first(_: object) -> None:
        service.faults.add("drop", operation=operation, after=True, times=1)
        service.before[operation] = second

    service.before[operation] = first


@pytest.mark.parametrize("then", ENDS)
def test_a_job_that_may_run_keeps_its_context_and_is_followed_later(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
    bucket: str,
    then: str,
) -> None:
    lose_the_first_answer(service, ENDS[then])
    service.endings.append(Ending(looks=1, on_end=write_outputs))
    result, _ = run_asset(processing, processing_request)
    assert "re-execute this run; it follows the job if there is one" in failure(result)
    (job,) = service.store.unfinished()
    assert contexts(s3, bucket) == [f"pipes/{job.name}/context.json"]


def test_a_retry_follows_the_job_whose_answer_was_lost(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    lose_the_first_answer(service, ENDS["refused"])
    service.endings.append(Ending(on_end=write_outputs))
    result, instance = run_asset(processing, processing_request, retries=1)
    assert result.success
    assert service.only_job.status == "Completed"
    assert any("of an earlier attempt: InProgress" in line for line in log_lines(result, instance))


def test_a_refusal_leaves_no_context_behind(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    service.faults.add(**ENDS["refused"], operation="CreateProcessingJob", times=1)
    result, _ = run_asset(processing, processing_request)
    message = step_error(result).message  # of a failure that is final, no error within another one
    assert "SageMaker refused processing job dataset-2013-01-02-" in message
    assert "AccessDeniedException: not for you" in message
    assert contexts(s3, bucket) == []


def test_without_credentials_nothing_was_sent(
    service: PlayedService,
    s3: "S3Client",
    connection: SageMakerConnection,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    def lose_credentials(**_: object) -> None:
        raise NoCredentialsError

    events = connection.client("sagemaker").meta.events
    events.register("before-sign.sagemaker.CreateProcessingJob", lose_credentials)
    client = PipesSageMakerProcessingClient(
        connection, bucket=bucket, polling=QUICK, max_credentials_wait_seconds=0.0
    )
    try:
        result, _ = run_asset(client, processing_request)
    finally:
        events.unregister("before-sign.sagemaker.CreateProcessingJob", lose_credentials)
    assert "Unable to locate credentials. Processing job dataset-2013-01-02-" in failure(result)
    assert service.calls["CreateProcessingJob"] == 0
    assert contexts(s3, bucket) == []


def test_another_job_of_the_name_in_progress_keeps_its_context(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    def be_faster(request: dict[str, Any]) -> None:
        service.put({**request, "Environment": {"SCRIPT": "another one"}}, "InProgress")

    service.before["CreateProcessingJob"] = be_faster
    result, _ = run_asset(processing, processing_request)
    assert "is in progress, but its request is not the one of" in failure(result)
    assert contexts(s3, bucket) == [f"pipes/{service.only_job.name}/context.json"]


def test_a_connection_that_is_refused_only_slows_the_wait_down(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Callable[[Job], None],
) -> None:
    def refuse(_: object) -> None:
        raise EndpointConnectionError(endpoint_url=service.local.url)

    def refuse_the_next_look(_: object) -> None:
        service.before["DescribeProcessingJob"] = refuse

    service.after["CreateProcessingJob"] = refuse_the_next_look
    service.endings.append(Ending(on_end=write_outputs, looks=3))
    result, instance = run_asset(processing, processing_request)
    assert result.success
    assert sum("cannot be looked at for now" in line for line in log_lines(result, instance)) == 1


def test_a_look_that_is_wrong_is_an_error_that_names_the_job(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    wrong = "1 validation error detected: Value '-' at 'processingJobName' failed to satisfy"
    service.fail("DescribeProcessingJob", "ValidationException", wrong)
    result, _ = run_asset(processing, processing_request)
    assert "Could not look for processing job dataset-2013-01-02-" in failure(result)
    assert f"ValidationException: {wrong}" in failure(result)
    assert service.calls["CreateProcessingJob"] == 0


def test_a_look_that_is_wrong_is_not_waited_out(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    def go_wrong(_: object) -> None:
        service.fail("DescribeProcessingJob", "ValidationException", "1 validation error detected")

    service.after["CreateProcessingJob"] = go_wrong
    service.endings.append(Ending(looks=FOREVER))
    result, _ = run_asset(processing, processing_request)
    assert f"Could not look at processing job {service.only_job.name}" in failure(result)
    assert "1 validation error detected" in failure(result)


def test_a_job_that_could_not_be_stopped_keeps_its_context_and_is_said_to_run(
    service: PlayedService,
    s3: "S3Client",
    connection: SageMakerConnection,
    processing_request: dict[str, Any],
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dagster_sagemaker.stop._SECONDS_BETWEEN", 0)
    client = PipesSageMakerProcessingClient(
        connection, bucket=bucket, polling=QUICK, max_wait_seconds=0.1
    )
    service.fail("StopProcessingJob", "ValidationException", "1 validation error", times=9)
    service.endings.append(Ending(looks=FOREVER))
    result, instance = run_asset(client, processing_request)
    assert "max_wait_seconds=0.1 and could not be stopped" in failure(result)
    assert any("may still run" in line for line in log_lines(result, instance))
    assert contexts(s3, bucket) == [f"pipes/{service.only_job.name}/context.json"]

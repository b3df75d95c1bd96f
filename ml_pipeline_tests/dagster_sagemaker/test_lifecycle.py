"""Whole jobs: real Dagster runs, real boto3 clients, a service that does as it is told."""

import os
import signal
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest
from dagster_shared.error import SerializableErrorInfo

from dagster_sagemaker import (
    FinishedJob,
    JobRequest,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    SageMakerConnection,
    Upload,
)
from ml_pipeline_tests.dagster_sagemaker.conftest import (
    QUICK,
    pipes_message,
    send_messages,
)
from ml_pipeline_tests.dagster_sagemaker.played_service import FOREVER, Ending, Job, PlayedService
from ml_pipeline_tests.local_sagemaker.daemons import wait_for

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DAYS = dg.DailyPartitionsDefinition("2013-01-01", end_date="2013-01-10")
LINES = [f"<line {number}>" for number in range(7)]
Write = Callable[[Job], None]


def run_asset(
    client: PipesSageMakerProcessingClient | PipesSageMakerTrainingClient,
    request: dict[str, Any] | JobRequest,
    *,
    retries: int = 0,
    after: Callable[[FinishedJob], None] | None = None,
    name: str = "dataset",
) -> tuple[dg.ExecuteInProcessResult, dg.DagsterInstance]:
    """Materialize one partition of an asset that runs a job; `after` gets the finished job."""

    @dg.asset(name=name, partitions_def=DAYS, retry_policy=dg.RetryPolicy(max_retries=retries))
    def asset(
        context: dg.AssetExecutionContext, sagemaker: dg.ResourceParam[Any]
    ) -> dg.MaterializeResult[str]:
        job = sagemaker.run(context=context, request=request).job
        if after is not None:
            after(job)
        return dg.MaterializeResult(value=job.name, metadata=job.metadata)

    instance = dg.DagsterInstance.ephemeral()
    result = dg.materialize(
        [asset],
        resources={"sagemaker": client, "io_manager": dg.mem_io_manager},
        instance=instance,
        partition_key="2013-01-02",
        raise_on_error=False,
    )
    return result, instance


def step_error(result: dg.ExecuteInProcessResult) -> SerializableErrorInfo:
    (event,) = result.filter_events(lambda event: event.is_step_failure)
    error = event.step_failure_data.error
    assert error is not None
    return error


def step_failure_metadata(result: dg.ExecuteInProcessResult) -> Mapping[str, dg.MetadataValue]:
    (event,) = result.filter_events(lambda event: event.is_step_failure)
    failure_data = event.step_failure_data.user_failure_data
    assert failure_data is not None
    return dict(failure_data.metadata)


def failure(result: dg.ExecuteInProcessResult) -> str:
    error = step_error(result)
    return error.cause.message if error.cause else error.message


def log_lines(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> list[str]:
    return [record.user_message for record in instance.all_logs(result.run_id)]


def objects_but_claims(s3: "S3Client", bucket: str) -> list[str]:
    found = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    return [key for key in found if not key.startswith("pipes/claims/")]


def test_a_completed_processing_job_gives_outputs_report_and_metadata(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
    bucket: str,
) -> None:
    service.endings.append(Ending(on_end=write_outputs, lines=tuple(LINES)))
    finished: list[FinishedJob] = []
    result, instance = run_asset(processing, processing_request, after=finished.append)

    assert result.success
    (job,) = finished
    assert job.name == service.only_job.name
    train = job.outputs["train"]
    assert train.uri == f"s3://{bucket}/out/{job.name}/train/"
    assert [(found.key, found.size) for found in train.objects] == [
        (f"out/{job.name}/train/part-0.parquet", 4)
    ]
    assert job.report is not None
    assert job.report["metrics"]["rows_in"] == 12

    (event,) = result.asset_materializations_for_node("dataset")
    values = {key: value.value for key, value in event.metadata.items()}
    assert (values["auc"], values["rows_in"], values["duration_s"]) == (0.75, 12, 12.5)
    assert values["bad"] == "nan"
    assert "hunter2" not in str(values)
    assert "console_url" not in values
    text = "\n".join(log_lines(result, instance))
    assert [text.count(line) for line in LINES] == [1] * len(LINES)
    assert "hunter2" not in text


def test_a_completed_training_job_gives_model_and_metrics(
    service: PlayedService,
    training: PipesSageMakerTrainingClient,
    training_request: dict[str, Any],
    write_outputs: Write,
    bucket: str,
) -> None:
    fields = {
        "BillableTimeInSeconds": 11,
        "FinalMetricDataList": [{"MetricName": "loss", "Value": 0.5, "Timestamp": 1.0}],
    }
    service.endings.append(Ending(on_end=write_outputs, fields=fields))
    finished: list[FinishedJob] = []
    result, _ = run_asset(training, training_request, after=finished.append)

    assert result.success
    (job,) = finished
    assert job.model_uri == f"s3://{bucket}/models/{job.name}/output/model.tar.gz"
    assert set(job.outputs) == {"model", "output"}
    assert job.report is not None
    assert job.report["metrics"]["auc"] == 0.75
    assert (job.metadata["loss"], job.metadata["billable_seconds"]) == (0.5, 11)
    assert "hunter2" not in str(job.metadata)


def test_the_request_is_rendered_named_and_marked_and_the_callers_dict_unchanged(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.endings.append(Ending(on_end=write_outputs))
    processing_request["Environment"]["DAY"] = "{{ ds_nodash }}"
    before = repr(processing_request)
    result, _ = run_asset(processing, processing_request)

    assert result.success
    assert repr(processing_request) == before
    sent = service.only_job.request
    assert sent["Environment"]["DAY"] == "20130102"
    assert sent["ProcessingJobName"].startswith("dataset-2013-01-02-")
    tags = service.only_job.tags
    assert tags["dagster/partition"] == "2013-01-02"
    assert tags["dagster/run_id"] == result.run_id


def test_params_are_the_steps_config_before_those_of_the_call_and_may_be_numbers(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    cluster = processing_request["ProcessingResources"]["ClusterConfig"]
    cluster |= {"InstanceCount": "{{ params.n }}", "VolumeSizeInGB": "{{ params.disk }}"}

    @dg.asset(config_schema={"n": int})
    def dataset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        params = {"n": 1, "disk": 7}
        run = processing.run(context=context, request=processing_request, params=params)
        return dg.MaterializeResult(metadata=run.job.metadata)

    service.endings.append(Ending(on_end=write_outputs))
    dg.materialize([dataset], run_config={"ops": {"dataset": {"config": {"n": 2}}}})
    sent = service.only_job.request["ProcessingResources"]["ClusterConfig"]
    assert (sent["InstanceCount"], sent["VolumeSizeInGB"]) == (2, 7)


def test_a_wrong_template_is_refused_before_anything_is_uploaded(
    service: PlayedService,
    s3: "S3Client",
    bucket: str,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    processing_request["Environment"]["DAY"] = "{{ params.day }}"
    upload = Upload(uri=f"s3://{bucket}/code/1", content=b"code")
    result, _ = run_asset(processing, JobRequest(processing_request, uploads=(upload,)))
    assert "Environment.DAY: 'dict object' has no attribute 'day'" in step_error(result).message
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
    assert service.calls["CreateProcessingJob"] == 0


def test_a_failed_job_says_why_with_its_last_lines_and_is_not_retried(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    reason = "AlgorithmError: , exit code: 1"
    lines = tuple(f"line {number}" for number in range(80))
    service.endings.append(
        Ending("Failed", fields={"FailureReason": reason, "ExitMessage": "no rows"}, lines=lines)
    )
    result, _ = run_asset(processing, processing_request, retries=3)

    message = failure(result)
    assert service.calls["CreateProcessingJob"] == 1
    for part in (service.only_job.name, "Failed", reason, "no rows", "line 79", "line 30"):
        assert part in message
    assert "line 29\n" not in message
    assert f"/aws/sagemaker/ProcessingJobs, stream {service.only_job.name}/algo-1" in message
    metadata = step_failure_metadata(result)
    assert metadata["failure_reason"].value == reason
    assert metadata["exit_message"].value == "no rows"
    assert metadata["job_arn"].value == service.only_job.record.arn
    assert str(metadata["log_tail"].value).endswith("    line 79")


def test_a_failure_of_the_service_gives_way_to_the_next_attempt(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.endings.append(Ending("Failed", fields={"FailureReason": "InternalServerError: sorry"}))
    service.endings.append(Ending(on_end=write_outputs))
    result, _ = run_asset(processing, processing_request, retries=1)

    assert result.success
    first, second = (job.name for job in service.jobs)
    assert (first[-2:], second[-2:]) == ("-1", "-2")
    assert first[:-2] == second[:-2]


@pytest.mark.parametrize("looks", [1, 3])
def test_a_stopped_job_is_a_failure(
    service: PlayedService,
    training: PipesSageMakerTrainingClient,
    training_request: dict[str, Any],
    looks: int,
) -> None:
    service.endings.append(Ending("Stopped", looks=looks, fields={"SecondaryStatus": "Stopped"}))
    result, _ = run_asset(training, training_request, retries=1)
    assert "ended as Stopped: someone stopped it" in failure(result)
    assert service.calls["CreateTrainingJob"] == 1


def test_a_job_that_ran_into_its_time_limit_names_the_setting(
    service: PlayedService,
    training: PipesSageMakerTrainingClient,
    training_request: dict[str, Any],
) -> None:
    service.endings.append(Ending("Stopped", fields={"SecondaryStatus": "MaxRuntimeExceeded"}))
    result, _ = run_asset(training, training_request)
    assert "StoppingCondition.MaxRuntimeInSeconds=60" in failure(result)


def test_completed_without_an_output_is_a_failure(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    result, _ = run_asset(processing, processing_request, retries=2)
    message = failure(result)
    assert f"- train: nothing at s3://{bucket}/out/{service.only_job.name}/train/" in message
    assert "- report:" in message
    assert service.calls["CreateProcessingJob"] == 1


def test_completed_without_a_model_is_a_failure(
    training: PipesSageMakerTrainingClient, training_request: dict[str, Any]
) -> None:
    result, _ = run_asset(training, training_request)
    assert "- model: nothing at s3://" in failure(result)


def test_an_optional_output_may_be_empty(
    processing: PipesSageMakerProcessingClient, processing_request: dict[str, Any]
) -> None:
    request = JobRequest(processing_request, optional_outputs=("train", "report"))
    result, _ = run_asset(processing, request)
    assert result.success


def test_an_invalid_request_uploads_and_submits_nothing(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    processing_request["RoleArn"] = "arn:aws:iam::1:role/too-short-an-account"
    request = JobRequest(processing_request, uploads=(Upload(f"s3://{bucket}/code/x", b"x"),))
    result, _ = run_asset(processing, request, retries=2)
    assert "RoleArn: " in failure(result)
    assert service.calls["CreateProcessingJob"] == 0
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_request_the_service_refuses_is_not_retried(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    service.fail("CreateProcessingJob", "ValidationException", "Could not assume role", times=9)
    result, _ = run_asset(processing, processing_request, retries=2)
    assert "Could not assume role" in failure(result)
    assert service.calls["CreateProcessingJob"] == 1
    assert objects_but_claims(s3, bucket) == []  # not even the Pipes context


def test_a_service_that_refuses_to_look_is_explained_before_anything_is_submitted(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    service.fail("DescribeProcessingJob", "AccessDeniedException", "not for you")
    result, _ = run_asset(processing, processing_request)
    assert "Could not look for processing job dataset-2013-01-02-" in failure(result)
    assert "AccessDeniedException: not for you. Check the name, the" in failure(result)
    assert service.calls["CreateProcessingJob"] == 0


def test_a_job_that_may_not_be_looked_at_any_more_is_named_and_can_be_followed(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
) -> None:
    def refuse(job: Job) -> None:
        service.fail("DescribeProcessingJob", "AccessDeniedException", "not you")

    service.endings.append(Ending(looks=10, on_describe=refuse))
    result, _ = run_asset(processing, processing_request)
    assert f"Could not look at processing job {service.only_job.name}" in failure(result)
    assert "re-executing this run follows it" in failure(result)
    assert service.only_job.status == "InProgress"


class _Garbage:
    """What Python collects at some moment or other; a signal may come just then."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "moment", ["submit", "before_submit", "wait", "collection", "collection_during_submit"]
)
def test_a_cancelled_run_stops_its_job(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    moment: str,
) -> None:
    def interrupt(_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    def appears_only_after_a_stop(request: dict[str, Any]) -> None:
        def appear(_: object) -> None:
            service.put(request, "InProgress")

        def not_yet(_: object) -> None:
            service.before["StopProcessingJob"] = appear

        service.before["StopProcessingJob"] = not_yet
        interrupt(request)

    def interrupt_in_vain(_: object) -> None:
        _Garbage()  # Python reports what its finalizer raises, and goes on

    waiting = {"wait": interrupt, "collection": interrupt_in_vain}
    service.endings.append(Ending(looks=FOREVER, on_describe=waiting.get(moment)))
    if moment == "collection_during_submit":
        service.before["CreateProcessingJob"] = interrupt_in_vain
    if moment == "submit":
        service.after["CreateProcessingJob"] = interrupt
    if moment == "before_submit":
        service.before["CreateProcessingJob"] = appears_only_after_a_stop
    result, instance = run_asset(processing, processing_request)
    assert "DagsterExecutionInterruptedError" in str(step_error(result))
    assert any(line.startswith("[sagemaker] Stopped") for line in log_lines(result, instance))
    assert wait_for(lambda: service.only_job.record.ended)
    assert service.only_job.status == "Stopped"


def test_a_cancelled_run_may_leave_its_job_running(
    service: PlayedService,
    connection: SageMakerConnection,
    s3: "S3Client",
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    client = PipesSageMakerProcessingClient(
        connection, bucket=bucket, polling=QUICK, stop_on_cancel=False
    )
    service.endings.append(
        Ending(looks=FOREVER, on_describe=lambda _: os.kill(os.getpid(), signal.SIGINT))
    )
    result, _ = run_asset(client, processing_request)
    assert "DagsterExecutionInterruptedError" in str(step_error(result))
    assert service.only_job.status == "InProgress"
    # The job may still be about to read its context.
    s3.head_object(Bucket=bucket, Key=f"pipes/{service.only_job.name}/context.json")


def test_a_step_that_died_finds_its_running_job_again(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    def die_once(job: Job) -> None:
        if job.looks == 1:
            service.fail("DescribeProcessingJob", "AccessDeniedException", "not you")

    service.endings.append(Ending(looks=5, on_describe=die_once, on_end=write_outputs))
    result, instance = run_asset(processing, processing_request, retries=1)
    assert result.success
    assert service.calls["CreateProcessingJob"] == 1
    assert service.calls["StopProcessingJob"] == 0
    assert any("Found job" in line for line in log_lines(result, instance))


def test_a_step_that_died_after_the_job_uses_the_completed_job(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    finished: list[FinishedJob] = []

    def die_once(job: FinishedJob) -> None:
        finished.append(job)
        if len(finished) == 1:
            raise RuntimeError("the worker died")

    service.endings.append(Ending(on_end=write_outputs))
    result, _ = run_asset(processing, processing_request, retries=1, after=die_once)
    assert result.success
    assert service.calls["CreateProcessingJob"] == 1
    assert finished[0].outputs == finished[1].outputs


def test_a_completed_job_whose_outputs_are_gone_is_run_again(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
    bucket: str,
) -> None:
    finished: list[FinishedJob] = []

    def lose_outputs_once(job: FinishedJob) -> None:
        finished.append(job)
        if len(finished) == 1:
            for found in job.outputs["train"].objects:
                s3.delete_object(Bucket=bucket, Key=found.key)
            raise RuntimeError("the worker died")

    service.endings.extend([Ending(on_end=write_outputs), Ending(on_end=write_outputs)])
    result, _ = run_asset(processing, processing_request, retries=1, after=lose_outputs_once)
    assert result.success
    assert service.calls["CreateProcessingJob"] == 2


def test_a_job_with_another_request_is_not_adopted(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    finished: list[FinishedJob] = []

    def change_request_once(job: FinishedJob) -> None:
        finished.append(job)
        if len(finished) == 1:
            processing_request["AppSpecification"]["ContainerArguments"] = ["--other"]
            raise RuntimeError("the worker died")

    service.endings.extend([Ending(on_end=write_outputs), Ending(on_end=write_outputs)])
    result, _ = run_asset(processing, processing_request, retries=1, after=change_request_once)
    assert result.success
    assert [job.name for job in finished] == [job.name for job in service.jobs]


def test_a_create_whose_answer_was_lost_is_followed(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.faults.add("error", operation="CreateProcessingJob", after=True, times=1)
    service.endings.append(Ending(on_end=write_outputs))
    result, instance = run_asset(processing, processing_request)
    assert result.success
    assert len(service.jobs) == 1
    assert any("submitted already" in line for line in log_lines(result, instance))


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 400), ("ServiceUnavailable", 503)]
)
def test_throttling_never_fails_a_job(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
    code: str,
    status: int,
) -> None:
    def throttle_once(job: Job) -> None:
        if job.looks == 1:
            service.fail("DescribeProcessingJob", code, status=status, times=20)
            service.fail("GetLogEvents", code, status=status, times=2)
            service.fail("DescribeLogStreams", code, status=status, times=2)

    service.endings.append(
        Ending(on_end=write_outputs, on_describe=throttle_once, lines=("the line",))
    )
    result, instance = run_asset(processing, processing_request)
    assert result.success
    lines = log_lines(result, instance)
    assert sum("cannot be looked at for now" in line for line in lines) == 1
    assert sum(line == "the line" for line in lines) == 1


def test_the_wall_clock_limit_stops_the_job_and_fails(
    service: PlayedService,
    connection: SageMakerConnection,
    processing_request: dict[str, Any],
    bucket: str,
) -> None:
    client = PipesSageMakerProcessingClient(
        connection, bucket=bucket, polling=QUICK, max_wait_seconds=0.2
    )
    service.endings.append(Ending(looks=FOREVER, lines=("still at it",)))
    result, _ = run_asset(client, processing_request)
    assert "max_wait_seconds=0.2" in failure(result)
    assert "still at it" in failure(result)
    assert wait_for(lambda: service.only_job.record.ended)
    assert service.only_job.status == "Stopped"


def test_messages_reach_the_asset_whose_job_sent_them(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    def speak(job: Job) -> None:
        asset = job.name.split("-")[0]
        garbage = ["0.93", "null", "[1, 2]", "not json", pipes_message("no_such_method")]
        opened = pipes_message("opened", extras={})
        send_messages(s3, job, [opened, *garbage])
        said = pipes_message("log", message=f"{asset} speaking", level="INFO")
        closed = pipes_message("closed")
        send_messages(s3, job, [said, closed], chunk=2)
        write_outputs(job)

    service.endings.extend([Ending(on_end=speak), Ending(on_end=speak)])

    def body(
        context: dg.AssetExecutionContext, client: PipesSageMakerProcessingClient
    ) -> dg.MaterializeResult[Any]:
        return client.run(context=context, request=processing_request).get_materialize_result()

    @dg.asset
    def alice(
        context: dg.AssetExecutionContext, sagemaker: PipesSageMakerProcessingClient
    ) -> dg.MaterializeResult[Any]:
        return body(context, sagemaker)

    @dg.asset(deps=[alice])
    def bob(
        context: dg.AssetExecutionContext, sagemaker: PipesSageMakerProcessingClient
    ) -> dg.MaterializeResult[Any]:
        return body(context, sagemaker)

    instance = dg.DagsterInstance.ephemeral()
    result = dg.materialize([alice, bob], resources={"sagemaker": processing}, instance=instance)
    said = [
        (record.step_key, record.user_message)
        for record in instance.all_logs(result.run_id)
        if record.user_message.endswith("speaking")
    ]
    assert said == [("alice", "alice speaking"), ("bob", "bob speaking")]
    (materialization,) = result.asset_materializations_for_node("bob")
    assert materialization.metadata["auc"].value == 0.75


def test_a_session_cleans_up_after_its_job(
    service: PlayedService,
    s3: "S3Client",
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
    bucket: str,
) -> None:
    def speak(job: Job) -> None:
        send_messages(s3, job, [pipes_message("opened", extras={}), pipes_message("closed")])
        write_outputs(job)

    service.endings.append(Ending(on_end=speak))
    result, _ = run_asset(processing, processing_request)
    assert result.success
    assert [key for key in objects_but_claims(s3, bucket) if key.startswith("pipes/")] == []


def test_a_job_without_pipes_costs_few_requests_and_no_wait(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    write_outputs: Write,
) -> None:
    service.endings.append(Ending(on_end=write_outputs, looks=2, lines=("hello",)))
    result, _ = run_asset(processing, processing_request)
    assert result.success
    # One look before the job and one at each interval; its log at once, as it was short.
    assert service.calls == {
        "DescribeProcessingJob": 3,
        "CreateProcessingJob": 1,
        "FilterLogEvents": 1,
        "GetMetricData": 1,
    }

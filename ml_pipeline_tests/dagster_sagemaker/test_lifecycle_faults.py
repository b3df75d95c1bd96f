"""Whole jobs on the local service while it does what AWS does on its bad days."""

import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    Polling,
    SageMakerConnection,
    Upload,
    claim,
)
from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.kinds import KINDS, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import Job, JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import (
    failure,
    log_lines,
    run_asset,
    step_error,
)
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon, wait_for

OUTPUTS = ("train", "report")
PATIENCE = 120.0


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A local service whose jobs do nothing, and end as their variable SCRIPT says."""
    with running_daemon(tmp_path_factory.mktemp("faults") / "home") as service:
        yield service


@pytest.fixture
def faults(local: LocalService) -> Iterator[FaultsClient]:
    client = FaultsClient(local.port)
    yield client
    client.clear()


@pytest.fixture
def bucket(local: LocalService) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    local.client("s3").create_bucket(Bucket=name)
    return name


def connect(local: LocalService, max_attempts: int = 1) -> SageMakerConnection:
    return SageMakerConnection(
        region="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        endpoint_url=local.url,
        max_attempts=max_attempts,
    )


@pytest.fixture
def processing(local: LocalService, bucket: str) -> PipesSageMakerProcessingClient:
    return PipesSageMakerProcessingClient(connect(local), bucket=bucket, polling=QUICK)


@pytest.fixture
def jobs(local: LocalService, name: str) -> Callable[[], list[Job]]:
    """Every job of this test's asset, oldest first."""
    return lambda: [
        job for kind in KINDS.values() for job in _all(local, kind) if job.name.startswith(name)
    ]


def _all(local: LocalService, kind: JobKind) -> list[Job]:
    return JobStore(local.home.job_database).find(JobQuery(kind))


@pytest.fixture
def name() -> str:
    """An asset's, and so what the names of its jobs begin with."""
    return f"a{uuid.uuid4().hex[:10]}"


def optional(request: dict[str, Any], script: str = "complete", **more: Any) -> JobRequest:
    """The request of a job that need not write its outputs."""
    request["Environment"]["SCRIPT"] = script
    return JobRequest(request, optional_outputs=OUTPUTS, **more)


def start(local: LocalService, job: Job) -> None:
    """Say that a job has its instances."""
    JobStore(local.home.job_database).update(job.kind, job.name, ProcessingStartTime=time.time())


def complete(local: LocalService, job: Job, status: str = "Completed") -> None:
    """End a job whose script waits, and its process."""
    store = JobStore(local.home.job_database)
    store.update(job.kind, job.name, ProcessingJobStatus=status)
    ended = store.get(job.kind, job.name)
    if ended is not None and ended.supervisor is not None:
        ended.supervisor.signal(signal.SIGKILL)


def test_throttled_looks_never_fail_a_job(
    local: LocalService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    def throttle_then_end() -> None:
        (job,) = wait_for(jobs, PATIENCE)
        start(local, job)
        try:
            faults.put("looks", "throttling", operation="DescribeProcessingJob", times=4)
            faults.put("log", "throttling", operation="DescribeLogStreams", times=2)
            wait_for(lambda: [fault["hits"] for fault in faults.list()] == [4, 2], PATIENCE)
        finally:
            complete(local, job)

    threading.Thread(target=throttle_then_end).start()
    result, instance = run_asset(processing, optional(processing_request, "wait"), name=name)
    assert result.success
    assert len(jobs()) == 1
    assert [fault["hits"] for fault in faults.list()] == [4, 2]
    lines = log_lines(result, instance)
    assert sum("cannot be looked at for now" in line for line in lines) == 1


@pytest.mark.parametrize("kind", ["throttling", "error", "drop"])
def test_a_create_that_was_not_done_is_repeated(
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
    kind: str,
) -> None:
    faults.add(kind, operation="Create*", times=1)
    result, instance = run_asset(processing, optional(processing_request), name=name)
    assert result.success
    assert len(jobs()) == 1
    assert any("Waiting to submit" in line for line in log_lines(result, instance))
    assert not any("submitted already" in line for line in log_lines(result, instance))


@pytest.mark.parametrize("kind", ["error", "drop"])
def test_a_create_whose_answer_is_lost_runs_nothing_twice(
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
    kind: str,
) -> None:
    faults.add(kind, operation="Create*", after=True, times=1)
    # The job's own instance is the last one: it must not be in its own way.
    faults.add("quota", limit=1)
    result, instance = run_asset(processing, optional(processing_request), name=name)
    assert result.success
    assert [job.status for job in jobs()] == ["Completed"]
    assert any("submitted already; following it" in line for line in log_lines(result, instance))


@pytest.mark.parametrize(("status", "patience"), [("Completed", 4), ("Failed", 1)])
def test_no_line_is_lost_when_the_log_is_late(
    local: LocalService,
    bucket: str,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
    status: str,
    patience: float,
) -> None:
    lines = [f"<line {number}>" for number in range(20)]

    def job_process() -> None:
        (job,) = wait_for(jobs, PATIENCE)
        start(local, job)
        group = "/aws/sagemaker/ProcessingJobs"
        writer = LogFiles(local.home.logs).writer(group, f"{job.name}/algo-1-1")
        for line in lines:
            writer.write(line)
        writer.close()
        complete(local, job, status)

    faults.add("late-logs", seconds=2)
    threading.Thread(target=job_process).start()
    polling = Polling(initial_seconds=0.01, cap_seconds=0.02, late_log_seconds=patience)
    client = PipesSageMakerProcessingClient(connect(local), bucket=bucket, polling=polling)
    result, instance = run_asset(client, optional(processing_request, "wait"), name=name)
    assert result.success is (status == "Completed")
    texts = [record.user_message for record in instance.all_logs(result.run_id)]
    text = "\n".join(text for text in texts if text.startswith("<"))
    assert [text.count(line) for line in lines] == [1] * len(lines)
    if status == "Failed":
        assert all(line in failure(result) for line in lines)


def test_a_quota_that_can_never_be_enough_is_a_failure_that_says_so(
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    faults.put("quota", "quota", instance_type="ml.m5.xlarge", limit=0)
    result, _ = run_asset(processing, optional(processing_request), name=name, retries=3)
    message = step_error(result).message
    assert "as long as the quota is what it is: The account-level service limit" in message
    assert "'ml.m5.xlarge for processing job usage' is 0 Instances" in message
    assert faults.list()[0]["hits"] == 1
    assert jobs() == []


def test_a_quota_that_is_used_up_is_waited_for(
    local: LocalService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    other = optional(processing_request, "wait").request
    local.client("sagemaker").create_processing_job(**other, ProcessingJobName=f"{name}-other")
    faults.put("quota", "quota", instance_type="ml.m5.xlarge", limit=1)

    def make_room() -> None:
        try:
            wait_for(lambda: faults.list()[0]["hits"] >= 3, PATIENCE)
        finally:
            complete(local, jobs()[0])

    threading.Thread(target=make_room).start()
    result, instance = run_asset(processing, optional(processing_request), name=name)
    assert result.success
    assert [job.status for job in jobs()] == ["Completed", "Completed"]
    assert sum("waits in line" in line for line in log_lines(result, instance)) == 1


def test_tags_that_may_not_be_set_fail_no_job(
    local: LocalService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    denial = (
        "User: arn:aws:iam::000000000000:user/x is not authorized to perform: sagemaker:AddTags "
        "on resource: arn:aws:sagemaker:us-east-1:000000000000:processing-job/x"
    )
    faults.add(
        "error",
        operation="CreateProcessingJob",
        code="AccessDeniedException",
        message=denial,
        status=400,
        times=1,
    )
    result, instance = run_asset(processing, optional(processing_request), name=name)
    assert result.success
    (job,) = jobs()
    assert JobStore(local.home.job_database).tags(job.arn) == {}
    assert any("without tags: User: arn:aws" in line for line in log_lines(result, instance))


def test_credentials_that_run_out_lose_no_job(
    local: LocalService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    def run_out_for_a_while() -> None:
        (job,) = wait_for(jobs, PATIENCE)
        try:
            expire(faults, times=5)
            wait_for(lambda: faults.list()[0]["hits"] == 5, PATIENCE)
        finally:
            complete(local, job)

    threading.Thread(target=run_out_for_a_while).start()
    result, instance = run_asset(processing, optional(processing_request, "wait"), name=name)
    assert result.success
    assert [job.status for job in jobs()] == ["Completed"]
    lines = log_lines(result, instance)
    assert sum("credentials in use are refused" in line for line in lines) == 1


def test_credentials_that_stay_out_leave_the_job_running_and_say_how_to_follow_it(
    local: LocalService,
    bucket: str,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    def run_out() -> None:
        wait_for(jobs, PATIENCE)
        expire(faults)

    client = PipesSageMakerProcessingClient(
        connect(local), bucket=bucket, polling=QUICK, max_credentials_wait_seconds=0.5
    )
    threading.Thread(target=run_out).start()
    result, _ = run_asset(client, optional(processing_request, "wait"), name=name)
    (job,) = jobs()
    message = failure(result)
    assert "were refused for max_credentials_wait_seconds=0.5" in message
    assert f"job {job.name} runs on in SageMaker. Renew them, then re-execute this run" in message
    assert job.status == "InProgress"
    complete(local, job)


def test_credentials_that_are_out_when_the_job_is_submitted_are_waited_for(
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The claim is written anew before each try, which the credentials do not allow either.
    monkeypatch.setattr(claim, "_RENEW_SECONDS", 0.0)
    expire(faults, "CreateProcessingJob")

    def renew_after_a_while() -> None:
        try:
            wait_for(lambda: faults.list()[0]["hits"] > 0, PATIENCE)
            expire(faults, "s3:PutObject", key_prefix="pipes/claims/", times=2)
            wait_for(lambda: faults.list()[1]["hits"] == 2, PATIENCE)
        finally:
            faults.clear()

    threading.Thread(target=renew_after_a_while).start()
    result, instance = run_asset(processing, optional(processing_request), name=name)
    assert result.success
    assert [job.status for job in jobs()] == ["Completed"]
    lines = log_lines(result, instance)
    assert sum("credentials in use are refused" in line for line in lines) == 1


def test_credentials_that_stay_out_submit_nothing(
    local: LocalService,
    bucket: str,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    expire(faults, "CreateProcessingJob")
    client = PipesSageMakerProcessingClient(
        connect(local), bucket=bucket, polling=QUICK, max_credentials_wait_seconds=0.3
    )
    result, _ = run_asset(client, optional(processing_request), name=name)
    message = failure(result)
    assert "JobNotCreatedError" in str(step_error(result))
    assert "were refused for max_credentials_wait_seconds=0.3: " in message
    assert "is not submitted: renew them, then re-execute this run" in message
    assert faults.list()[0]["hits"] > 1
    assert jobs() == []


EXPIRED = {
    "code": "ExpiredTokenException",
    "message": "The security token included in the request is expired",
    "status": 400,
}


def expire(faults: FaultsClient, operation: str = "DescribeProcessingJob", **when: Any) -> None:
    faults.add("error", operation=operation, **EXPIRED, **when)


def test_a_stop_from_the_console_is_a_failure(
    local: LocalService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    def somebody() -> None:
        (job,) = wait_for(jobs, PATIENCE)
        local.client("sagemaker").stop_processing_job(ProcessingJobName=job.name)

    threading.Thread(target=somebody).start()
    result, _ = run_asset(processing, optional(processing_request, "wait"), name=name, retries=2)
    assert "ended as Stopped: someone stopped it" in failure(result)
    assert len(jobs()) == 1


def test_no_capacity_says_so_and_gives_way_to_the_next_attempt(
    local: LocalService,
    bucket: str,
    training_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
    jobs: Callable[[], list[Job]],
) -> None:
    faults.add("capacity", instance_type="ml.m5.xlarge", job="training", times=2)
    training_request["Environment"] = {"SCRIPT": "complete"}
    client = PipesSageMakerTrainingClient(connect(local), bucket=bucket, polling=QUICK)
    request = JobRequest(training_request, optional_outputs=("model", "output"))
    result, _ = run_asset(client, request, name=name)
    assert (
        "ended as Failed: CapacityError: Unable to provision requested ML compute capacity. "
        "Please retry using a different ML instance type."
    ) in failure(result)
    result, _ = run_asset(client, request, name=name, retries=1)
    assert result.success
    assert [job.status for job in jobs()] == ["Failed", "Failed", "Completed"]


def test_an_object_store_that_is_busy_is_asked_again(
    local: LocalService,
    bucket: str,
    processing_request: dict[str, Any],
    faults: FaultsClient,
    name: str,
) -> None:
    faults.add("throttling", operation="s3:PutObject", bucket=bucket, times=1)
    client = PipesSageMakerProcessingClient(connect(local, 3), bucket=bucket, polling=QUICK)
    uploads = (Upload(f"s3://{bucket}/code/x", b"x"),)
    result, _ = run_asset(client, optional(processing_request, uploads=uploads), name=name)
    assert result.success
    assert faults.list()[0]["hits"] == 1
    assert local.client("s3").get_object(Bucket=bucket, Key="code/x")["Body"].read() == b"x"

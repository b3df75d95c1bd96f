"""Two runs of one partition, and runs that are killed: one job at a time, and none lost."""

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_sagemaker import PipesSageMakerProcessingClient, claim
from dagster_sagemaker.attempts import Attempt
from dagster_sagemaker.claim_store import Claim, ClaimStore
from dagster_sagemaker.s3_uri import S3Location
from local_sagemaker.kinds import KINDS
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import Job, JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.claimant import Errand, instance_of, start
from ml_pipeline_tests.dagster_sagemaker.conftest import QUICK
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import log_lines
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle_faults import (
    complete,
    connect,
    optional,
)
from ml_pipeline_tests.local_sagemaker.daemons import running_daemon, wait_for

PATIENCE = 120.0
POINTS = random.Random(9).sample(range(2, 26), 6)
KILLS = [POINTS[0], *(pytest.param(point, marks=pytest.mark.long) for point in POINTS[1:])]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    with running_daemon(tmp_path_factory.mktemp("claims") / "home") as service:
        yield service


@pytest.fixture
def bucket(local: LocalService) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    local.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def name() -> str:
    return f"a{uuid.uuid4().hex[:10]}"


@pytest.fixture
def jobs(local: LocalService, name: str) -> Callable[[], list[Job]]:
    """Every job of this test's asset, oldest first."""

    def find() -> list[Job]:
        found = JobStore(local.home.job_database).find(JobQuery(KINDS["processing"]))
        return sorted(
            (job for job in found if job.name.startswith(name)), key=lambda job: job.created
        )

    return find


@pytest.fixture
def errand(
    local: LocalService,
    bucket: str,
    name: str,
    processing_request: dict[str, Any],
    tmp_path: Path,
) -> Errand:
    # Two processes that make Dagster's databases at the same time get in each other's way.
    with instance_of(str(tmp_path)) as instance:
        assert instance.get_runs() == []
        assert instance.event_log_storage.get_concurrency_keys() == set()
    request = dict(optional(processing_request, "wait").request)
    instance_of(str(tmp_path))  # made once: two processes that make its tables at once spoil them
    return Errand(local.url, bucket, name, request, str(tmp_path))


def wait_for_line(home: str, text: str) -> None:
    """Wait until the log of a run has a line with the text."""
    instance = instance_of(home)
    wait_for(
        lambda: any(
            text in record.user_message
            for run in instance.get_runs()
            for record in instance.all_logs(run.run_id)
        ),
        PATIENCE,
    )


def test_two_runs_at_once_make_one_job(
    local: LocalService, errand: Errand, jobs: Callable[[], list[Job]]
) -> None:
    processes = [start(errand), start(errand)]
    wait_for_line(errand.dagster_home, "which another run started")
    (job,) = jobs()
    complete(local, job)
    for process in processes:
        process.join(PATIENCE)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(jobs()) == 1


def test_a_run_of_something_else_waits_for_the_job_and_says_whose_it_is(
    local: LocalService, errand: Errand, jobs: Callable[[], list[Job]]
) -> None:
    first = start(errand)
    (job,) = wait_for(jobs, PATIENCE)
    other = {**errand.request, "Environment": {"SCRIPT": "complete"}}
    second = start(replace(errand, request=other))
    wait_for_line(errand.dagster_home, f"waits for job {job.name} of run ")
    assert len(jobs()) == 1
    complete(local, job)
    for process in (first, second):
        process.join(PATIENCE)
    assert (first.exitcode, second.exitcode) == (0, 0)
    assert [job.status for job in jobs()] == ["Completed", "Completed"]


@pytest.fixture
def jobs_end(local: LocalService, jobs: Callable[[], list[Job]]) -> Iterator[None]:
    """Each job of the test completes some time after it began."""
    over = threading.Event()

    def end_them() -> None:
        while not over.wait(0.1):
            for job in jobs():
                if job.status == "InProgress" and time.time() - job.created > 1:
                    complete(local, job)

    thread = threading.Thread(target=end_them)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.usefixtures("jobs_end")
@pytest.mark.parametrize("die_at", KILLS)
def test_a_run_that_was_killed_is_gone_on_with(
    errand: Errand, jobs: Callable[[], list[Job]], die_at: int
) -> None:
    killed = start(replace(errand, die_at=die_at))
    killed.join(PATIENCE)
    (run,) = instance_of(errand.dagster_home).get_runs()
    again = start(errand.again(run.run_id))
    again.join(PATIENCE)
    assert again.exitcode == 0
    assert [job.status for job in jobs()] == ["Completed"]


@pytest.mark.usefixtures("jobs_end")
@pytest.mark.parametrize("die_at", KILLS)
def test_after_a_run_that_was_killed_another_one_runs_one_job_at_a_time(
    errand: Errand, jobs: Callable[[], list[Job]], die_at: int
) -> None:
    killed = start(replace(errand, die_at=die_at))
    killed.join(PATIENCE)
    other = start(replace(errand, stale_seconds=2.0))
    other.join(PATIENCE)
    assert other.exitcode == 0
    found = jobs()
    assert {job.status for job in found} == {"Completed"}
    for earlier, later in pairwise(found):
        assert earlier.modified <= later.created


Materialize = Callable[[], tuple[dg.ExecuteInProcessResult, list[str]]]


@pytest.fixture
def materialize(
    local: LocalService, bucket: str, name: str, processing_request: dict[str, Any]
) -> Materialize:
    """A run in this process, with its log; all of a test in one Dagster."""
    request = optional(processing_request)
    client = PipesSageMakerProcessingClient(connect(local), bucket=bucket, polling=QUICK)
    instance = dg.DagsterInstance.ephemeral()

    @dg.asset(name=name)
    def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        run = client.run(context=context, request=request)
        return dg.MaterializeResult(metadata=run.job.metadata)

    def run() -> tuple[dg.ExecuteInProcessResult, list[str]]:
        result = dg.materialize([asset], instance=instance)
        return result, log_lines(result, instance)

    return run


def claim_of(local: LocalService, bucket: str) -> ClaimStore:
    """The only claim in the bucket."""
    found = local.client("s3").list_objects_v2(Bucket=bucket, Prefix="pipes/claims/")["Contents"]
    (key,) = [entry["Key"] for entry in found]
    return ClaimStore(connect(local), S3Location(bucket, key))


def leave(store: ClaimStore, run_id: str) -> None:
    """Let a run that died before it made its job have claimed the work."""
    stored = store.read()
    assert stored is not None
    assert store.write(Claim("no-such-job", "abc", run_id, run_id), stored.etag)


def test_a_claim_without_a_job_of_a_run_that_is_over_is_taken_at_once(
    local: LocalService, bucket: str, materialize: Materialize
) -> None:
    first, _ = materialize()
    store = claim_of(local, bucket)
    leave(store, first.run_id)
    second, lines = materialize()
    assert not any("waits for" in line for line in lines)
    stored = store.read()
    assert stored is not None
    assert stored.claim is not None
    assert stored.claim.run_id == second.run_id


@pytest.fixture
def stale_once_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims are believed for long until a run waits for one, and from then on for a second."""
    wait = claim.JobClaim._wait

    def wait_and_doubt(self: claim.JobClaim, obstacle: str, waited: float) -> None:
        wait(self, obstacle, waited)
        monkeypatch.setattr(claim, "STALE_SECONDS", 0.5)

    monkeypatch.setattr(claim.JobClaim, "_wait", wait_and_doubt)


@pytest.mark.usefixtures("stale_once_waited_for")
def test_a_claim_without_a_job_of_a_run_that_is_not_known_is_taken_when_it_is_old(
    local: LocalService, bucket: str, materialize: Materialize
) -> None:
    materialize()
    leave(claim_of(local, bucket), "a-run-of-another-dagster")
    _, lines = materialize()
    assert sum("run a-run-of-another-dagster, which is about to submit" in x for x in lines) == 1


def test_an_object_that_is_no_claim_is_replaced(
    local: LocalService, bucket: str, materialize: Materialize
) -> None:
    materialize()
    (entry,) = local.client("s3").list_objects_v2(Bucket=bucket, Prefix="pipes/")["Contents"]
    local.client("s3").put_object(Bucket=bucket, Key=entry["Key"], Body=b"?")
    materialize()
    stored = claim_of(local, bucket).read()
    assert stored is not None
    assert stored.claim is not None


@pytest.mark.usefixtures("stale_once_waited_for")
def test_a_claim_that_somebody_took_is_noticed_before_a_job_is_made(
    local: LocalService,
    bucket: str,
    materialize: Materialize,
    jobs: Callable[[], list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As if the run had been asleep for longer than a claim is believed."""
    materialize()
    store = claim_of(local, bucket)
    monkeypatch.setattr(claim, "_RENEW_SECONDS", 0.0)
    take = claim.JobClaim.take

    def take_and_sleep(self: claim.JobClaim, attempt: Attempt) -> Attempt:
        monkeypatch.setattr(claim.JobClaim, "take", take)
        taken = take(self, attempt)
        leave(store, "another-run")
        return taken

    monkeypatch.setattr(claim.JobClaim, "take", take_and_sleep)
    _, lines = materialize()
    assert any("run another-run, which is about to submit one" in line for line in lines)
    assert len(jobs()) == 2

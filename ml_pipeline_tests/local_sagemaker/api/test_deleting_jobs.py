"""Delete: boto3 against a running daemon."""

import signal
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.kinds import KINDS, PROCESSING, TRAINING, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import (
    processing_request,
    training_request,
    wait_for,
)

REQUESTS = {PROCESSING: processing_request, TRAINING: training_request}
LOST = {
    PROCESSING: "Could not find requested job with name: {name}",
    TRAINING: "Requested resource not found.",
}


class Jobs:
    """The operations of one kind of job, and what they leave behind."""

    def __init__(self, service: LocalService, kind: JobKind) -> None:
        self.service = service
        self.kind = kind
        self.client = service.client("sagemaker")
        self.store = JobStore(service.home.job_database)

    def create(self, name: str, script: str = "complete", **members: Any) -> str:
        create = getattr(self.client, f"create_{self.kind}_job")
        arn = create(**REQUESTS[self.kind](name, script, **members))
        return str(arn[self.kind.member("Arn")])

    def call(self, verb: str, name: str) -> Any:
        call = getattr(self.client, f"{verb}_{self.kind}_job")
        return call(**{self.kind.member("Name"): name})

    def refused(self, verb: str, name: str) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            self.call(verb, name)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    def status(self, name: str) -> str:
        return str(self.call("describe", name)[self.kind.status])

    def wait(self, name: str, status: str) -> None:
        wait_for(lambda: self.status(name) == status)


@pytest.fixture(params=KINDS.values(), ids=str)
def jobs(scripted_service: LocalService, request: pytest.FixtureRequest) -> Jobs:
    return Jobs(scripted_service, request.param)


@pytest.fixture
def name() -> str:
    return f"job-{uuid4().hex[:12]}"


def test_nothing_but_the_log_is_left_of_a_deleted_job(jobs: Jobs, name: str) -> None:
    home = jobs.service.home
    arn = jobs.create(name, Tags=[{"Key": "k", "Value": "v"}])
    jobs.wait(name, "Completed")
    group = jobs.kind.log_group
    log = LogFiles(home.logs).writer(group, f"{name}/algo-1-1")
    log.write("a line")
    log.close()
    directory = home.job_directory(jobs.kind, name)
    assert directory.is_dir()

    jobs.call("delete", name)
    assert not directory.exists()
    assert list((home.jobs / ".removed").iterdir()) == []
    lost = LOST[jobs.kind].format(name=name)
    for verb in ("describe", "stop", "delete"):
        assert jobs.refused(verb, name) == ("ValidationException", lost)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        jobs.client.list_tags(ResourceArn=arn)
    logs = jobs.service.client("logs")
    events = logs.get_log_events(logGroupName=group, logStreamName=f"{name}/algo-1-1")["events"]
    assert [event["message"] for event in events] == ["a line"]


def test_a_name_is_free_again(jobs: Jobs, name: str) -> None:
    arn = jobs.create(name, Tags=[{"Key": "k", "Value": "v"}])
    jobs.wait(name, "Completed")
    jobs.call("delete", name)
    assert jobs.create(name, "wait") == arn
    assert jobs.status(name) == "InProgress"
    assert jobs.client.list_tags(ResourceArn=arn)["Tags"] == []
    jobs.call("stop", name)
    jobs.wait(name, "Stopped")


def test_a_job_that_runs_stays(jobs: Jobs, name: str) -> None:
    jobs.create(name, "wait")
    text = f"The request was rejected because the {jobs.kind} job is in status "
    assert jobs.refused("delete", name) == ("ResourceInUse", f"{text}InProgress.")
    supervisor = wait_for(lambda: jobs.store.get(jobs.kind, name).supervisor)  # type: ignore[union-attr]
    supervisor.signal(signal.SIGSTOP)
    jobs.call("stop", name)
    assert jobs.refused("delete", name) == ("ResourceInUse", f"{text}Stopping.")
    supervisor.signal(signal.SIGCONT)
    jobs.wait(name, "Stopped")
    jobs.call("delete", name)


def test_the_end_of_a_deleted_jobs_supervisor_does_not_end_its_successor(
    jobs: Jobs, name: str
) -> None:
    for _ in range(5):
        jobs.create(name)
        jobs.wait(name, "Completed")
        jobs.call("delete", name)
    jobs.create(name, "wait")
    # The daemon has noticed every exit once a later job's has been noticed.
    other = f"{name}-other"
    jobs.create(other, "die")
    jobs.wait(other, "Failed")
    assert jobs.status(name) == "InProgress"
    jobs.call("stop", name)
    jobs.wait(name, "Stopped")

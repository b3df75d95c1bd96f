"""Jobs when the daemon is killed, started again, or stopped."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.account import job_arn
from local_sagemaker.daemon import control
from local_sagemaker.daemon.errors import DaemonError
from local_sagemaker.home import Home
from local_sagemaker.kinds import PROCESSING, TRAINING
from local_sagemaker.process import ProcessId
from local_sagemaker.records.states import first_state
from local_sagemaker.records.store import Job, JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import (
    processing_request,
    running_daemon,
    training_request,
    wait_for,
)


def create(service: LocalService, name: str, script: str) -> ProcessId:
    """Create a job, and wait until its supervisor runs it."""
    service.client("sagemaker").create_processing_job(**processing_request(name, script))
    process = job(service.home, name).supervisor
    assert process is not None
    return process


def job(home: Home, name: str) -> Job:
    found = JobStore(home.job_database).get(PROCESSING, name)
    assert found is not None
    return found


def ended(home: Home, name: str) -> Any:
    return wait_for(lambda: found.state if (found := job(home, name)).ended else None)


def kill(service: LocalService) -> None:
    os.kill(service.endpoint.pid, signal.SIGKILL)


def test_a_job_runs_on_when_the_daemon_is_killed(home: Home) -> None:
    with running_daemon(home.root) as service:
        process = create(service, "waits", "wait")
        kill(service)
    # Left with the block: whatever still ran was stopped there.
    assert not process.alive()
    assert job(home, "waits").status == "Stopped"


def test_the_next_daemon_finds_jobs_as_they_are(home: Home) -> None:
    with running_daemon(home.root) as first:
        kept = create(first, "kept", "wait")
        lost = create(first, "lost", "wait")
        kill(first)
        wait_for(lambda: control.status(home.root) is None)
        os.kill(lost.pid, signal.SIGKILL)
        add_as_if_killed_before_the_launch(home, "unlaunched", "InProgress")
        add_as_if_killed_before_the_launch(home, "unwanted", "Stopping")
        with running_daemon(home.root) as second:
            client = second.client("sagemaker")
            reason = ended(home, "lost")["FailureReason"]
            assert reason.startswith("InternalServerError: the local supervisor of this job ended")
            assert ended(home, "unlaunched")["ProcessingJobStatus"] == "Completed"
            assert ended(home, "unwanted")["ProcessingJobStatus"] == "Stopped"
            assert kept.alive()
            assert job(home, "kept").status == "InProgress"
            os.kill(kept.pid, signal.SIGKILL)
            assert ended(home, "kept")["ProcessingJobStatus"] == "Failed"
            found = client.describe_processing_job(ProcessingJobName="kept")
            assert found["ProcessingJobStatus"] == "Failed"


def add_as_if_killed_before_the_launch(home: Home, name: str, status: str) -> None:
    JobStore(home.job_database).add(
        PROCESSING,
        name,
        job_arn(PROCESSING, name),
        processing_request(name),
        {"ProcessingJobStatus": status},
    )


def test_a_supervisor_that_cannot_be_started(home: Home) -> None:
    with running_daemon(home.root, supervisor=("/no/such/program",)) as service:
        client = service.client("sagemaker")
        client.create_training_job(**training_request("job"))
        found = client.describe_training_job(TrainingJobName="job")
        assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Failed", "Failed")
        assert "cannot be started" in found["FailureReason"]
        assert "/no/such/program" in found["FailureReason"]


def test_stop_ends_jobs_truthfully(home: Home) -> None:
    with running_daemon(home.root) as service:
        process = create(service, "waits", "wait")
        assert control.stop(home.root) is True
        assert job(home, "waits").status == "Stopped"
        assert not process.alive()


def test_stop_can_leave_jobs_alone(home: Home) -> None:
    with running_daemon(home.root) as service:
        process = create(service, "waits", "wait")
        assert control.stop(home.root, stop_jobs=False) is True
        assert job(home, "waits").status == "InProgress"
        assert process.alive()
        with pytest.raises(DaemonError, match="Jobs still run: waits"):
            control.reset(home.root)


def test_stop_says_of_a_job_that_was_lost_that_it_failed(home: Home) -> None:
    store = JobStore(home.create().job_database)
    request = training_request("job")
    arn = job_arn(TRAINING, "job")
    store.add(TRAINING, "job", arn, request, first_state(TRAINING, request))
    store.set_supervisor(TRAINING, "job", ProcessId(os.getpid(), "1"))
    assert control.stop(home.root) is False
    found = store.get(TRAINING, "job")
    assert found is not None
    assert found.status == "Failed"


def test_a_job_gets_no_aws_environment_of_the_users(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    with running_daemon(home.root) as service:
        process = create(service, "waits", "wait")
        wait_for(lambda: b"--name" in Path(f"/proc/{process.pid}/cmdline").read_bytes())
        assert b"AWS_" not in Path(f"/proc/{process.pid}/environ").read_bytes()
        assert os.getsid(process.pid) == process.pid

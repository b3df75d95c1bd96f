"""A clock that is set while jobs run: it changes what time it is, and nothing else."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.states import cut_off
from local_sagemaker.records.store import Job
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import ENDPOINT, Sandbox

DAY = 86400.0
WAITS = "import time; print('before', flush=True); time.sleep({}); print('after', flush=True)"
JUMPS = pytest.mark.parametrize("jump", [-2 * DAY, 2 * DAY], ids=["back", "forward"])


class Jumping(Sandbox):
    """A sandbox whose supervisors live by the clock of a file."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.clock = root / "clock"
        self.environment["CLOCK_JUMP"] = str(self.clock)

    def start(self, job: Job) -> "subprocess.Popen[bytes]":
        module = "ml_pipeline_tests.local_sagemaker.safety.jumping_supervisor"
        which = ["--home", str(self.home.root), "--kind", job.kind.name, "--name", job.name]
        return subprocess.Popen(
            [sys.executable, "-m", module, *which, "--endpoint", ENDPOINT],
            env=self.environment,
            cwd=Path(__file__).parents[3],
            start_new_session=True,
        )

    def run_with_jump(self, job: Job, jump: float, act: Callable[[Job], None]) -> Job:
        """Run a job; once it prints, set the clock, act, and wait for its end."""
        supervisor = self.start(job)
        self.wait_for_line(job, "before")
        self.clock.write_text(str(jump))
        act(job)
        assert supervisor.wait(60) == 0
        return self.get(job)


@pytest.fixture
def jumping(tmp_path: Path) -> Jumping:
    return Jumping(tmp_path / "home")


def nothing(job: Job) -> None:
    """The job ends by itself."""


@JUMPS
def test_a_training_jobs_times_stay_in_order(jumping: Jumping, jump: float) -> None:
    job = jumping.training("trains", {"train.py": WAITS.format(2)})
    ended = jumping.run_with_jump(job, jump, nothing)
    state = ended.state
    assert state["TrainingJobStatus"] == "Completed"
    assert ended.created <= state["TrainingStartTime"] <= state["TrainingEndTime"]
    assert ended.modified >= ended.created
    assert 1 <= state["TrainingTimeInSeconds"] < 60
    assert 1 <= state["BillableTimeInSeconds"] < 60
    times = [
        moment
        for one in state["SecondaryStatusTransitions"]
        for moment in (one["StartTime"], one["EndTime"])
    ]
    assert times == sorted(times)


@JUMPS
def test_a_processing_jobs_times_stay_in_order(jumping: Jumping, jump: float) -> None:
    job = jumping.processing("processes", WAITS.format(1))
    ended = jumping.run_with_jump(job, jump, nothing)
    assert ended.state["ProcessingJobStatus"] == "Completed"
    assert ended.created <= ended.state["ProcessingStartTime"] <= ended.state["ProcessingEndTime"]


@JUMPS
def test_log_events_stay_in_order(jumping: Jumping, jump: float) -> None:
    job = jumping.run_with_jump(jumping.processing("logs", WAITS.format(1)), jump, nothing)
    files = LogFiles(jumping.home.logs)
    [stream] = files.streams("/aws/sagemaker/ProcessingJobs", f"{job.name}/")
    events = list(files.read("/aws/sagemaker/ProcessingJobs", stream.name))
    assert [event.message for event in events] == ["before", "after"]
    assert events[0].timestamp <= events[1].timestamp


def test_a_jump_does_not_use_up_a_jobs_time(jumping: Jumping) -> None:
    stopping = {"StoppingCondition": {"MaxRuntimeInSeconds": 3600}}
    job = jumping.processing("limited", WAITS.format(1), **stopping)
    assert jumping.run_with_jump(job, 2 * DAY, nothing).status == "Completed"


def test_a_jump_does_not_put_off_a_jobs_limit(jumping: Jumping) -> None:
    stopping = {"StoppingCondition": {"MaxRuntimeInSeconds": 3}}
    job = jumping.processing("unlimited", WAITS.format(600), **stopping)
    assert jumping.run_with_jump(job, -2 * DAY, nothing).status == "Stopped"


def test_a_jump_does_not_put_off_a_stop(jumping: Jumping) -> None:
    job = jumping.processing("stopped", WAITS.format(600))
    assert jumping.run_with_jump(job, -2 * DAY, jumping.stop).status == "Stopped"


@pytest.mark.parametrize("kind", ["processing", "training"])
def test_a_lost_jobs_times_stay_in_order(jumping: Jumping, kind: str) -> None:
    if kind == "processing":
        job = jumping.processing("lost", "")
    else:
        job = jumping.training("lost", {"train.py": ""})
    later = job.created + 2 * DAY
    start = job.kind.start_time
    jumping.store.update(job.kind, job.name, **{start: later})
    ended = jumping.store.change(job.kind, job.name, cut_off(job.kind, "Failed", "lost"))
    assert ended.state[job.kind.end_time] >= later

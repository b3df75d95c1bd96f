import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.daemon.job_endings import end_lost
from local_sagemaker.jobs.kinds.training.interruptions import NotInterruptibleError, interrupt
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.store import Job
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, IMAGE, Sandbox
from ml_pipeline_tests.local_sagemaker.jobs.test_training_jobs import transitions

STARTING = ("Starting", "Preparing the instances for training")
DOWNLOADING = ("Downloading", "Downloading the training image")
TRAINING = ("Training", "Training image download completed. Training in progress.")
INTERRUPTED = ("Interrupted", "Training job interrupted")
STOPPING = ("Stopping", "Stopping the training job")
UPLOADING = ("Uploading", "Uploading generated training model")
COMPLETED = ("Completed", "Training job completed")
STOPPED = ("Stopped", "Training job stopped")
OUT_OF_TIME = ("MaxRuntimeExceeded", "Training job runtime exceeded MaxRuntimeInSeconds provided")
OUT_OF_WAIT = (
    "MaxWaitTimeExceeded",
    "Training job wait time exceeded MaxWaitTimeInSeconds provided",
)
# Counts its attempts in a checkpoint; only the last one ends by itself.
RESUME = """
import os, signal, sys, time
path = "/opt/ml/checkpoints/attempts"
count = int(open(path).read()) if os.path.exists(path) else 0
print("inputs", sorted(os.listdir("/opt/ml/input/data/source")), os.path.exists("/tmp/mine"))
print("attempt", count, flush=True)
open("/opt/ml/input/data/source/mine", "w").close()
open("/tmp/mine", "w").close()
def stop(*_):
    open(path, "w").write(str(count + 1))
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("runs", count, flush=True)
if count < int(os.environ["LAST"]): time.sleep(600)
open("/opt/ml/model/model", "w").write(str(count))
"""
WAIT = "import time\nprint('runs 0', flush=True)\ntime.sleep(600)"


def spot(sandbox: Sandbox, script: str, last: int = 1, **members: Any) -> Job:
    specification = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "-uc"],
        "ContainerArguments": [script],
    }
    request = {
        "AlgorithmSpecification": specification,
        "Environment": {"LAST": str(last)},
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/ckpt"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120},
        **members,
    }
    given = {name: value for name, value in request.items() if value is not None}
    return sandbox.training("job", {"train.py": "pass"}, **given)


def secondary(sandbox: Sandbox, job: Job) -> str:
    return str(sandbox.get(job).state.get("SecondaryStatus"))


def test_a_job_resumes_from_its_checkpoint_after_each_interruption(sandbox: Sandbox) -> None:
    job = spot(sandbox, RESUME, last=2)
    process = sandbox.start(job)
    for attempt in range(2):
        sandbox.wait_for_line(job, f"runs {attempt}")
        interrupt(sandbox.store, "job")
    process.wait(60)
    job = sandbox.get(job)
    attempt_states = [STARTING, DOWNLOADING, TRAINING]
    assert transitions(dict(job.state)) == [
        *attempt_states,
        INTERRUPTED,
        *attempt_states,
        INTERRUPTED,
        *attempt_states,
        UPLOADING,
        COMPLETED,
    ]
    assert "Interrupt" not in job.state
    # Everything but the checkpoint was new to each attempt, its log stream too.
    files = LogFiles(sandbox.home.logs)
    streams = [one.name for one in files.streams("/aws/sagemaker/TrainingJobs", "job/")]
    assert len(streams) == 3
    for attempt, stream in enumerate(streams):
        lines = [one.message for one in files.read("/aws/sagemaker/TrainingJobs", stream)]
        assert lines == [
            "inputs ['sourcedir.tar.gz'] False",
            f"attempt {attempt}",
            f"runs {attempt}",
        ]
    assert sandbox.objects.read_bytes(BUCKET, "ckpt/attempts") == b"2"
    assert sandbox.keys("models/") == ["models/job/output/model.tar.gz"]


def test_spot_seconds_are_cheaper(sandbox: Sandbox) -> None:
    script = "import time\ntime.sleep(2.2)"
    state = sandbox.run(spot(sandbox, script)).state
    assert state["TrainingTimeInSeconds"] > state["BillableTimeInSeconds"] >= 1


def test_without_checkpoints_it_begins_anew(sandbox: Sandbox) -> None:
    script = "import time\nprint('runs 0', flush=True)\n"
    script += "open('/opt/ml/model/m', 'w').write('1')\ntime.sleep(600)"
    job = spot(sandbox, script, CheckpointConfig=None)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs 0")
    interrupt(sandbox.store, "job")
    sandbox.wait_for(lambda: sandbox.log(job).count("runs 0") == 2)
    sandbox.stop(job)
    process.wait(60)
    assert transitions(dict(sandbox.get(job).state))[-3:] == [STOPPING, UPLOADING, STOPPED]


def test_a_stop_while_there_are_no_instances(sandbox: Sandbox) -> None:
    job = spot(sandbox, RESUME)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs 0")
    interrupt(sandbox.store, "job", capacity_after=600)
    sandbox.wait_for(lambda: secondary(sandbox, job) == "Interrupted")
    sandbox.stop(job)
    process.wait(60)
    job = sandbox.get(job)
    assert job.status == "Stopped"
    assert transitions(dict(job.state))[-3:] == [INTERRUPTED, STOPPING, STOPPED]
    assert sandbox.keys("ckpt/") == ["ckpt/attempts"]


def test_waiting_for_instances_ends_with_the_wait_time(sandbox: Sandbox) -> None:
    limits = {"MaxRuntimeInSeconds": 3, "MaxWaitTimeInSeconds": 3}
    job = spot(sandbox, RESUME, StoppingCondition=limits)
    interrupt(sandbox.store, "job", capacity_after=600)
    job = sandbox.run(job)
    assert job.status == "Stopped"
    assert transitions(dict(job.state))[-3:] == [INTERRUPTED, STOPPING, OUT_OF_WAIT]
    assert "FailureReason" not in job.state


def test_the_wait_time_ends_a_job_that_runs(sandbox: Sandbox) -> None:
    # A supervisor with nothing else to do notices it by itself, not at its next look.
    limits = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 1}
    script = "open('/opt/ml/model/m', 'w').write('1')\n" + WAIT
    job = sandbox.run(spot(sandbox, script, StoppingCondition=limits))
    assert transitions(dict(job.state))[-1] == OUT_OF_WAIT
    assert STOPPING in transitions(dict(job.state))


def test_the_runtime_is_that_of_all_attempts(sandbox: Sandbox) -> None:
    limits = {"MaxRuntimeInSeconds": 3, "MaxWaitTimeInSeconds": 600}
    # The first attempt takes its leave only when all the time is used up.
    script = "import time\nbegan = time.monotonic()\n" + RESUME.replace(
        "    sys.exit", "    time.sleep(max(0, began + 3.1 - time.monotonic()))\n    sys.exit"
    )
    sandbox.environment["ML_PIPELINE_LOCAL_STOP_GRACE_SECONDS"] = "60"
    job = spot(sandbox, script, last=9, StoppingCondition=limits)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs 0")
    with suppress(NotInterruptibleError):  # On a machine that slow the time was up before.
        interrupt(sandbox.store, "job")
    process.wait(60)
    job = sandbox.get(job)
    assert transitions(dict(job.state))[-3:] == [STOPPING, UPLOADING, OUT_OF_TIME]
    assert "runs 1" not in sandbox.log(job)
    assert job.state["TrainingTimeInSeconds"] >= 3


def test_an_interruption_that_came_before_the_supervisor_listened(sandbox: Sandbox) -> None:
    job = spot(sandbox, RESUME)
    interrupt(sandbox.store, "job")
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs 0")
    sandbox.stop(job)
    process.wait(60)
    assert transitions(dict(sandbox.get(job).state))[2] == INTERRUPTED


def test_the_signal_does_no_harm_to_one_that_does_not_listen_yet(sandbox: Sandbox) -> None:
    job = spot(sandbox, "")
    process = sandbox.start(job)
    process.send_signal(signal.SIGURG)
    assert process.wait(60) == 0
    assert sandbox.get(job).status == "Completed"


def test_a_killed_supervisor_of_an_interrupted_job(sandbox: Sandbox) -> None:
    job = spot(sandbox, RESUME)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs 0")
    interrupt(sandbox.store, "job", capacity_after=600)
    sandbox.wait_for(lambda: secondary(sandbox, job) == "Interrupted")
    process.kill()
    process.wait(60)
    end_lost(sandbox.home, sandbox.store, sandbox.get(job))
    job = sandbox.get(job)
    assert transitions(dict(job.state))[-1] == ("Failed", "Training job failed")
    assert job.state["FailureReason"].startswith("InternalServerError: ")
    assert sandbox.keys("ckpt/") == ["ckpt/attempts"]


def test_what_cannot_be_interrupted(sandbox: Sandbox) -> None:
    with pytest.raises(NotInterruptibleError, match="no training job named job"):
        interrupt(sandbox.store, "job")
    sandbox.training("ordinary", {})
    with pytest.raises(NotInterruptibleError, match="without EnableManagedSpotTraining"):
        interrupt(sandbox.store, "ordinary")
    job = sandbox.run(spot(sandbox, ""))
    with pytest.raises(NotInterruptibleError, match="its status is Completed"):
        interrupt(sandbox.store, "job")
    assert "Interrupt" not in sandbox.get(job).state


def test_nothing_of_an_attempt_is_left_running(sandbox: Sandbox) -> None:
    script = "import subprocess\nsubprocess.Popen(['sleep', '601'])\n" + WAIT
    job = spot(sandbox, script)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs 0")
    interrupt(sandbox.store, "job", capacity_after=600)
    sandbox.wait_for(lambda: secondary(sandbox, job) == "Interrupted")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    sandbox.stop(job)
    process.wait(60)
    assert children == ""

import os
import signal
from pathlib import Path

import pytest

from local_sagemaker.jobs.data.uploads import Uploader
from local_sagemaker.jobs.ending import Ending
from local_sagemaker.jobs.kinds.processing.job import ProcessingJob
from local_sagemaker.jobs.kinds.training.job import TrainingJob
from local_sagemaker.jobs.record import Record
from local_sagemaker.kinds import PROCESSING
from local_sagemaker.records.store import Job
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox

OUT = "/opt/ml/processing/out"
WAIT = "print('runs', flush=True)\nimport time\ntime.sleep(600)"
HONOUR = f"""
import signal, sys, time
def stop(*_):
    open("/opt/ml/output/message", "w").write("tidied up")
    open("{OUT}/part", "w").write("x") if __import__("os").path.isdir("{OUT}") else None
    print("stopping")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("runs", flush=True)
time.sleep(600)
"""
IGNORE = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: print('no', flush=True))\n" + WAIT
IGNORE = IGNORE.replace("time.sleep(600)", "while True: time.sleep(600)")


def processes_of(sandbox: Sandbox) -> list[str]:
    """Processes that have this sandbox's directory in their environment or command."""
    needle = str(sandbox.home.root).encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                text = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if needle in text:
                found.append(entry.name)
    return found


def stop_when_it_runs(sandbox: Sandbox, job: Job) -> Job:
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs")
    sandbox.stop(job)
    process.wait(60)
    assert processes_of(sandbox) == []
    return sandbox.get(job)


def test_a_script_may_tidy_up_when_stopped(sandbox: Sandbox) -> None:
    outputs = sandbox.outputs(out=OUT)
    job = sandbox.processing("job", HONOUR, ProcessingOutputConfig=outputs)
    job = stop_when_it_runs(sandbox, job)
    assert job.status == "Stopped"
    assert "FailureReason" not in job.state
    assert job.state["ExitMessage"] == "tidied up"
    assert sandbox.log(job)[-1] == "stopping"
    assert sandbox.keys("out/") == []
    assert "ProcessingEndTime" in job.state


@pytest.mark.parametrize("script", [WAIT, IGNORE])
def test_a_script_that_does_not_end_is_killed(sandbox: Sandbox, script: str) -> None:
    job = stop_when_it_runs(sandbox, sandbox.processing("job", script))
    assert job.status == "Stopped"


def test_a_stopped_training_job_keeps_its_model(sandbox: Sandbox) -> None:
    script = "open('/opt/ml/model/m', 'w').write('1')\n" + WAIT
    job = stop_when_it_runs(sandbox, sandbox.training("job", {"train.py": script}))
    assert job.status == job.state["SecondaryStatus"] == "Stopped"
    messages = [one["StatusMessage"] for one in job.state["SecondaryStatusTransitions"]]
    assert messages[-3:] == [
        "Stopping the training job",
        "Uploading generated training model",
        "Training job stopped",
    ]
    assert sandbox.keys("models/") == ["models/job/output/model.tar.gz"]


def test_a_stop_that_came_while_outputs_were_uploaded(sandbox: Sandbox) -> None:
    for kind, job in (
        (ProcessingJob, sandbox.processing("job", "")),
        (TrainingJob, sandbox.training("job", {})),
    ):
        sandbox.store.update(job.kind, job.name, **{job.kind.status: "Stopping"})
        kind(Record(sandbox.store, job), Uploader(sandbox.objects)).finish(Ending("Completed"))
        assert sandbox.get(job).status == "Stopped"


def test_a_job_stopped_before_its_supervisor_came_up(sandbox: Sandbox) -> None:
    job = sandbox.processing("job", "print('ran')")
    sandbox.store.update(PROCESSING, "job", ProcessingJobStatus="Stopping")
    job = sandbox.run(job)
    assert job.status == "Stopped"
    assert sandbox.log(job) == []


def test_a_stop_nobody_was_told_of_is_seen_in_the_record(sandbox: Sandbox) -> None:
    job = sandbox.processing("job", WAIT)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs")
    sandbox.store.update(PROCESSING, "job", ProcessingJobStatus="Stopping")
    process.wait(60)
    assert sandbox.get(job).status == "Stopped"


def test_a_processing_job_out_of_time(sandbox: Sandbox) -> None:
    limit = {"MaxRuntimeInSeconds": 1}
    job = sandbox.process("job", HONOUR, StoppingCondition=limit)
    assert job.status == "Stopped"
    assert sandbox.log(job) == ["runs", "stopping"]
    assert "FailureReason" not in job.state
    assert processes_of(sandbox) == []


def test_a_training_job_out_of_time(sandbox: Sandbox) -> None:
    script = "open('/opt/ml/model/m', 'w').write('1')\n" + WAIT
    job = sandbox.train("job", script, StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert job.status == "Stopped"
    assert job.state["SecondaryStatus"] == "MaxRuntimeExceeded"
    last = job.state["SecondaryStatusTransitions"][-1]["StatusMessage"]
    assert last == "Training job runtime exceeded MaxRuntimeInSeconds provided"
    assert sandbox.keys("models/") == ["models/job/output/model.tar.gz"]


@pytest.mark.parametrize("script", [WAIT, "import os\nos.system('sleep 600 &')\n" + WAIT])
def test_a_killed_supervisor_takes_everything_with_it(sandbox: Sandbox, script: str) -> None:
    job = sandbox.processing("job", script)
    process = sandbox.start(job)
    sandbox.wait_for_line(job, "runs")
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    sandbox.wait_for(lambda: not processes_of(sandbox))
    assert sandbox.get(job).status == "InProgress"

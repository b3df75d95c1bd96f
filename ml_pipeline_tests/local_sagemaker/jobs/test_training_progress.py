from typing import Any

import pytest

from local_sagemaker.jobs.ending import Ending
from local_sagemaker.jobs.kinds.training.progress import TrainingProgress
from local_sagemaker.jobs.record import Record
from local_sagemaker.kinds import TRAINING
from local_sagemaker.records.states import stopping
from local_sagemaker.records.store import Job
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import IMAGE, Sandbox, reason
from ml_pipeline_tests.local_sagemaker.jobs.test_training_jobs import transitions


def resources(instance_type: str) -> dict[str, Any]:
    return {"InstanceCount": 1, "InstanceType": instance_type, "VolumeSizeInGB": 1}


def entrypoint(script: str, **members: Any) -> dict[str, Any]:
    specification = {
        "TrainingImage": IMAGE,
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3", "-uc"],
        "ContainerArguments": [script],
    }
    return {"AlgorithmSpecification": {**specification, **members}}


def messages(sandbox: Sandbox, job: Job) -> list[str]:
    """Every message there was: a later one of the same status takes the place of the one before."""
    found: list[str] = []
    progress = TrainingProgress(Record(sandbox.store, job))
    for step in (progress.on_launch, progress.on_download, progress.on_image, progress.on_run):
        step()
        last = sandbox.get(job).state["SecondaryStatusTransitions"][-1]
        found.append(f"{last['Status']} - {last['StatusMessage']}")
    return found


def test_the_messages_of_a_job_in_their_order(sandbox: Sandbox) -> None:
    job = sandbox.training("job", {})
    (first,) = job.state["SecondaryStatusTransitions"]
    assert (first["Status"], first["StatusMessage"]) == ("Starting", "Starting the training job")
    assert messages(sandbox, job) == [
        "Starting - Launching requested ML instances",
        "Downloading - Downloading input data",
        "Downloading - Downloading the training image",
        "Training - Training image download completed. Training in progress.",
    ]


def test_accelerated_instances_are_waited_for_as_pending(sandbox: Sandbox) -> None:
    job = sandbox.training("job", {}, ResourceConfig=resources("ml.g5.xlarge"))
    assert messages(sandbox, job)[0] == "Pending - Training job waiting for capacity"
    kept = [
        (one["Status"], one["StatusMessage"])
        for one in sandbox.get(job).state["SecondaryStatusTransitions"]
    ]
    assert kept[:2] == [
        ("Starting", "Starting the training job"),
        ("Pending", "Preparing the instances for training"),
    ]


def test_accelerated_spot_instances_are_waited_for_as_starting(sandbox: Sandbox) -> None:
    job = sandbox.training(
        "job", {}, ResourceConfig=resources("ml.g5.xlarge"), EnableManagedSpotTraining=True
    )
    assert messages(sandbox, job)[0] == "Starting - Launching requested ML instances"


def test_of_several_types_the_selected_one_is_waited_for(sandbox: Sandbox) -> None:
    preferences = [{"InstanceType": one} for one in ("ml.g5.xlarge", "ml.m5.xlarge")]
    several = {"InstancePreferences": preferences, "InstanceCount": 1, "VolumeSizeInGB": 1}
    several["SelectedInstanceType"] = "ml.m5.xlarge"
    job = sandbox.training("job", {}, ResourceConfig=several)
    assert messages(sandbox, job)[0] == "Starting - Launching requested ML instances"


def test_nothing_comes_between_stopping_and_the_end(sandbox: Sandbox) -> None:
    job = sandbox.training("job", {})
    progress = TrainingProgress(Record(sandbox.store, job))
    progress.on_download()
    sandbox.store.change(TRAINING, "job", stopping(TRAINING))
    progress.on_image()
    progress.on_run()
    assert progress.on_interruption() == 0.0
    job = sandbox.store.change(
        TRAINING, "job", lambda state: progress.finish(state, Ending("Stopped"))
    )
    assert [status for status, _ in transitions(dict(job.state))] == [
        "Starting",
        "Downloading",
        "Stopping",
        "Stopped",
    ]


def test_a_job_out_of_time_is_stopping_while_it_tidies_up(sandbox: Sandbox) -> None:
    script = """
import os, signal, time
def stop(*_):
    print("stopping", flush=True)
    while not os.path.exists("/opt/ml/go"): time.sleep(0.02)
    raise SystemExit
signal.signal(signal.SIGTERM, stop)
time.sleep(600)
"""
    sandbox.environment["ML_PIPELINE_LOCAL_STOP_GRACE_SECONDS"] = "60"
    limit = {"MaxRuntimeInSeconds": 1}
    jobs = [
        sandbox.training("job", {}, **entrypoint(script), StoppingCondition=limit),
        sandbox.processing("job", script, StoppingCondition=limit),
    ]
    processes = [sandbox.start(job) for job in jobs]
    for job in jobs:
        sandbox.wait_for_line(job, "stopping")
        assert sandbox.get(job).status == "Stopping"
        hosts = sandbox.home.job_directory(job.kind, job.name) / "hosts"
        (hosts / "algo-1" / "ml" / "go").touch()
    for process in processes:
        process.wait(60)
    assert [sandbox.get(job).status for job in jobs] == ["Stopped", "Stopped"]
    assert sandbox.get(jobs[0]).state["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_the_time_of_a_failed_job_ends_with_its_failure(sandbox: Sandbox) -> None:
    script = "open('/opt/ml/model/m', 'w').write('1')\nraise SystemExit(2)"
    state = sandbox.run(sandbox.training("job", {}, **entrypoint(script))).state
    uploading = state["SecondaryStatusTransitions"][-2]
    assert uploading["Status"] == "Uploading"
    assert state["TrainingStartTime"] <= state["TrainingEndTime"] <= uploading["StartTime"]


def test_control_characters_are_escaped_in_the_log_and_for_metrics(sandbox: Sandbox) -> None:
    definitions = [
        {"Name": "train:error", "Regex": ".*#011train-error:([0-9.]+).*"},
        {"Name": "raw", "Regex": "\ttrain-error:([0-9.]+)"},
    ]
    script = r"print('[0]\ttrain-error:0.5'); print('\x1b[31mred\x1b[0m')"
    job = sandbox.training("job", {}, **entrypoint(script, MetricDefinitions=definitions))
    job = sandbox.run(job)
    assert sandbox.log(job) == ["[0]#011train-error:0.5", "#033[31mred#033[0m"]
    (metric,) = job.state["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("train:error", 0.5)


@pytest.mark.parametrize("retries", [0, 2])
def test_only_faults_of_the_service_are_tried_again(sandbox: Sandbox, retries: int) -> None:
    strategy: dict[str, Any] = (
        {"RetryStrategy": {"MaximumRetryAttempts": retries}} if retries else {}
    )
    # Logs cannot be written where there is a file: the service's own fault, at the first line.
    sandbox.home.logs.rmdir()
    sandbox.home.logs.write_text("")
    job = sandbox.training("job", {}, **entrypoint("print('hello')"), **strategy)
    job = sandbox.run(job)
    assert reason(job).startswith("InternalServerError: ")
    statuses = [status for status, _ in transitions(dict(job.state))]
    assert statuses.count("Starting") == statuses.count("Training") == 1 + retries
    assert statuses[-1] == "Failed"


def test_a_script_that_fails_is_not_tried_again(sandbox: Sandbox) -> None:
    job = sandbox.training(
        "job",
        {},
        **entrypoint("print('once')\nraise SystemExit(1)"),
        RetryStrategy={"MaximumRetryAttempts": 3},
    )
    job = sandbox.run(job)
    assert reason(job) == "AlgorithmError: , exit code: 1"
    assert sandbox.log(job) == ["once"]

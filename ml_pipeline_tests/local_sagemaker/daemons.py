"""Daemons for tests: the real one, with a supervisor that only plays its part."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from local_sagemaker.daemon import control
from local_sagemaker.daemon.job_endings import stop_all
from local_sagemaker.home import Home
from ml_pipeline_tests.conftest import LocalService

RunDaemon = Callable[[Path], AbstractContextManager[LocalService]]

SUPERVISOR = (sys.executable, str(Path(__file__).with_name("scripted_supervisor.py")))

_MAIN = "from local_sagemaker.__main__ import _exit, main; import sys; "

ROLE = "arn:aws:iam::000000000000:role/test"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"


@contextmanager
def running_daemon(
    home: Path, supervisor: tuple[str, ...] = SUPERVISOR, first: str = ""
) -> Iterator[LocalService]:
    """A daemon in the foreground of a process of its own, ended on the way out.

    Args:
        home: Its home.
        supervisor: What runs its jobs.
        first: What its process does before all else: Python statements that end in a semicolon.
    """
    place = Home(home.resolve())
    code = f"{first}{_MAIN}_exit(main(sys.argv[1:], supervisor={supervisor!r}))"
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", code, "--home", str(home), "--port", "0"]
    process = subprocess.Popen(command, cwd=root)
    try:
        yield LocalService(place, wait_for(lambda: _endpoint(process, home)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        stop_all(place, timeout=5)


def _endpoint(process: "subprocess.Popen[bytes]", home: Path) -> Any:
    assert process.poll() is None, f"the daemon ended with exit code {process.returncode}"
    endpoint = control.status(home)
    return endpoint if endpoint and endpoint.pid == process.pid else None


def wait_for(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """What a condition says once it says something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"still waiting after {seconds} seconds")


def processing_request(name: str, script: str = "complete", **members: Any) -> dict[str, Any]:
    """The smallest processing job; ``script`` is for ``scripted_supervisor``."""
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["true"]},
        "ProcessingResources": {
            "ClusterConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.large",
                "VolumeSizeInGB": 1,
            }
        },
        "Environment": {"SCRIPT": script},
        **members,
    }


def training_request(name: str, script: str = "complete", **members: Any) -> dict[str, Any]:
    """The smallest training job; ``script`` is for ``scripted_supervisor``."""
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/models/"},
        "ResourceConfig": {
            "InstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "VolumeSizeInGB": 1,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Environment": {"SCRIPT": script},
        **members,
    }

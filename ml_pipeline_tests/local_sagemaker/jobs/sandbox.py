"""A home with a job store and an object store, and the real supervisor, without a daemon."""

import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from local_sagemaker.account import job_arn
from local_sagemaker.home import Home
from local_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.states import first_state
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.s3.store import ObjectStore

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/test-image:1"
ENDPOINT = "http://127.0.0.1:9"
ROLE = "arn:aws:iam::000000000000:role/test"
BUCKET = "bucket"
CODE = "/opt/ml/processing/input/code"
WAIT_FOR_GO = """
import os, time
def wait_for(name):
    while not os.path.exists("/opt/ml/" + name): time.sleep(0.02)
"""


class Sandbox:
    """A home whose ``test-image`` is the Python that runs the tests."""

    def __init__(self, root: Path, python: str = sys.executable) -> None:
        self.home = Home(root).create()
        self.store = JobStore(self.home.job_database)
        self.objects = ObjectStore(self.home.s3)
        self.objects.create_bucket(BUCKET)
        self.environment = {**os.environ, "ML_PIPELINE_LOCAL_STOP_GRACE_SECONDS": "1"}
        self.prefix: list[str] = []
        self.python = python
        self.map({"test-image:*": {"python": python}})

    def map(self, mapping: Mapping[str, Any]) -> None:
        (self.home.root / "runtimes.json").write_text(json.dumps(mapping))

    def put(self, key: str, content: str | bytes = "") -> str:
        data = content.encode() if isinstance(content, str) else content
        self.objects.put_bytes(BUCKET, key, data)
        return f"s3://{BUCKET}/{key}"

    def keys(self, prefix: str = "") -> list[str]:
        return [info.key for info in self.objects.list(BUCKET, prefix)]

    def add(self, kind: JobKind, request: Mapping[str, Any]) -> Job:
        name = request[kind.member("Name")]
        return self.store.add(kind, name, job_arn(kind, name), request, first_state(kind, request))

    def start(self, job: Job) -> "subprocess.Popen[bytes]":
        module = "local_sagemaker.jobs.supervisor"
        which = ["--home", str(self.home.root), "--kind", job.kind.name, "--name", job.name]
        python = [*self.prefix, self.python]
        return subprocess.Popen(
            [*python, "-m", module, *which, "--endpoint", ENDPOINT],
            env=self.environment,
            start_new_session=True,
        )

    def run(self, job: Job) -> Job:
        assert self.start(job).wait(120) == 0
        return self.get(job)

    def process(self, name: str, script: str, **members: Any) -> Job:
        """Run a Python script as a processing job to its end."""
        return self.run(self.processing(name, script, **members))

    def train(
        self,
        name: str,
        script: str,
        hyperparameters: Mapping[str, str] | None = None,
        **members: Any,
    ) -> Job:
        """Run a Python script in script mode to its end."""
        return self.run(self.training(name, {"train.py": script}, hyperparameters, **members))

    def processing(self, name: str, script: str, **members: Any) -> Job:
        self.put(f"code/{name}/script.py", script)
        inputs = [self.input("code", f"code/{name}/", CODE), *members.pop("ProcessingInputs", [])]
        request = {
            "ProcessingJobName": name,
            "ProcessingResources": {
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.xlarge",
                    "VolumeSizeInGB": 30,
                }
            },
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["python3", f"{CODE}/script.py"],
            },
            "RoleArn": ROLE,
            "ProcessingInputs": inputs,
            **members,
        }
        return self.add(PROCESSING, request)

    def training(
        self,
        name: str,
        files: Mapping[str, str | bytes],
        hyperparameters: Mapping[str, str] | None = None,
        **members: Any,
    ) -> Job:
        """Add a training job whose code comes through a channel, as no S3 server runs here."""
        key = f"code/{name}/sourcedir.tar.gz"
        self.put(key, archive(files))
        channel = self.channel("source", key)
        request = {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "HyperParameters": {
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": '"/opt/ml/input/data/source/sourcedir.tar.gz"',
                "sagemaker_region": '"us-east-1"',
                **(hyperparameters or {}),
            },
            "RoleArn": ROLE,
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models/"},
            "ResourceConfig": {
                "InstanceCount": 1,
                "InstanceType": "ml.m5.xlarge",
                "VolumeSizeInGB": 30,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
            "InputDataConfig": [channel, *members.pop("InputDataConfig", [])],
            **members,
        }
        return self.add(TRAINING, request)

    @staticmethod
    def input(name: str, key: str, path: str, data_type: str = "S3Prefix") -> dict[str, Any]:
        source = {"S3Uri": f"s3://{BUCKET}/{key}", "LocalPath": path, "S3DataType": data_type}
        return {"InputName": name, "S3Input": {**source, "S3InputMode": "File"}}

    @staticmethod
    def outputs(**paths: str) -> dict[str, Any]:
        """``ProcessingOutputConfig`` with an output ``s3://bucket/out/<name>`` for each path."""
        return {
            "Outputs": [
                {
                    "OutputName": name,
                    "S3Output": {
                        "S3Uri": f"s3://{BUCKET}/out/{name}",
                        "LocalPath": path,
                        "S3UploadMode": "EndOfJob",
                    },
                }
                for name, path in paths.items()
            ]
        }

    @staticmethod
    def channel(name: str, key: str) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{key}"}
        return {"ChannelName": name, "DataSource": {"S3DataSource": source}}

    def get(self, job: Job) -> Job:
        found = self.store.get(job.kind, job.name)
        assert found is not None
        return found

    def log(self, job: Job) -> list[str]:
        files = LogFiles(self.home.logs)
        group = job.kind.log_group
        if group not in files.groups():
            return []
        streams = files.streams(group, f"{job.name}/")
        return [event.message for one in streams for event in files.read(group, one.name)]

    def wait_for(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, "it never came to pass"
            time.sleep(0.02)

    def wait_for_line(self, job: Job, line: str) -> None:
        self.wait_for(lambda: line in self.log(job))

    def stop(self, job: Job) -> None:
        """What the daemon does to stop a job."""
        changed = self.store.update(job.kind, job.name, **{job.kind.status: "Stopping"})
        assert changed.supervisor is not None
        changed.supervisor.signal(15)


def archive(files: Mapping[str, str | bytes]) -> bytes:
    """A gzipped tar file."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def members(data: bytes) -> dict[str, bytes]:
    """What is in a gzipped tar file: contents by name, directories as names that end in ``/``."""
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {
            member.name + ("/" if member.isdir() else ""): file.read() if file else b""
            for member in tar
            for file in [tar.extractfile(member) if member.isreg() else None]
        }


def reason(job: Job) -> str:
    """The job's ``FailureReason``."""
    return str(job.state.get("FailureReason"))

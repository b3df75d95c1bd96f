"""A local SageMaker to be hurt: real jobs, real kills, and a list of all that was promised."""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from local_sagemaker.jobs.containers.process_tree import first_child
from local_sagemaker.records.store import TERMINAL, Job, JobStore

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/test-image:1"
ROLE = "arn:aws:iam::000000000000:role/test"
BUCKET = "bucket"
LINES = 8
GROUP = "/aws/sagemaker/ProcessingJobs"

_SCRIPT = (
    "import time; [(print('line', i), time.sleep({pause})) for i in range({lines})]; "
    "open('/opt/ml/processing/output/result', 'w').write('{name}')"
)


@dataclass
class Promise:
    """A job that was asked for.

    Attributes:
        acknowledged: Whether the create call was answered; if not, there may be no such job.
        hurt: Whether its supervisor or its processes were killed.
        stopped: Whether a stop was asked for.
        last: What Describe said when it was seen ended.
    """

    acknowledged: bool = False
    hurt: bool = False
    stopped: bool = False
    last: dict[str, Any] | None = None


@dataclass
class World:
    """A home, its daemon, and what was promised.

    Args:
        root: The home's directory.
        random: Decides everything.
    """

    root: Path
    random: random.Random
    promises: dict[str, Promise] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = Home(self.root).create()
        mapping = {"test-image:*": {"python": sys.executable}}
        (self.root / "runtimes.json").write_text(json.dumps(mapping))
        self.start()
        self.client("s3").create_bucket(Bucket=BUCKET)

    def start(self) -> None:
        """Start the daemon, if it does not run."""
        self.endpoint = control.ensure_started(self.root, 0)

    def client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint.url,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )

    def create(self) -> None:
        """Ask for a job; the daemon may die while it answers."""
        name = f"job-{len(self.promises):03}"
        promise = self.promises[name] = Promise()
        script = _SCRIPT.format(pause=self.random.choice([0.001, 0.05]), lines=LINES, name=name)
        output = {
            "S3Uri": f"s3://{BUCKET}/out/{name}",
            "LocalPath": "/opt/ml/processing/output",
            "S3UploadMode": self.random.choice(["EndOfJob", "Continuous"]),
        }
        cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        with self._perhaps():
            self.client("sagemaker").create_processing_job(
                ProcessingJobName=name,
                RoleArn=ROLE,
                AppSpecification={
                    "ImageUri": IMAGE,
                    "ContainerEntrypoint": ["python3", "-u", "-c", script],
                },
                ProcessingResources={"ClusterConfig": cluster},
                ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": output}]},
            )
            promise.acknowledged = True

    def put(self) -> None:
        """Store an object; it counts only if that was acknowledged."""
        key = f"objects/{len(self.objects):03}"
        body = self.random.randbytes(self.random.choice([10, 3_000_000]))
        with self._perhaps():
            self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
            self.objects[key] = body

    def stop_job(self) -> None:
        """Ask for a job's end."""
        if job := self._some_job():
            self.promises[job.name].stopped = True
            with self._perhaps():
                self.client("sagemaker").stop_processing_job(ProcessingJobName=job.name)

    def kill_daemon(self) -> None:
        """As a machine that runs out of memory does."""
        with suppress(ProcessLookupError):
            os.kill(self.endpoint.pid, signal.SIGKILL)

    def kill_supervisor(self) -> None:
        """The process that runs a job dies."""
        job = self._some_job()
        if job and job.supervisor:
            self.promises[job.name].hurt = True
            job.supervisor.signal(signal.SIGKILL)

    def kill_job(self) -> None:
        """A process of the job dies: its program, or one that holds its container."""
        job = self._some_job()
        processes = _descendants(job.supervisor.pid) if job and job.supervisor else []
        if job and processes:
            self.promises[job.name].hurt = True
            with suppress(ProcessLookupError):
                os.kill(self.random.choice(processes), signal.SIGKILL)

    def kill_everything(self) -> None:
        """The machine loses power, as far as a test can make it."""
        self.kill_daemon()
        for job in self.store.unfinished():
            self.promises[job.name].hurt = True
            if job.supervisor:
                job.supervisor.signal(signal.SIGKILL)

    def look(self) -> None:
        """What has ended is remembered: it must never change again."""
        with self._perhaps():
            for name, promise in self.promises.items():
                if promise.acknowledged:
                    described = self.describe(name)
                    if described["ProcessingJobStatus"] in TERMINAL and promise.last is None:
                        promise.last = described

    def wait(self) -> None:
        """Let some time pass."""
        time.sleep(self.random.uniform(0, 0.3))

    def describe(self, name: str) -> dict[str, Any]:
        answer = self.client("sagemaker").describe_processing_job(ProcessingJobName=name)
        del answer["ResponseMetadata"]
        return dict(answer)

    def log(self, name: str) -> list[str]:
        """Every line of a job's log."""
        logs = self.client("logs")
        try:
            found = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{name}/")
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [
            event["message"]
            for stream in found["logStreams"]
            for event in logs.get_log_events(
                logGroupName=GROUP, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        ]

    def output(self, name: str) -> bytes | None:
        """What a job's script wrote last."""
        s3 = self.client("s3")
        try:
            answer = s3.get_object(Bucket=BUCKET, Key=f"out/{name}/result")
        except s3.exceptions.NoSuchKey:
            return None
        return bytes(answer["Body"].read())

    @property
    def store(self) -> JobStore:
        return JobStore(self.home.job_database)

    def _some_job(self) -> Job | None:
        jobs = self.store.unfinished()
        return self.random.choice(jobs) if jobs else None

    def _perhaps(self) -> "suppress":
        """What a client meets when the daemon dies, or when it asks too late."""
        return suppress(BotoCoreError, ClientError)

    def do(self, action: Callable[[], None]) -> None:
        self.history.append(action.__name__)
        action()


def _descendants(pid: int) -> list[int]:
    """The processes below one, the nearest first."""
    child = first_child(pid)
    return [] if child is None else [child, *_descendants(child)]

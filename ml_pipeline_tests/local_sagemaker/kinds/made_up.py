"""A third kind of job, made up of a row and of what a package of its own would have.

It speaks the operations of SageMaker's transform jobs, and runs the Python program in its
environment variable PROGRAM once. Run as a program this is its supervisor; a daemon knows the kind
once it has called ``register``.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_sagemaker.jobs import supervisor
from local_sagemaker.jobs.cluster import cluster_of
from local_sagemaker.jobs.data.directory_sync import Synced
from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.uploads import Uploader
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.jobs.ending import Ending, Run
from local_sagemaker.jobs.kinds.checks import require_s3
from local_sagemaker.jobs.kinds.limits import Ignored, Limit
from local_sagemaker.jobs.kinds.rules import Members, Place, Rules, Shown
from local_sagemaker.jobs.reasons import algorithm_error
from local_sagemaker.jobs.record import Record, State
from local_sagemaker.jobs.watching import Outcome
from local_sagemaker.kinds import KINDS, JobKind
from local_sagemaker.records.job import Job
from local_sagemaker.runtimes.catalog import Runtime
from local_sagemaker.s3.store import ObjectStore

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/made-up:1"
INPUT = "/opt/ml/input/data/in"


def check(request: Members, _objects: ObjectStore) -> None:
    require_s3("TransformOutput", request["TransformOutput"]["S3OutputPath"])


def shown(job: Job) -> Shown:
    source = job.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
    target = job.request["TransformOutput"]["S3OutputPath"]
    places = (Place("in", source, INPUT),), (Place("out", target, "/opt/ml/output"),)
    return Shown(IMAGE, (job.request["ModelName"],), *places)


RULES = Rules(
    (Limit("DataCaptureConfig", why="nothing is captured"),),
    (Ignored("MaxPayloadInMB", "there are no payloads"),),
    check,
    shown,
)


class TransformJob:
    max_runtime = 60
    max_wait: int | None = None
    retries = 0
    role = "arn:aws:iam::000000000000:role/none"
    image = IMAGE
    synced: Sequence[Synced] = ()
    service_environment: Mapping[str, str] = {}

    def __init__(self, record: Record, uploader: Uploader) -> None:
        self._record = record
        self._uploader = uploader
        self._request = record.job.request
        self.cluster = cluster_of(record.job.kind.instance_groups(self._request))
        self.request_environment: Mapping[str, str] = self._request["Environment"]

    def inputs(self) -> list[Input]:
        source = self._request["TransformInput"]["DataSource"]["S3DataSource"]
        return [Input("in", source["S3Uri"], source["S3DataType"], INPUT)]

    def check(self) -> None:
        self._uploader.check(self._target, "TransformOutput.S3OutputPath")

    def prepare(self, host: HostDirectory, name: str) -> None:
        (host.ml / "output").mkdir(parents=True)

    def command(self, runtime: Runtime) -> list[str]:
        return ["python3", "-c", self.request_environment["PROGRAM"]]

    def read_line(self, line: str) -> str:
        return line

    def on_launch(self) -> None: ...
    def on_image(self) -> None: ...
    def on_run(self) -> None: ...
    def on_retry(self) -> None: ...

    def on_interruption(self) -> float:
        return 0.0

    def on_download(self) -> None:
        self._record.change(lambda state: state.update(TransformStartTime=time.time()))

    def on_cut(self, _outcome: Outcome) -> None:
        self._record.change(lambda state: state.update(TransformJobStatus="Stopping"))

    def settle(
        self, hosts: Sequence[HostDirectory], run: Run, tell: Callable[[str], None]
    ) -> Ending:
        if run.outcome != "exited":
            return Ending("Stopped")
        if run.exit_code:
            return Ending("Failed", algorithm_error("", run.exit_code))
        for host in hosts:
            self._uploader.tree(host.ml / "output", self._target, "TransformOutput.S3OutputPath")
        return Ending("Completed")

    def finish(self, ending: Ending) -> None:
        def change(state: State) -> None:
            state.update(TransformJobStatus=ending.status, TransformEndTime=time.time())
            if ending.reason:
                state["FailureReason"] = ending.reason

        self._record.change(change)

    @property
    def _target(self) -> str:
        return str(self._request["TransformOutput"]["S3OutputPath"])


TRANSFORM = JobKind(
    name="transform",
    label="Transform",
    resources_path="TransformResources",
    duplicate="Job name taken: {arn}",
    not_found="No transform job {name}.",
    rules=lambda: RULES,
    supervised=TransformJob,
    defaults=(("BatchStrategy", "MultiRecord"),),
    summary=("TransformJobStatus", "TransformEndTime", "FailureReason"),
    bulky=("Environment",),
    deletable=False,
)


def register() -> None:
    """Make it known to this process."""
    KINDS[TRANSFORM.name] = TRANSFORM


def request(name: str, program: str, **members: Any) -> dict[str, Any]:
    """A transform job that runs a program."""
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in/"}
    return {
        "TransformJobName": name,
        "ModelName": "model",
        "TransformInput": {"DataSource": {"S3DataSource": source}},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "Environment": {"PROGRAM": program},
        **members,
    }


if __name__ == "__main__":
    register()
    sys.exit(supervisor.main())

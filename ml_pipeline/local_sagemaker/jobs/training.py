"""Training jobs: what the request asks for, and how the state tells of it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ml_pipeline.local_sagemaker.jobs.archive import write_archive
from ml_pipeline.local_sagemaker.jobs.commands import training_command
from ml_pipeline.local_sagemaker.jobs.contract import write_training_files
from ml_pipeline.local_sagemaker.jobs.directory import HostDirectory
from ml_pipeline.local_sagemaker.jobs.ending import Ending, Run
from ml_pipeline.local_sagemaker.jobs.head import read_head
from ml_pipeline.local_sagemaker.jobs.metrics import MetricReader
from ml_pipeline.local_sagemaker.jobs.reasons import ClientFault, algorithm_error
from ml_pipeline.local_sagemaker.jobs.record import Record, State, enter
from ml_pipeline.local_sagemaker.jobs.staging import Input
from ml_pipeline.local_sagemaker.jobs.uploads import Uploader
from ml_pipeline.local_sagemaker.runtimes.catalog import Runtime

_FAILURE_CHARACTERS = 1024
_DEFAULT_MAX_RUNTIME = 86400
_OUTPUT_MEMBER = "OutputDataConfig.S3OutputPath"


def output_uri(request: Mapping[str, Any]) -> str:
    """Where a training job's archives go: ``<S3OutputPath>/<job>/output``."""
    path = str(request["OutputDataConfig"]["S3OutputPath"]).rstrip("/")
    return f"{path}/{request['TrainingJobName']}/output"


def model_uri(request: Mapping[str, Any]) -> str:
    """``ModelArtifacts.S3ModelArtifacts`` of a training job, known from its creation on."""
    return f"{output_uri(request)}/{'model.tar.gz' if _packed(request) else 'model/'}"


class TrainingJob:
    """A training job.

    Args:
        record: Its record.
        uploader: Takes model and output.
    """

    log_group = "/aws/sagemaker/TrainingJobs"

    def __init__(self, record: Record, uploader: Uploader) -> None:
        job = record.job
        request = job.request
        self._record = record
        self._uploader = uploader
        self._request = request
        self._algorithm: Mapping[str, Any] = request["AlgorithmSpecification"]
        self.image: str = self._algorithm.get("TrainingImage", "")
        self.role: str = request["RoleArn"]
        self.instance_count: int = request["ResourceConfig"].get("InstanceCount", 1)
        stopping = request.get("StoppingCondition", {})
        self.max_runtime: int = stopping.get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME)
        self.request_environment: Mapping[str, str] = request.get("Environment", {})
        self.service_environment: Mapping[str, str] = {
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": job.arn,
        }
        self._metrics = MetricReader([])
        self._began: float | None = None

    def inputs(self) -> list[Input]:
        """Its channels."""
        mode = self._algorithm["TrainingInputMode"]
        return [_channel(one, mode) for one in self._request.get("InputDataConfig", [])]

    def check(self) -> None:
        """Refuse an output path that could not be written, and metrics that could not be read."""
        if not self.image:
            raise ClientFault("AlgorithmSpecification.TrainingImage is required here")
        self._metrics = MetricReader(self._algorithm.get("MetricDefinitions", []))
        self._uploader.check(self._request["OutputDataConfig"]["S3OutputPath"], _OUTPUT_MEMBER)

    def prepare(self, host: HostDirectory, hosts: list[str], name: str) -> None:
        """Write the configuration and make the directories for model and output."""
        write_training_files(host.ml, self._request, hosts, name)
        for directory in ("input/data", "model", "output/data"):
            (host.ml / directory).mkdir(parents=True)

    def command(self, runtime: Runtime) -> list[str]:
        """What its containers run."""
        return training_command(
            runtime,
            self._algorithm.get("ContainerEntrypoint") or [],
            self._algorithm.get("ContainerArguments") or [],
        )

    def read_line(self, line: str) -> None:
        """Look for metrics."""
        self._metrics.read(line)

    def on_download(self) -> None:
        """The instance is there; the time that counts begins."""
        self._began = time.monotonic()

        def change(state: State) -> None:
            enter(state, "Starting", "Preparing the instances for training")
            enter(state, "Downloading", "Downloading input data")
            state["TrainingStartTime"] = time.time()
            state["ModelArtifacts"] = {"S3ModelArtifacts": model_uri(self._request)}

        self._record.change(change)

    def on_image(self) -> None:
        """Getting the runtime ready is this machine's pull of the image."""
        self._enter("Training", "Downloading the training image")

    def on_run(self) -> None:
        """The container runs."""
        self._enter("Training", "Training image download completed. Training in progress.")

    def settle(self, hosts: Sequence[HostDirectory], run: Run) -> Ending:
        """Upload model and output, however the container ended."""
        if run.outcome != "exited":
            self._enter("Stopping", "Stopping the training job")
        self._enter("Uploading", "Uploading generated training model")
        # The service merges the instances; for one there is nothing to merge.
        for host in hosts:
            self._upload(host)
        if run.outcome != "exited":
            return Ending("Stopped", out_of_time=run.outcome == "timeout")
        if run.exit_code:
            return Ending("Failed", algorithm_error(_failure(hosts), run.exit_code))
        return Ending("Completed")

    def finish(self, ending: Ending) -> None:
        """Write status, reason, times and metrics."""
        self._record.change(lambda state: self._finish(state, ending))

    def _finish(self, state: State, ending: Ending) -> None:
        stopping = state["TrainingJobStatus"] == "Stopping" and ending.status == "Completed"
        status = "Stopped" if stopping else ending.status
        if status == "Stopped" and ending.out_of_time:
            enter(
                state,
                "MaxRuntimeExceeded",
                "Training job runtime exceeded MaxRuntimeInSeconds provided",
            )
        else:
            enter(state, status, f"Training job {status.lower()}")
        last = state["SecondaryStatusTransitions"][-1]
        last["EndTime"] = max(time.time(), last["StartTime"])
        state["TrainingJobStatus"] = status
        state["FinalMetricDataList"] = self._metrics.final()
        if ending.reason:
            state["FailureReason"] = ending.reason
        if self._began is not None:
            seconds = max(1, round(time.monotonic() - self._began))
            state["TrainingEndTime"] = max(time.time(), state["TrainingStartTime"])
            state["TrainingTimeInSeconds"] = state["BillableTimeInSeconds"] = seconds

    def _enter(self, status: str, message: str) -> None:
        self._record.change(lambda state: enter(state, status, message))

    def _upload(self, host: HostDirectory) -> None:
        model = host.ml / "model"
        if _packed(self._request):
            self._upload_archive(host, "model", "model.tar.gz")
        else:
            self._uploader.tree(model, model_uri(self._request), _OUTPUT_MEMBER)
        self._upload_archive(host, "output/data", "output.tar.gz")

    def _upload_archive(self, host: HostDirectory, directory: str, name: str) -> None:
        archive = host.root / name
        uri = f"{output_uri(self._request)}/{name}"
        try:
            written = write_archive(host.ml / directory, archive)
        except OSError as error:
            raise ClientFault(
                f"/opt/ml/{directory} could not be packed for {uri}: {error}"
            ) from error
        if written:
            self._uploader.file(archive, uri, _OUTPUT_MEMBER)
            archive.unlink()


def _packed(request: Mapping[str, Any]) -> bool:
    return bool(request["OutputDataConfig"].get("CompressionType") != "NONE")


def _channel(one: Mapping[str, Any], default_mode: str) -> Input:
    name = one["ChannelName"]
    source = one["DataSource"].get("S3DataSource")
    if source is None or source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise ClientFault(
            f'channel "{name}": S3DataSource with S3Prefix or ManifestFile is required'
        )
    # FastFile is File whose bytes come later: a copy made beforehand serves it.
    if one.get("InputMode", default_mode) not in ("File", "FastFile"):
        raise ClientFault(f'channel "{name}": InputMode must be File here')
    if one.get("CompressionType", "None") != "None":
        raise ClientFault(f'channel "{name}": CompressionType must be None in File mode')
    sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
    path = f"/opt/ml/input/data/{name}"
    return Input(name, source["S3Uri"], source["S3DataType"], path, sharded)


def _failure(hosts: Sequence[HostDirectory]) -> str:
    for host in hosts:
        # A character has at most four bytes.
        head = read_head(host.ml / "output" / "failure", 4 * _FAILURE_CHARACTERS)
        if head:
            return head.decode("utf-8", errors="replace")[:_FAILURE_CHARACTERS].strip()
    return ""

"""Training jobs: what the request asks for, and how the state tells of it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_sagemaker.jobs.cluster import cluster_of
from local_sagemaker.jobs.data.archive import write_archive
from local_sagemaker.jobs.data.directory_sync import Synced
from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.merging import merge, tell_of_lost
from local_sagemaker.jobs.data.uploads import Uploader
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.jobs.ending import Ending, Run
from local_sagemaker.jobs.kinds.head import read_head
from local_sagemaker.jobs.kinds.training.config_files import write_config_files
from local_sagemaker.jobs.kinds.training.inputs import channel
from local_sagemaker.jobs.kinds.training.metrics import MetricReader
from local_sagemaker.jobs.kinds.training.outputs import model_uri, output_uri, packed
from local_sagemaker.jobs.kinds.training.progress import TrainingProgress
from local_sagemaker.jobs.kinds.training.synced import checkpoints, tensorboard
from local_sagemaker.jobs.lines import escape_controls
from local_sagemaker.jobs.reasons import ClientFault, algorithm_error
from local_sagemaker.jobs.record import Record, State
from local_sagemaker.runtimes.catalog import Runtime

_FAILURE_CHARACTERS = 1024
_DEFAULT_MAX_RUNTIME = 86400
_OUTPUT_MEMBER = "OutputDataConfig.S3OutputPath"


class TrainingJob:
    """A training job.

    Args:
        record: Its record.
        uploader: Takes model and output.
    """

    def __init__(self, record: Record, uploader: Uploader) -> None:
        job = record.job
        request = job.request
        self._record = record
        self._uploader = uploader
        self._request = request
        self._algorithm: Mapping[str, Any] = request["AlgorithmSpecification"]
        self.image: str = self._algorithm.get("TrainingImage", "")
        self.role: str = request["RoleArn"]
        self.cluster = cluster_of(job.kind.instance_groups(request))
        stopping = request.get("StoppingCondition", {})
        self.max_runtime: int = stopping.get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME)
        self.max_wait: int | None = stopping.get("MaxWaitTimeInSeconds")
        self.retries: int = request.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
        self.request_environment: Mapping[str, str] = request.get("Environment", {})
        self.service_environment: Mapping[str, str] = {
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": job.arn,
        }
        self._metrics = MetricReader([])
        self.synced: Sequence[Synced] = [*checkpoints(request), *tensorboard(request)]
        self._progress = TrainingProgress(record)
        self.on_launch = self._progress.on_launch
        self.on_download = self._progress.on_download
        self.on_image = self._progress.on_image
        self.on_run = self._progress.on_run
        self.on_cut = self._progress.on_cut
        self.on_interruption = self._progress.on_interruption
        self.on_retry = self._progress.on_retry

    def inputs(self) -> list[Input]:
        """Its channels."""
        mode = self._algorithm["TrainingInputMode"]
        return [channel(one, mode) for one in self._request.get("InputDataConfig", [])]

    def check(self) -> None:
        """Refuse channels, output paths and metrics that could not be what the request says."""
        if not self.image:
            raise ClientFault("AlgorithmSpecification.TrainingImage is required here")
        for source in self.inputs():
            self.cluster.hosts_of(source.groups)
        self._metrics = MetricReader(self._algorithm.get("MetricDefinitions", []))
        self._uploader.check(self._request["OutputDataConfig"]["S3OutputPath"], _OUTPUT_MEMBER)
        for one in self.synced:
            self._uploader.check(one.uri, one.member)

    def prepare(self, host: HostDirectory, name: str) -> None:
        """Write the configuration and make the directories for model and output."""
        write_config_files(host.ml, self._request, self.cluster, name)
        for directory in ("input/data", "model", "output/data"):
            (host.ml / directory).mkdir(parents=True)
        for one in self.synced:
            host.of(one.path).mkdir(parents=True, exist_ok=True)

    def command(self, runtime: Runtime) -> list[str]:
        """What its containers run; without an entrypoint in the request, the image's ``train``."""
        entrypoint = self._algorithm.get("ContainerEntrypoint")
        if entrypoint:
            return [*entrypoint, *(self._algorithm.get("ContainerArguments") or [])]
        return [*runtime.entrypoint, "train"]

    def read_line(self, line: str) -> str:
        """Look for metrics, in the line as the log shows it: the real service reads it there."""
        shown = escape_controls(line)
        self._metrics.read(shown)
        return shown

    def settle(
        self, hosts: Sequence[HostDirectory], run: Run, tell: Callable[[str], None]
    ) -> Ending:
        """Upload model and output, however the container ended."""
        self._progress.on_upload(failed=bool(run.exit_code))
        try:
            self._upload(hosts, tell)
        except ClientFault as fault:
            if run.outcome != "exited" or not run.exit_code:
                raise
            # The script has failed, and that is what there is to be said.
            tell(fault.reason)
        if run.outcome != "exited":
            return Ending("Stopped", exceeded=run.exceeded)
        if run.exit_code:
            failure = _failure([hosts[run.failed], *hosts])
            return Ending("Failed", algorithm_error(failure, run.exit_code))
        return Ending("Completed")

    def finish(self, ending: Ending) -> None:
        """Write status, reason, times and metrics."""

        def change(state: State) -> None:
            state["FinalMetricDataList"] = self._metrics.final()
            self._progress.finish(state, ending)

        self._record.change(change)

    def _upload(self, hosts: Sequence[HostDirectory], tell: Callable[[str], None]) -> None:
        if packed(self._request):
            self._upload_archive(hosts, "model", "model.tar.gz", tell)
        else:
            models = [host.ml / "model" for host in hosts]
            for model in models:
                self._uploader.tree(model, model_uri(self._request), _OUTPUT_MEMBER)
            tell_of_lost(models, model_uri(self._request), tell)
        self._upload_archive(hosts, "output/data", "output.tar.gz", tell)

    def _upload_archive(
        self, hosts: Sequence[HostDirectory], directory: str, name: str, tell: Callable[[str], None]
    ) -> None:
        archive = hosts[0].root / name
        uri = f"{output_uri(self._request)}/{name}"
        directories = [host.ml / directory for host in hosts]
        try:
            written = write_archive(merge(directories).entries, archive)
        except OSError as error:
            raise ClientFault(
                f"/opt/ml/{directory} could not be packed for {uri}: {error}"
            ) from error
        if written:
            self._uploader.file(archive, uri, _OUTPUT_MEMBER)
            archive.unlink()
            tell_of_lost(directories, uri, tell)


def _failure(hosts: Sequence[HostDirectory]) -> str:
    for host in hosts:
        # A character has at most four bytes.
        head = read_head(host.ml / "output" / "failure", 4 * _FAILURE_CHARACTERS)
        if head:
            return head.decode("utf-8", errors="replace")[:_FAILURE_CHARACTERS].strip()
    return ""

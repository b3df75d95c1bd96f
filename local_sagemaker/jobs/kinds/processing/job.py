"""Processing jobs: what the request asks for, and how the state tells of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from local_sagemaker.jobs.cluster import cluster_of
from local_sagemaker.jobs.data.directory_sync import Synced
from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.merging import tell_of_lost
from local_sagemaker.jobs.data.uploads import Uploader
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.jobs.ending import Ending, Run
from local_sagemaker.jobs.kinds.head import read_head
from local_sagemaker.jobs.kinds.processing.config_files import write_config_files
from local_sagemaker.jobs.kinds.processing.inputs import processing_input
from local_sagemaker.jobs.reasons import ClientFault, algorithm_error
from local_sagemaker.jobs.record import Record, State
from local_sagemaker.jobs.watching import Outcome
from local_sagemaker.runtimes.catalog import Runtime

_MESSAGE_BYTES = 1024
_DEFAULT_MAX_RUNTIME = 86400


class ProcessingJob:
    """A processing job.

    Args:
        record: Its record.
        uploader: Takes its outputs.
    """

    def __init__(self, record: Record, uploader: Uploader) -> None:
        request = record.job.request
        self._record = record
        self._uploader = uploader
        self._request = request
        self._application: Mapping[str, Any] = request["AppSpecification"]
        self._outputs = [
            one
            for one in request.get("ProcessingOutputConfig", {}).get("Outputs", [])
            if not one.get("AppManaged")
        ]
        self.synced: Sequence[Synced] = [
            Synced(one["S3Output"]["LocalPath"], one["S3Output"]["S3Uri"], _member(one))
            for one in self._outputs
            if _continuous(one)
        ]
        self.image: str = self._application["ImageUri"]
        self.role: str = request["RoleArn"]
        self.cluster = cluster_of(record.job.kind.instance_groups(request))
        stopping = request.get("StoppingCondition", {})
        self.max_runtime: int = stopping.get("MaxRuntimeInSeconds", _DEFAULT_MAX_RUNTIME)
        self.max_wait: int | None = None
        self.retries = 0
        self.request_environment: Mapping[str, str] = request.get("Environment", {})
        self.service_environment: Mapping[str, str] = {}

    def inputs(self) -> list[Input]:
        """Its inputs; those of ``AppManaged`` are the script's own affair."""
        inputs = self._request.get("ProcessingInputs", [])
        return [processing_input(one) for one in inputs if not one.get("AppManaged")]

    def check(self) -> None:
        """Refuse inputs that could not be brought, and outputs that could not be kept."""
        self.inputs()
        for output in self._outputs:
            self._uploader.check(output["S3Output"]["S3Uri"], _member(output))

    def prepare(self, host: HostDirectory, name: str) -> None:
        """Write the configuration and make the outputs' directories."""
        job = self._record.job
        write_config_files(host.ml, job.arn, job.request, self.cluster, name)
        (host.ml / "output").mkdir()
        for output in self._outputs:
            host.of(output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)

    def command(self, runtime: Runtime) -> list[str]:
        """What its containers run: the image's own yields to whatever the request gives."""
        entrypoint = self._application.get("ContainerEntrypoint") or []
        arguments = self._application.get("ContainerArguments") or []
        if entrypoint:
            return [*entrypoint, *arguments]
        command = [*runtime.entrypoint, *(arguments or runtime.command)]
        if not command:
            raise ClientFault(
                f"the image {runtime.image} runs nothing by itself: "
                "set AppSpecification.ContainerEntrypoint"
            )
        return command

    def read_line(self, line: str) -> str:
        """Processing jobs have no metrics, and their logs show lines as they are."""
        return line

    def on_launch(self) -> None:
        """The state of a processing job does not tell."""

    def on_download(self) -> None:
        """The job has begun."""
        self._record.change(lambda state: state.setdefault("ProcessingStartTime", time.time()))

    def on_image(self) -> None:
        """The state of a processing job does not tell."""

    def on_run(self) -> None:
        """The state of a processing job does not tell."""

    def on_cut(self, _outcome: Outcome) -> None:
        """The containers are asked to end: because of a stop, or of the time they took."""
        self._record.change(lambda state: state.update(ProcessingJobStatus="Stopping"))

    def on_interruption(self) -> float:
        """Processing jobs have no spot instances."""
        return 0.0

    def on_retry(self) -> None:
        """Processing jobs have no retries."""

    def settle(
        self, hosts: Sequence[HostDirectory], run: Run, tell: Callable[[str], None]
    ) -> Ending:
        """Take the exit message, and the outputs if all went well."""
        message = _exit_message(hosts)
        if message:
            self._record.change(lambda state: state.update(ExitMessage=message))
        if run.outcome != "exited":
            return Ending("Stopped", exceeded=run.exceeded)
        if run.exit_code:
            return Ending("Failed", algorithm_error("", run.exit_code))
        for output in self._outputs:
            if _continuous(output):
                continue  # All of it is there already.
            target = output["S3Output"]
            directories = [host.of(target["LocalPath"]) for host in hosts]
            for directory in directories:
                self._uploader.tree(directory, target["S3Uri"], _member(output))
            tell_of_lost(directories, target["S3Uri"], tell)
        return Ending("Completed")

    def finish(self, ending: Ending) -> None:
        """Write status, reason and time."""
        self._record.change(lambda state: _finish(state, ending))


def _finish(state: State, ending: Ending) -> None:
    stopping = state["ProcessingJobStatus"] == "Stopping" and ending.status == "Completed"
    state["ProcessingJobStatus"] = "Stopped" if stopping else ending.status
    state["ProcessingEndTime"] = max(time.time(), state.get("ProcessingStartTime", 0.0))
    if ending.reason:
        state["FailureReason"] = ending.reason


def _continuous(output: Mapping[str, Any]) -> bool:
    return bool(output["S3Output"].get("S3UploadMode") == "Continuous")


def _member(output: Mapping[str, Any]) -> str:
    return f'S3Uri of the output "{output["OutputName"]}"'


def _exit_message(hosts: Sequence[HostDirectory]) -> str | None:
    heads = [read_head(host.ml / "output" / "message", _MESSAGE_BYTES) for host in hosts]
    data = b"".join(head for head in heads if head)[:_MESSAGE_BYTES]
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character cut in two by the limit is not the script's fault.
        if len(data) == _MESSAGE_BYTES and error.reason == "unexpected end of data":
            return data[: error.start].decode("utf-8")
        raise ClientFault("/opt/ml/output/message is not valid UTF-8") from error

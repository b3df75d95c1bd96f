"""What the supervisor needs to know of a kind of job."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ml_pipeline.local_sagemaker.jobs.directory import HostDirectory
from ml_pipeline.local_sagemaker.jobs.ending import Ending, Run
from ml_pipeline.local_sagemaker.jobs.staging import Input
from ml_pipeline.local_sagemaker.runtimes.catalog import Runtime


class JobType(Protocol):
    """A job of some kind: what its request asks for, and how its state tells of it."""

    log_group: str
    image: str
    role: str
    instance_count: int
    max_runtime: int
    request_environment: Mapping[str, str]
    service_environment: Mapping[str, str]

    def inputs(self) -> list[Input]:
        """What is to be fetched; raises ``ClientFault`` for what this service does not do."""

    def check(self) -> None:
        """Refuse what cannot end well, before anything is done; raises ``ClientFault``."""

    def prepare(self, host: HostDirectory, hosts: list[str], name: str) -> None:
        """Fill ``/opt/ml`` of the instance ``name`` with all but the inputs."""

    def command(self, runtime: Runtime) -> list[str]:
        """The program its containers run."""

    def read_line(self, line: str) -> None:
        """Take note of a log line."""

    def on_download(self) -> None:
        """Note in the state that inputs are being fetched."""

    def on_image(self) -> None:
        """Note in the state that the runtime is being got ready."""

    def on_run(self) -> None:
        """Note in the state that the container runs."""

    def settle(self, hosts: Sequence[HostDirectory], run: Run) -> Ending:
        """Read and upload what the containers left; raises ``JobFault``."""

    def finish(self, ending: Ending) -> None:
        """Write the last state."""

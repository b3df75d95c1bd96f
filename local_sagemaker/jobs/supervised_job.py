"""What a supervisor runs: each kind of job has a class of this shape in its package."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from local_sagemaker.jobs.cluster import Cluster
from local_sagemaker.jobs.data.directory_sync import Synced
from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.directory import HostDirectory
from local_sagemaker.jobs.ending import Ending, Run
from local_sagemaker.jobs.watching import Outcome
from local_sagemaker.runtimes.catalog import Runtime


class SupervisedJob(Protocol):
    """A job: what its request asks for, and how its state tells of it."""

    image: str
    role: str
    cluster: Cluster
    max_runtime: int
    max_wait: int | None
    retries: int
    synced: Sequence[Synced]
    request_environment: Mapping[str, str]
    service_environment: Mapping[str, str]

    def inputs(self) -> list[Input]:
        """What is to be fetched; raises ``ClientFault`` for what this service does not do."""

    def check(self) -> None:
        """Refuse what cannot end well, before anything is done; raises ``ClientFault``."""

    def prepare(self, host: HostDirectory, name: str) -> None:
        """Fill ``/opt/ml`` of the instance ``name`` with all but the inputs."""

    def command(self, runtime: Runtime) -> list[str]:
        """The program its containers run."""

    def read_line(self, line: str) -> str:
        """Take note of a line that was printed, and return it as the log is to show it."""

    def on_launch(self) -> None:
        """Note in the state that instances are asked for; an attempt begins with it."""

    def on_download(self) -> None:
        """Note in the state that inputs are being fetched."""

    def on_image(self) -> None:
        """Note in the state that the runtime is being got ready."""

    def on_run(self) -> None:
        """Note in the state that the container runs."""

    def on_cut(self, outcome: Outcome, /) -> None:
        """Note in the state that the containers are asked to end before their time, and why."""

    def on_interruption(self) -> float:
        """Note in the state that the instances are gone; returns how long there are no others."""

    def on_retry(self) -> None:
        """Note in the state that the service's own fault makes the job begin again."""

    def settle(
        self, hosts: Sequence[HostDirectory], run: Run, tell: Callable[[str], None]
    ) -> Ending:
        """Read and upload what the containers left; ``tell`` the log; raises ``JobFault``."""

    def finish(self, ending: Ending) -> None:
        """Write the last state."""

"""The local SageMaker with jobs that a test plays.

The daemon, its HTTP, records, logs, objects and faults are real. What would run in a job is played
by the test's own process, between two calls of the client under test: a job ends after a number of
Describe calls, not after a time, so that nothing here depends on how fast a machine is.
"""

import signal
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.jobs.kinds.training.states import enter
from local_sagemaker.jobs.record import State
from local_sagemaker.kinds import KINDS, PROCESSING, TRAINING, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import TERMINAL, JobStore
from local_sagemaker.records.store import Job as JobRecord
from local_sagemaker.trees import remove_tree
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.attended_client import attend

if TYPE_CHECKING:
    from dagster_sagemaker import SageMakerConnection

SUPERVISOR = ("/bin/sh", "-c", "exec sleep 600", "supervisor")
"""Does nothing, but is there: it is stopped for real, and ends with its job."""

SECONDS = 12.5
"""How long every job ran, as far as its description says."""


@dataclass
class Ending:
    """How a job goes.

    Args:
        status: Its last status.
        looks: Which Describe is the first to show that.
        fields: More members of its description from then on.
        lines: In its log from its beginning on, of every instance.
        on_end: Called just before it ends.
        on_describe: Called after every Describe that showed it running.
    """

    status: str = "Completed"
    looks: int = 2
    fields: dict[str, Any] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    on_end: Callable[["Job"], None] | None = None
    on_describe: Callable[["Job"], None] | None = None


FOREVER = 10_000
"""As many looks as no test takes."""


@dataclass
class Job:
    """A job of the service, as it is now whenever it is asked.

    Args:
        store: Has it.
        kind: Processing or training.
        name: Its name.
        ending: How it goes.
        looks: How many answers showed it running.
    """

    store: JobStore
    kind: JobKind
    name: str
    ending: Ending
    looks: int = 0

    @property
    def record(self) -> JobRecord:
        found = self.store.get(self.kind, self.name)
        assert found is not None
        return found

    @property
    def request(self) -> dict[str, Any]:
        return dict(self.record.request)

    @property
    def status(self) -> str:
        return self.record.status

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.request.get("Environment", {}))

    @property
    def tags(self) -> dict[str, str]:
        return self.store.tags(self.record.arn)


class PlayedService:
    """A daemon whose jobs a test plays.

    ``jobs`` are those since the last ``reset``; ``calls`` counts the requests of the client under
    test by operation; ``endings`` are for its jobs to come. ``before`` and ``after`` have what is
    to be done once: just before an operation is sent, with its members, and when it was answered.

    Args:
        local: The daemon; its supervisors are ``SUPERVISOR``.
        connection: The client under test's.
    """

    def __init__(self, local: LocalService, connection: "SageMakerConnection") -> None:
        self.local = local
        self.faults = FaultsClient(local.port)
        self.store = JobStore(local.home.job_database)
        self._logs = LogFiles(local.home.logs)
        self._old: set[str] = set()
        self.reset()
        clients = [connection.client(name) for name in ("sagemaker", "logs", "cloudwatch")]
        for client in clients:
            attend(client, self._sent, self._answered)

    def reset(self) -> None:
        """Begin anew: end all jobs, and forget them, their logs and the faults."""
        for job in self.store.unfinished():
            self._finish(job, lambda _: None, "Stopped")
        self._old |= {job.arn for job in self._recorded()}
        self.faults.clear()
        remove_tree(self.local.home.logs)
        self.local.home.create()
        self._played: dict[str, Job] = {}
        self.calls: Counter[str] = Counter()
        self.endings: deque[Ending] = deque()
        self.before: dict[str, Callable[[dict[str, Any]], None]] = {}
        self.after: dict[str, Callable[[dict[str, Any]], None]] = {}

    @property
    def jobs(self) -> list[Job]:
        """All jobs since the last ``reset``, oldest first."""
        return [self._job(job.kind, job.name) for job in self._recorded()]

    @property
    def only_job(self) -> Job:
        (job,) = self.jobs
        return job

    def fail(
        self, operation: str, code: str, message: str = "no", status: int = 400, times: int = 1
    ) -> None:
        """Let the next calls of an operation fail."""
        self.faults.add(
            "error", operation=operation, code=code, message=message, status=status, times=times
        )

    def put(self, request: dict[str, Any], status: str) -> None:
        """Let somebody else create a processing job, and have it come to a status."""
        self.local.client("sagemaker").create_processing_job(**request)
        name = request["ProcessingJobName"]
        job = Job(self.store, PROCESSING, name, Ending(looks=FOREVER))
        self._played[name] = job
        if status in TERMINAL:
            self._finish(job.record, lambda _: None, status)
        else:
            self.store.update(PROCESSING, name, ProcessingJobStatus=status)

    def write(self, job: Job, lines: Iterable[str]) -> None:
        """Write lines to the log of a job, on every instance."""
        for index in range(_instances(job)):
            writer = self._logs.writer(
                job.kind.log_group, f"{job.name}/algo-{index + 1}-1700000000"
            )
            for line in lines:
                writer.write(line)
            writer.close()

    def _recorded(self) -> list[JobRecord]:
        jobs = [job for kind in KINDS.values() for job in self.store.find(JobQuery(kind))]
        new = [job for job in jobs if job.arn not in self._old]
        return sorted(new, key=lambda job: job.created)

    def _sent(self, operation: str, body: dict[str, Any]) -> None:
        self.calls[operation] += 1
        if operation in self.before:
            self.before.pop(operation)(body)

    def _answered(self, operation: str, answer: dict[str, Any]) -> None:
        for kind in KINDS.values():
            if operation == kind.operation("Create"):
                self._job(kind, answer[kind.member("Arn")].rpartition("/")[2])
            if operation == kind.operation("Describe"):
                self._looked_at(self._job(kind, answer[kind.member("Name")]))
        if operation in self.after:
            self.after.pop(operation)(answer)

    def _job(self, kind: JobKind, name: str) -> Job:
        """The job as it is played; one that is seen for the first time begins."""
        if name not in self._played:
            ending = self.endings.popleft() if self.endings else Ending()
            job = self._played[name] = Job(self.store, kind, name, ending)
            self._start(job)
            if ending.lines:
                self.write(job, ending.lines)
            self._end_when_due(job)
        return self._played[name]

    def _looked_at(self, job: Job) -> None:
        if job.status == "InProgress":
            job.looks += 1
            if job.ending.on_describe:
                job.ending.on_describe(job)
            self._end_when_due(job)

    def _end_when_due(self, job: Job) -> None:
        if job.status != "InProgress" or job.looks < job.ending.looks - 1:
            return
        if job.ending.on_end:
            job.ending.on_end(job)
        self._finish(job.record, lambda state: state.update(job.ending.fields), job.ending.status)

    def _start(self, job: Job) -> None:
        started = int(job.record.created)
        member = job.kind.start_time
        self.store.change(job.kind, job.name, lambda state: state.setdefault(member, started))

    def _finish(self, job: JobRecord, more: Callable[[State], None], status: str) -> None:
        kind = job.kind
        started = int(job.created)  # whole, and so is what lies between

        def change(state: State) -> None:
            state[kind.start_time] = started
            state[kind.end_time] = started + SECONDS
            state[kind.status] = status
            if kind is TRAINING:
                enter(state, status, "")
            more(state)

        self.store.change(job.kind, job.name, change)
        if job.supervisor is not None:
            job.supervisor.signal(signal.SIGTERM)


def _instances(job: Job) -> int:
    return int(job.kind.resources(job.request)["InstanceCount"])

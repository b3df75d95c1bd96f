"""One run of an asset with a job, in a process of its own, and what may be done to it meanwhile."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import dagster as dg
from botocore.exceptions import ClientError

from benchmarks.fault_matrix.job import MARK
from benchmarks.fault_matrix.scene import Scene, wait_for
from local_sagemaker.records.store import Job
from ml_pipeline_tests.dagster_sagemaker.claimant import ASSET_TAG, Errand, instance_of, start

T = TypeVar("T")

_LONGEST_RUN = 180.0
_WRAPPERS = ("DagsterExecutionStepExecutionError", "RetryRequestedFromPolicy")


class RunEndedError(Exception):
    """The run was over before what was waited for."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Args:
        status: Of the run; ``KILLED`` if its process was, ``HUNG`` if it never ended.
        message: The step's failure, if there is one.
        lines: Which marked lines of the job's log are in the run's, and how often.
        began: When its process was started, in seconds since the epoch.
        ended: When it had ended.
    """

    status: str
    message: str
    lines: Counter[str]
    began: float
    ended: float


class Play:
    """A run, and what happens to it.

    Args:
        scene: Where.
        errand: What to run.
    """

    def __init__(self, scene: Scene, errand: Errand) -> None:
        self.scene = scene
        self.struck = time.time()
        self._errand = errand
        self._instance = instance_of(errand.dagster_home)
        self._begin(errand)

    def strike(self) -> None:
        """Note that the trouble begins now."""
        self.struck = time.time()

    def job(self) -> Job:
        """The last job, once there is one."""
        return self.wait(lambda: self.scene.jobs(self._errand.asset))[-1]

    def running(self) -> Job:
        """The last job, once it has written to its log."""
        job = self.job()
        self.wait(lambda: self.scene.lines(job))
        return job

    def over(self) -> Job:
        """The last job, once it has ended."""
        return self.wait(lambda: next((one for one in [self.job()] if one.ended), None))

    def in_flight(self) -> None:
        """Wait until a request has met a fault."""
        self.wait(lambda: any(fault["hits"] for fault in self.scene.faults.list()))

    def signal(self, number: signal.Signals) -> None:
        """Signal the run's process."""
        self.strike()
        os.kill(self._process.pid, number)

    def wait(self, condition: Callable[[], T | None]) -> T:
        """What a condition says once it says something.

        Raises:
            RunEndedError: The run was over before.
        """

        def holds_or_over() -> tuple[T | None] | None:
            found = condition()
            return (found,) if found or not self._process.is_alive() else None

        (found,) = wait_for(holds_or_over) or (None,)
        if found is None or not found:
            raise RunEndedError
        return found

    def outcome(self) -> Outcome:
        """How the run ended, once it has."""
        self._process.join(_LONGEST_RUN)
        ended, hung = time.time(), self._process.is_alive()
        if hung:
            self._process.kill()
            self._process.join()
        run = self._last_run()
        status = str(run.status.value) if run else "NOT STARTED"
        if hung or self._process.exitcode == -signal.SIGKILL:
            status = "HUNG" if hung else "KILLED"
        records = list(self._instance.all_logs(run.run_id)) if run else []
        texts = [one.user_message for one in records if not one.is_dagster_event]
        lines = Counter(mark for text in texts for mark in MARK.findall(text))
        return Outcome(status, _failure(records), lines, self._began, ended)

    def again(self) -> None:
        """Execute the run again, or for the first time if it did not get so far."""
        run = self._last_run()
        self._begin(self._errand.again(run.run_id if run else None))

    def clean_up(self) -> None:
        """End whatever is left."""
        if self._process.is_alive():
            self._process.kill()
        stop = getattr(self.scene.client("sagemaker"), f"stop_{self.scene.kind}_job")
        for job in self.scene.jobs(self._errand.asset):
            if not job.ended:
                with suppress(ClientError):
                    stop(**{f"{self.scene.kind.title()}JobName": job.name})

    def _last_run(self) -> dg.DagsterRun | None:
        mine = dg.RunsFilter(tags={ASSET_TAG: self._errand.asset})
        return next(iter(self._instance.get_runs(mine, limit=1)), None)

    def _begin(self, errand: Errand) -> None:
        self._began = self.struck = time.time()
        self._process: Any = start(errand)


def _failure(records: list[dg.EventLogEntry]) -> str:
    """What the step's failure says, without what Dagster wraps it in."""
    for record in records:
        event = record.dagster_event
        if event is not None and event.is_step_failure:
            error = event.step_failure_data.error
            while error is not None and error.cls_name in _WRAPPERS:
                error = error.cause
            return "" if error is None else error.message.partition(": ")[2]
    return ""

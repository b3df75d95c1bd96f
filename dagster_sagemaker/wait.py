"""Following a job until it ends."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import dagster as dg

from dagster_sagemaker.answers import says_no_such_job
from dagster_sagemaker.credentials import CredentialsPatience, says_credentials_are_out
from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.transient import AWS_ERRORS, is_transient

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

# How long after its creation a job may still be unknown to Describe.
_APPEARANCE_SECONDS = 30


class WaitLimitExceededError(Exception):
    """The job did not end within the limit.

    Attributes:
        description: What was last known of it, if anything.
    """

    def __init__(self, description: dict[str, Any] | None) -> None:
        super().__init__()
        self.description = description


class Watcher(Protocol):
    """Something that is read while a job runs: its log, its messages. Never raises AWS errors."""

    def poll(self, description: Mapping[str, Any], /, *, now: bool = False) -> None:
        """Read what is new, if it is time or has to be now; at most one request per source."""

    def finish(self, description: Mapping[str, Any], /) -> None:
        """Read all that is left; the job has ended."""


@dataclass
class JobWait:
    """The wait for one job.

    Args:
        connection: Where the job runs.
        kind: Processing or training.
        name: Name of the job.
        polling: Pace.
        limit_seconds: Longest wait; None for no limit.
        watchers: Offered a read at every look.
        credentials: How long to do without them.
        log: Where to report trouble.
    """

    connection: "SageMakerConnection"
    kind: JobKind
    name: str
    polling: Polling
    limit_seconds: float | None
    watchers: Sequence[Watcher]
    credentials: CredentialsPatience
    log: dg.DagsterLogManager
    _troubles: int = 0

    def run(self, description: dict[str, Any] | None) -> dict[str, Any]:
        """Wait until the job has ended.

        Being throttled or without connection only slows the wait down.

        Args:
            description: What is known of the job; None if it was submitted just now.

        Returns:
            The job's last description.

        Raises:
            WaitLimitExceededError: The limit has passed.
            dagster.Failure: The service refuses to show the job.
        """
        check = "the credentials; the job may run on, and re-executing this run follows it"
        with explain_refusal(f"look at {self.kind.name} job {self.name} any more", check):
            return self._until_over(description)

    def _until_over(self, description: dict[str, Any] | None) -> dict[str, Any]:
        started = time.monotonic()
        while description is None or not self.kind.is_over(description):
            elapsed = time.monotonic() - started
            self._sleep(elapsed)
            elapsed = time.monotonic() - started
            description = self._look(elapsed) or description
            if description is None or not self.kind.is_over(description):
                reached = self.limit_seconds is not None and elapsed >= self.limit_seconds
                self._read(description, now=reached)
                if reached:
                    raise WaitLimitExceededError(description)
        for watcher in self.watchers:
            watcher.finish(description)
        return description

    def _read(self, description: dict[str, Any] | None, *, now: bool) -> None:
        """Before a job has started there is nothing to read."""
        if description is not None and self.kind.has_started(description):
            for watcher in self.watchers:
                watcher.poll(description, now=now)

    def _sleep(self, elapsed: float) -> None:
        interval = self.polling.interval(elapsed, self._troubles)
        if self.limit_seconds is not None:
            interval = min(interval, max(self.limit_seconds - elapsed, 0))
        pause(interval)

    def _look(self, elapsed: float) -> dict[str, Any] | None:
        try:
            description = self.kind.describe_job(self.connection.client("sagemaker"), self.name)
        except AWS_ERRORS as error:
            young = elapsed < _APPEARANCE_SECONDS and says_no_such_job(error)
            if not is_transient(error) and not young and not self.credentials.lasts(error):
                raise self._over(error) from error
            self._troubles += 1
            if self._troubles == 1 and not young:
                self.log.warning(
                    f"[sagemaker] Job {self.name} cannot be looked at for now: {error}"
                )
            return None
        self._troubles = 0
        self.credentials.over()
        return description

    def _over(self, error: Exception) -> Exception:
        """What to raise when there is no use in another look."""
        if not says_credentials_are_out(error):
            return error
        return dg.Failure(
            f"{self.credentials.refusal(error)} in SageMaker. Renew them, then re-execute this "
            "run: it follows the job, or uses what it left."
        )

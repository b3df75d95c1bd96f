"""Quotas of the account: waiting in line for one, unless it can never be enough."""

import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dagster_sagemaker.errors import JobNotCreatedError, NoRoomYetError, QuotaTooSmallError
from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.transient import error_message

if TYPE_CHECKING:
    import dagster as dg

_SECONDS_BETWEEN_LINES = 600.0

_SENTENCE = re.compile(
    r"service limit '(?P<name>[^']+)' is (?P<limit>[\d.]+) .*?"
    r"request delta of (?P<wanted>[\d.]+)"
)


def can_be_granted(error: Exception) -> bool:
    """Whether the request may be granted once other jobs have ended; yes, if it is not said."""
    found = _SENTENCE.search(error_message(error))
    return found is None or float(found["wanted"].rstrip(".")) <= float(found["limit"].rstrip("."))


@dataclass
class QuotaLine:
    """The line that a job waits in: all who wait try again and again, at random moments.

    Args:
        job: What waits, for people.
        polling: Pace; the intervals get longer, up to its cap.
        limit_seconds: Longest wait; None for no limit.
        log: The run's log.
        stays: Whether to wait here, or leave and have another run try.
        waited_seconds: How long earlier runs have waited.
    """

    job: str
    polling: Polling
    limit_seconds: float | None
    log: "dg.DagsterLogManager"
    stays: bool = True
    waited_seconds: float = 0.0
    _started: float = field(default_factory=time.monotonic)
    _tries: int = 0
    _said: float | None = None

    def wait(self, error: Exception) -> None:
        """Wait until it is time for the next try.

        Args:
            error: The refusal of the last one.

        Raises:
            QuotaTooSmallError: No try will do.
            JobNotCreatedError: The limit has passed.
            NoRoomYetError: Another run is to try.
        """
        reason = error_message(error)
        if not can_be_granted(error):
            message = (
                f"SageMaker refused {self.job}, and will as long as the quota is what it is: "
                f"{reason} Or use another instance type, or fewer instances."
            )
            raise QuotaTooSmallError(message, allow_retries=False) from error
        waited = self.waited_seconds + time.monotonic() - self._started
        if self.limit_seconds is not None and waited >= self.limit_seconds:
            message = (
                f"SageMaker had no room for {self.job} within max_quota_wait_seconds="
                f"{self.limit_seconds:g}: {reason} Or let it wait longer."
            )
            raise JobNotCreatedError(message) from error
        self._say(waited, reason)
        if not self.stays:
            message = f"There is no room yet for {self.job}: {reason.rstrip('.')}."
            raise NoRoomYetError(message) from error
        interval = self.polling.interval(waited, self._tries) * random.uniform(0.5, 1)  # noqa: S311 - only jitter
        if self.limit_seconds is not None:
            interval = min(interval, self.limit_seconds - waited)
        self._tries += 1
        pause(interval)

    def _say(self, waited: float, reason: str) -> None:
        if self._said is None or waited - self._said >= _SECONDS_BETWEEN_LINES:
            self._said = waited
            self.log.info(f"[sagemaker] {self.job} waits in line, {waited:.0f} s so far: {reason}")

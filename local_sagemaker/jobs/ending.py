"""How a job, and its container, came to an end."""

from dataclasses import dataclass
from typing import Literal

from local_sagemaker.jobs.reasons import Limit
from local_sagemaker.jobs.watching import Outcome


@dataclass(frozen=True)
class Run:
    """The end of a job's containers.

    Args:
        outcome: Why they ended.
        exit_code: Zero if all ended well; else of the one that failed first, and ended the others.
        failed: That one's place among them.
    """

    outcome: Outcome
    exit_code: int
    failed: int = 0

    @property
    def exceeded(self) -> Limit | None:
        """The limit that ended them, if one did."""
        limits: dict[Outcome, Limit] = {
            "timeout": "MaxRuntimeInSeconds",
            "wait": "MaxWaitTimeInSeconds",
        }
        return limits.get(self.outcome)


@dataclass(frozen=True)
class Ending:
    """A job's end.

    Args:
        status: The job's last status.
        reason: Its ``FailureReason``, if it has one.
        exceeded: The limit that ended it, if one did.
    """

    status: Literal["Completed", "Failed", "Stopped"]
    reason: str | None = None
    exceeded: Limit | None = None

"""How a job, and its container, came to an end."""

from dataclasses import dataclass
from typing import Literal

from ml_pipeline.local_sagemaker.jobs.watching import Outcome


@dataclass(frozen=True)
class Run:
    """A container's end.

    Args:
        outcome: Why it ended.
        exit_code: Its main process's.
    """

    outcome: Outcome
    exit_code: int


@dataclass(frozen=True)
class Ending:
    """A job's end.

    Args:
        status: The job's last status.
        reason: Its ``FailureReason``, if it has one.
        out_of_time: Whether ``MaxRuntimeInSeconds`` ended it.
    """

    status: Literal["Completed", "Failed", "Stopped"]
    reason: str | None = None
    out_of_time: bool = False

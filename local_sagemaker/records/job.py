"""A job as the job store has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.kinds import JobKind
from local_sagemaker.process import ProcessId

TERMINAL = frozenset({"Completed", "Failed", "Stopped"})
"""A job that has one of these statuses never changes again."""


class JobExistsError(Exception):
    """A job of this kind has that name already.

    Args:
        arn: The ARN of the job that is there.
    """

    def __init__(self, arn: str) -> None:
        super().__init__(arn)
        self.arn = arn


@dataclass(frozen=True)
class Job:
    """One job as it stood when it was read.

    Args:
        kind: Its kind.
        name: Unique among the jobs of its kind.
        arn: Its ARN.
        created: Seconds since the epoch.
        modified: Seconds since the epoch.
        request: The create call's members.
        state: What Describe answers beside the request, status included, in Describe's own shape.
        supervisor: The process that runs it, once there is one.
    """

    kind: JobKind
    name: str
    arn: str
    created: float
    modified: float
    request: Mapping[str, Any]
    state: Mapping[str, Any]
    supervisor: ProcessId | None

    @property
    def status(self) -> str:
        """``InProgress``, ``Stopping``, or one of ``TERMINAL``."""
        return str(self.state[self.kind.status])

    @property
    def ended(self) -> bool:
        """Whether the job will never change again."""
        return self.status in TERMINAL

"""The states that the daemon itself gives to jobs: the first, on its way to a stop, and cut off.

What lies between is the supervisor's.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from local_sagemaker.jobs.record import State
from local_sagemaker.kinds import JobKind


def first_state(kind: JobKind, request: Mapping[str, Any]) -> State:
    """The state of a job that was just created."""
    return {kind.status: "InProgress", **kind.rules().begin(request)}


def stopping(kind: JobKind) -> Callable[[State], None]:
    """The change that a stop request makes to a job that runs."""

    def change(state: State) -> None:
        state[kind.status] = "Stopping"
        kind.rules().enter(state, "Stopping")

    return change


def cut_off(
    kind: JobKind, status: Literal["Failed", "Stopped"], reason: str | None = None
) -> Callable[[State], None]:
    """The change that ends a job which has no supervisor to end it.

    Args:
        kind: The job's kind.
        status: Its last status.
        reason: The ``FailureReason``, if it failed.
    """

    def change(state: State) -> None:
        state[kind.status] = status
        # The clock may have been set back meanwhile.
        state[kind.end_time] = max(time.time(), state.get(kind.start_time, 0.0))
        if reason is not None:
            state["FailureReason"] = reason
        kind.rules().enter(state, status)

    return change

"""The states that the daemon itself gives to jobs: the first, on its way to a stop, and cut off.

What lies between is the supervisor's.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from local_sagemaker.home import JobKind
from local_sagemaker.jobs.kinds.training import model_uri
from local_sagemaker.jobs.record import State, enter

_ENDING = {"Failed": "Training job failed", "Stopped": "Training job stopped"}


def first_state(kind: JobKind, request: Mapping[str, Any]) -> State:
    """The state of a job that was just created."""
    if kind == "processing":
        return {"ProcessingJobStatus": "InProgress"}
    state: State = {
        "TrainingJobStatus": "InProgress",
        "ModelArtifacts": {"S3ModelArtifacts": model_uri(request)},
    }
    enter(state, "Starting", "Starting the training job")
    return state


def stopping(kind: JobKind) -> Callable[[State], None]:
    """The change that a stop request makes to a job that runs."""

    def change(state: State) -> None:
        if kind == "processing":
            state["ProcessingJobStatus"] = "Stopping"
        else:
            state["TrainingJobStatus"] = "Stopping"
            enter(state, "Stopping", "Stopping the training job")

    return change


def cut_off(
    kind: JobKind, status: Literal["Failed", "Stopped"], reason: str | None = None
) -> Callable[[State], None]:
    """The change that ends a job which has no supervisor to end it.

    Args:
        kind: Processing or training.
        status: Its last status.
        reason: The ``FailureReason``, if it failed.
    """

    def change(state: State) -> None:
        state[f"{kind.title()}JobStatus"] = status
        # The clock may have been set back meanwhile.
        began = state.get(f"{kind.title()}StartTime", 0.0)
        state[f"{kind.title()}EndTime"] = max(time.time(), began)
        if reason is not None:
            state["FailureReason"] = reason
        if kind == "training":
            enter(state, status, _ENDING[status])
            last = state["SecondaryStatusTransitions"][-1]
            last["EndTime"] = max(time.time(), last["StartTime"])

    return change

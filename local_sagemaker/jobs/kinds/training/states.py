"""Secondary statuses of training jobs, and which of them the daemon gives."""

import time
from collections.abc import Mapping
from typing import Any

from local_sagemaker.jobs.kinds.training.outputs import model_uri
from local_sagemaker.jobs.record import State

_DAEMONS = {
    "Stopping": "Stopping the training job",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
}


def begin(request: Mapping[str, Any]) -> State:
    """What a new job's state has besides its status."""
    state: State = {"ModelArtifacts": {"S3ModelArtifacts": model_uri(request)}}
    enter(state, "Starting", "Starting the training job")
    return state


def enter_with(state: State, status: str) -> None:
    """Enter the secondary status that goes with a status which the daemon gives."""
    enter(state, status, _DAEMONS[status])
    if status != "Stopping":
        last = state["SecondaryStatusTransitions"][-1]
        last["EndTime"] = max(time.time(), last["StartTime"])


def enter(state: State, status: str, message: str) -> None:
    """Note that a training job has come to a ``SecondaryStatus``.

    Entering the status it already has only changes the message, as in the real service.

    Args:
        state: The job's state; edited in place.
        status: The secondary status.
        message: Its ``StatusMessage``, which clients print.
    """
    now = time.time()
    transitions = [dict(one) for one in state.get("SecondaryStatusTransitions", [])]
    if transitions and transitions[-1]["Status"] == status:
        transitions[-1]["StatusMessage"] = message
    else:
        if transitions:
            now = max(now, transitions[-1]["StartTime"])
            transitions[-1]["EndTime"] = now
        transitions.append({"Status": status, "StartTime": now, "StatusMessage": message})
    state["SecondaryStatus"] = status
    state["SecondaryStatusTransitions"] = transitions

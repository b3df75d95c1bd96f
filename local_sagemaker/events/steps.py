"""The steps of a change: a job may pass several secondary statuses in one."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from local_sagemaker.events.outbox import Change
from local_sagemaker.records.job import Job


def steps(change: Change) -> Iterator[Change]:
    """A change as one for each secondary status that it entered; itself last.

    Each has an id of its own, which is the same whenever it is asked for.
    """
    transitions = change.job.state.get("SecondaryStatusTransitions", [])
    for count in range(change.known + 1, len(transitions)):
        state = _as_it_was(change.job, transitions[:count])
        identity = uuid.uuid5(uuid.UUID(change.id), str(count)).hex
        yield replace(change, id=identity, job=replace(change.job, state=state))
    yield change


def _as_it_was(job: Job, transitions: list[dict[str, Any]]) -> dict[str, Any]:
    """A job's state as it was when the last of these transitions was its last."""
    last = {name: value for name, value in transitions[-1].items() if name != "EndTime"}
    kept = {name: value for name, value in job.state.items() if name not in job.kind.last_members}
    return {
        **kept,
        job.kind.status: "Stopping" if last["Status"] == "Stopping" else "InProgress",
        "SecondaryStatus": last["Status"],
        "SecondaryStatusTransitions": [*transitions[:-1], last],
    }

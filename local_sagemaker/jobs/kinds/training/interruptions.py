"""Taking the instances of a running spot job away, as EC2 does with a warning of two minutes.

The job's record gets a private member ``Interrupt``, which Describe does not show: the seconds
until there are instances again. The supervisor removes it when it has dealt with it; until then a
second interruption is one with the first. A signal makes the supervisor look at once, not only at
its next look at the record.
"""

from typing import Any

from local_sagemaker.jobs.stopping import INTERRUPTION_SIGNAL
from local_sagemaker.kinds import TRAINING
from local_sagemaker.records.store import Job, JobStore

_HAS_INSTANCES_OR_WILL = frozenset({"Starting", "Downloading", "Training", "Interrupted"})


class NotInterruptibleError(Exception):
    """The job has no spot instances that could be taken away; the text says why."""


def interrupt(store: JobStore, name: str, capacity_after: float = 0.0) -> Job:
    """Interrupt a spot training job.

    Its containers get SIGTERM, the grace period of a stop, and SIGKILL; its checkpoints are taken;
    its ``SecondaryStatus`` becomes ``Interrupted``, and with new instances ``Starting`` again.
    A job whose instances are not there yet is interrupted as soon as they are.

    Args:
        store: Where jobs are recorded.
        name: The training job's name.
        capacity_after: Seconds until there are instances again.

    Returns:
        The job, as it stands with the interruption noted.

    Raises:
        NotInterruptibleError: There is no such job, it has ended, is about to, or is no spot job.
    """
    job = store.get(TRAINING, name)
    if job is None:
        raise NotInterruptibleError(f"There is no training job named {name}")
    if not job.request.get("EnableManagedSpotTraining"):
        raise NotInterruptibleError(
            f"{name} does not run on spot instances: it was created without "
            "EnableManagedSpotTraining"
        )

    def change(state: dict[str, Any]) -> None:
        if _interruptible(state):
            state["Interrupt"] = max(0.0, capacity_after)

    job = store.change(TRAINING, name, change)
    if not _interruptible(job.state):
        status = job.state.get("SecondaryStatus", job.status)
        raise NotInterruptibleError(f"{name} has no instances to lose: its status is {status}")
    if job.supervisor is not None:
        job.supervisor.signal(INTERRUPTION_SIGNAL)
    return job


def _interruptible(state: Any) -> bool:
    return (
        state["TrainingJobStatus"] == "InProgress"
        and state.get("SecondaryStatus", "Starting") in _HAS_INSTANCES_OR_WILL
    )

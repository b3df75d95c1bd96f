"""How a training job's state tells of its way: secondary statuses, their messages, and times."""

import time
from typing import Literal

from local_sagemaker.jobs.ending import Ending
from local_sagemaker.jobs.kinds.training.states import enter
from local_sagemaker.jobs.reasons import Limit
from local_sagemaker.jobs.record import Record, State
from local_sagemaker.jobs.watching import Outcome

_SPOT_PRICE = 0.3
"""What a spot second costs of a full one; savings of about 70 % are what clients have printed."""

# Jobs on these instances wait as Pending; all others, and spot jobs, as Starting.
_ACCELERATED = ("ml.p", "ml.g", "ml.trn")
_EXCEEDED: dict[Limit, tuple[str, str]] = {
    "MaxRuntimeInSeconds": (
        "MaxRuntimeExceeded",
        "Training job runtime exceeded MaxRuntimeInSeconds provided",
    ),
    "MaxWaitTimeInSeconds": (
        "MaxWaitTimeExceeded",
        "Training job wait time exceeded MaxWaitTimeInSeconds provided",
    ),
}


class TrainingProgress:
    """Writes a training job's state.

    Args:
        record: The job's record.
    """

    def __init__(self, record: Record) -> None:
        request = record.job.request
        self._record = record
        self._spot = bool(request.get("EnableManagedSpotTraining"))
        groups = record.job.kind.instance_groups(request)
        accelerated = any(one.get("InstanceType", "").startswith(_ACCELERATED) for one in groups)
        self._pending = accelerated and not self._spot
        self._began: float | None = None
        self._seconds = 0.0
        self._failed: float | None = None

    def on_launch(self) -> None:
        """Instances are asked for."""
        if self._pending:
            self._enter("Pending", "Training job waiting for capacity")
        else:
            self._enter("Starting", "Launching requested ML instances")

    def on_download(self) -> None:
        """The instances are there; the time that counts begins."""
        self._began = time.monotonic()
        self._failed = None

        def change(state: State) -> None:
            state.setdefault("TrainingStartTime", time.time())
            waiting = "Pending" if self._pending else "Starting"
            _go_on(state, waiting, "Preparing the instances for training")
            _go_on(state, "Downloading", "Downloading input data")

        self._record.change(change)

    def on_image(self) -> None:
        """Getting the runtime ready is this machine's pull of the image."""
        self._enter("Downloading", "Downloading the training image")

    def on_run(self) -> None:
        """The containers run."""
        self._enter("Training", "Training image download completed. Training in progress.")

    def on_cut(self, outcome: Outcome) -> None:
        """The containers are asked to end before their time."""
        if outcome != "interrupt":
            self._record.change(_stop)

    def on_upload(self, failed: bool) -> None:
        """The containers have ended; for a job that failed this ends the time that counts."""
        if failed:
            self._failed = time.time()
            self._pause()
        self._record.change(
            lambda state: enter(state, "Uploading", "Uploading generated training model")
        )

    def on_interruption(self) -> float:
        """The instances are gone.

        Returns:
            Seconds until there are others.
        """
        self._pause()
        wait = 0.0

        def change(state: State) -> None:
            nonlocal wait
            wait = float(state.pop("Interrupt", 0))
            _go_on(state, "Interrupted", "Training job interrupted")

        self._record.change(change)
        return wait

    def on_retry(self) -> None:
        """The service's own fault ended this attempt; another one begins."""
        self._pause()
        self._enter("Starting", "Starting the training job")

    def finish(self, state: State, ending: Ending) -> None:
        """Write the last status, its reason and the times."""
        stopping = state["TrainingJobStatus"] == "Stopping" and ending.status == "Completed"
        status: Literal["Completed", "Failed", "Stopped"] = "Stopped" if stopping else ending.status
        if status == "Stopped":
            if state.get("SecondaryStatus") != "Uploading":
                _stop(state)
            secondary = ("Stopped", "Training job stopped")
            enter(state, *_EXCEEDED[ending.exceeded] if ending.exceeded else secondary)
        else:
            enter(state, status, f"Training job {status.lower()}")
        last = state["SecondaryStatusTransitions"][-1]
        last["EndTime"] = max(time.time(), last["StartTime"])
        state["TrainingJobStatus"] = status
        state.pop("Interrupt", None)
        if ending.reason:
            state["FailureReason"] = ending.reason
        self._pause()
        if "TrainingStartTime" in state:
            self._write_times(state)

    def _write_times(self, state: State) -> None:
        seconds = max(1, round(self._seconds))
        end = time.time() if self._failed is None else self._failed
        state["TrainingEndTime"] = max(end, state["TrainingStartTime"])
        state["TrainingTimeInSeconds"] = seconds
        state["BillableTimeInSeconds"] = (
            max(1, round(seconds * _SPOT_PRICE)) if self._spot else seconds
        )

    def _pause(self) -> None:
        if self._began is not None:
            self._seconds += time.monotonic() - self._began
            self._began = None

    def _enter(self, status: str, message: str) -> None:
        self._record.change(lambda state: _go_on(state, status, message))


def _go_on(state: State, status: str, message: str) -> None:
    # A stop may come at any moment, and nothing but the way to the end comes after Stopping.
    if state["TrainingJobStatus"] == "InProgress":
        enter(state, status, message)


def _stop(state: State) -> None:
    state["TrainingJobStatus"] = "Stopping"
    enter(state, "Stopping", "Stopping the training job")

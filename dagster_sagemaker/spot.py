"""Spot instances, which may be taken away: checkpoints, interruptions, and what they save."""

from collections.abc import Callable, Mapping
from typing import Any

from dagster_sagemaker.errors import InvalidRequestError

_OPTION = "spot_without_checkpoint"


def require_checkpoint(request: Mapping[str, Any]) -> None:
    """Refuse a spot job that would lose all its work with its instances.

    Raises:
        InvalidRequestError: It has no checkpoint.
    """
    if is_spot(request) and not _checkpoint(request):
        problem = (
            "CheckpointConfig.S3Uri: missing, and EnableManagedSpotTraining is set: an "
            "interruption would lose all work. Give it a prefix (and let the script save to and "
            "resume from /opt/ml/checkpoints; checkpoint_s3_uri of SKLearnTraining), or pass "
            f"{_OPTION}=True to the client or its run"
        )
        raise InvalidRequestError("The request", [problem])


def spot_metadata(description: Mapping[str, Any]) -> dict[str, float]:
    """What a spot job saved, as percent of the seconds it trained; nothing of other jobs."""
    trained = description.get("TrainingTimeInSeconds")
    billed = description.get("BillableTimeInSeconds")
    if not is_spot(description) or not trained or billed is None:
        return {}
    interruptions = len(_interruptions(description))
    saving = round(100.0 * (1 - billed / trained), 1)
    return {"spot_saving_percent": saving, "spot_interruptions": interruptions}


def is_spot(request: Mapping[str, Any]) -> bool:
    """Whether a request or a description is of a job on spot instances."""
    return bool(request.get("EnableManagedSpotTraining"))


class SpotInterruptions:
    """Tells the run's log of each time that a job lost its instances.

    Args:
        job_name: Name of the job.
        tell: Receives word of it.
    """

    def __init__(self, job_name: str, tell: Callable[[str], None]) -> None:
        self._job_name = job_name
        self._tell = tell
        self._told = 0

    def poll(self, description: Mapping[str, Any], /, *, now: bool = False) -> None:  # noqa: ARG002 - of a Watcher
        """Tell of what is new in the description; no request."""
        interruptions = _interruptions(description)
        for entry in interruptions[self._told :]:
            since = f"{entry['StartTime']:%Y-%m-%d %H:%M:%S %Z}".strip()
            start = "its last checkpoint" if _checkpoint(description) else "the beginning"
            self._tell(
                f"[sagemaker] Job {self._job_name} lost its spot instances at {since}; once there "
                f"are others it goes on from {start}"
            )
        self._told = len(interruptions)

    def finish(self, description: Mapping[str, Any], /) -> None:
        """Tell of what is new at the end."""
        self.poll(description)


def _checkpoint(request: Mapping[str, Any]) -> str | None:
    uri: str | None = request.get("CheckpointConfig", {}).get("S3Uri")
    return uri


def _interruptions(description: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    transitions = description.get("SecondaryStatusTransitions", [])
    return [entry for entry in transitions if entry["Status"] == "Interrupted"]

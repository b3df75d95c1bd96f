"""Why a job did not complete: the texts of ``FailureReason``, and the exceptions that carry them.

The wording and the leading words are the real service's, which clients look for.
"""

from pathlib import Path
from typing import Literal

Limit = Literal["MaxRuntimeInSeconds", "MaxWaitTimeInSeconds"]
"""The members of ``StoppingCondition`` that may end a job before its time."""

MAX_REASON = 1024
"""``FailureReason`` holds at most this many characters."""


class JobFault(Exception):
    """The job ends ``Failed``.

    Args:
        reason: The job's ``FailureReason``; cut to what the member can hold.
    """

    def __init__(self, reason: str) -> None:
        # A script may give a file a name that is not UTF-8, which no answer can hold.
        super().__init__(reason.encode(errors="replace").decode()[:MAX_REASON])

    @property
    def reason(self) -> str:
        """The job's ``FailureReason``."""
        return str(self)


class ClientFault(JobFault):
    """Something the caller can put right: the request, its data, its code, the settings.

    Args:
        message: What is wrong and what to change.
    """

    def __init__(self, message: str) -> None:
        super().__init__(f"ClientError: {message}")


class JobStoppedError(Exception):
    """The job ends ``Stopped`` before its container ran: a stop was asked for, or time is up.

    Args:
        exceeded: The limit that ended it, if one did.
    """

    def __init__(self, exceeded: Limit | None = None) -> None:
        super().__init__(exceeded)
        self.exceeded = exceeded


class JobInterruptedError(Exception):
    """A spot job's instances were taken away; it begins again."""


def algorithm_error(message: str, exit_code: int) -> str:
    """The reason of a container that ended with a non-zero exit code.

    Args:
        message: What the script left in ``/opt/ml/output/failure``; may be empty.
        exit_code: The main process's, 128 + n if signal n ended it.

    Returns:
        The text, cut so that the exit code is always in it.
    """
    start, end = "AlgorithmError: ", f", exit code: {exit_code}"
    return start + message[: MAX_REASON - len(start) - len(end)] + end


def internal_error(error: BaseException, log: Path) -> str:
    """The reason of a job whose supervisor met something it was not written for."""
    text = (
        f"InternalServerError: {type(error).__name__}: {error}. "
        f"The supervisor's log has the details: {log}"
    )
    return text.encode(errors="replace").decode()[:MAX_REASON]


def no_objects(uri: str, bucket: str, role: str, region: str, name: str) -> ClientFault:
    """The fault of an input whose prefix matches nothing, in the real service's words."""
    return ClientFault(
        f'Data download failed for input "{name}": No S3 objects found under S3 URL "{uri}" given '
        "in input data source. Please ensure that the bucket exists in the selected region "
        f'({region}), that objects exist under that S3 prefix, and that the role "{role}" has '
        f'"s3:ListBucket" permissions on bucket "{bucket}".'
    )

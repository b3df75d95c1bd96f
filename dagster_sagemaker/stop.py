"""Stopping a job by name, also one whose submission was under way a moment ago."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from dagster_sagemaker.answers import says_no_such_job
from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.transient import AWS_ERRORS, error_message

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

_TRIES = 3
_SECONDS_BETWEEN = 0.5


def stop_job(
    connection: "SageMakerConnection", kind: JobKind, name: str, report: Callable[[str], None]
) -> bool:
    """Ask for a job to be stopped and report what came of it; never raises AWS errors.

    An interrupt may come between the request to create a job and its answer. The job may then
    appear a moment later, so one that is not known yet is asked for again.

    Returns:
        Whether the job is no longer to be reckoned with; False if it may run on.
    """
    error: Exception | None = None
    for _ in range(_TRIES):
        error = _try_to_stop(connection, kind, name)
        if error is None:
            report(f"[sagemaker] Stopped {kind.name} job {name}")
            return True
        if "is in status" in error_message(error):
            report(f"[sagemaker] Nothing to stop: {error_message(error)}")
            return True
        pause(_SECONDS_BETWEEN)
    if says_no_such_job(error):
        report(f"[sagemaker] Nothing to stop: SageMaker knows no {kind.name} job {name}")
        return True
    report(
        f"[sagemaker] Job {name} could not be stopped and may still run: {error}. Stop it with "
        f"`aws sagemaker stop-{kind.name}-job --{kind.name}-job-name {name}`"
    )
    return False


def _try_to_stop(connection: "SageMakerConnection", kind: JobKind, name: str) -> Exception | None:
    try:
        kind.stop_job(connection.client("sagemaker"), name)
    except AWS_ERRORS as error:
        return error
    return None

"""Reading a job's peaks when it has ended, which never fails the job."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.right_sizing.job_metrics import peaks_by_host
from dagster_sagemaker.right_sizing.shown import peak_metadata
from dagster_sagemaker.transient import AWS_ERRORS, error_code, error_message

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

_DENIALS = frozenset({"AccessDenied", "AccessDeniedException", "NotAuthorized"})

# Runs that were told that they may not read: once is enough, and so is one request.
_denied: set[str] = set()


def read_peaks(
    connection: "SageMakerConnection",
    kind: JobKind,
    description: Mapping[str, Any],
    run_id: str,
    log: dg.DagsterLogManager,
) -> dict[str, Any]:
    """Metadata of what a job took at its peak; none of a job of which that cannot be known.

    Args:
        connection: Where the job ran.
        kind: Processing or training.
        description: The service's last description of the job.
        run_id: The run that asks.
        log: Where to say what is in the way.
    """
    ran = kind.start_field in description and kind.end_field in description
    if not ran or run_id in _denied:
        return {}
    try:
        by_host = peaks_by_host(connection.client("cloudwatch"), kind, description)
    except AWS_ERRORS as error:
        log.warning(_warning(error, description[kind.name_field], run_id))
        return {}
    return peak_metadata(kind.instance_type(description), by_host)


def _warning(error: Exception, job: str, run_id: str) -> str:
    reason = f"{error_code(error)}: {error_message(error)}".removeprefix(": ").rstrip(".")
    if error_code(error) not in _DENIALS:
        return f"[sagemaker] What job {job} took of its instances is not known: {reason}"
    _denied.add(run_id)
    return (
        f"[sagemaker] What jobs take of their instances is not known: {reason}. Allow "
        "cloudwatch:GetMetricData, or pass resource_metrics=False to the client or its run"
    )

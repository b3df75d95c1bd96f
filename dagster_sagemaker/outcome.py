"""How a job ended: every end but Completed is a failure, and says why and what to look at."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.links import job_links
from dagster_sagemaker.logs import LogTail

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

_LINKS = {"console_url": "The job", "logs_url": "Its log streams"}

# Causes that are the user's own: the same job would fail again.
_OWN_FAULTS = ("AlgorithmError", "ClientError", "ValidationException")


def require_completed(
    connection: "SageMakerConnection",
    kind: JobKind,
    description: Mapping[str, Any],
    logs: LogTail,
) -> None:
    """Raise unless the job completed.

    Raises:
        dagster.Failure: With job, status, reason, exit message, the last log lines, and where the
            whole log is. It forbids retries where trying again cannot help: the script's or the
            request's own error, a time limit, or someone's decision to stop the job.
    """
    status = kind.status(description)
    if status == "Completed":
        return
    reason = description.get("FailureReason") or ""
    cause = _stop_cause(kind, description) if status == "Stopped" else reason
    retry = not reason.startswith(_OWN_FAULTS) if status == "Failed" else False
    if description.get("SecondaryStatus") == "MaxWaitTimeExceeded":
        retry = True  # there was no spot capacity in time; there may be now
    raise job_failure(
        connection,
        kind,
        description,
        logs,
        headline=f"ended as {status}: {cause or 'the service gave no reason'}",
        allow_retries=retry,
    )


def job_failure(
    connection: "SageMakerConnection",
    kind: JobKind,
    description: Mapping[str, Any],
    logs: LogTail,
    *,
    headline: str,
    allow_retries: bool,
) -> dg.Failure:
    """A failure with everything that is known about a job."""
    name = description[kind.name_field]
    parts = [f"SageMaker {kind.name} job {name} {headline}"]
    if description.get("ExitMessage"):
        parts.append(f"Exit message: {description['ExitMessage']}")
    if logs.tail:
        parts.append("Last log lines:\n" + "\n".join(f"  {line}" for line in logs.tail))
    links = job_links(connection, kind, name)
    parts.append(f"The whole log: {logs.location}")
    parts += [f"{label}: {links[key].url}" for key, label in _LINKS.items() if key in links]
    metadata = {
        "job_name": name,
        "job_arn": description[kind.arn_field],
        "job_status": kind.status(description),
        "secondary_status": description.get("SecondaryStatus"),
        "failure_reason": description.get("FailureReason"),
        "exit_message": description.get("ExitMessage"),
        "log_group": logs.group,
        "log_stream": ", ".join(logs.stream_names) or None,
        "log_tail": dg.MetadataValue.md(_as_code(logs.tail)) if logs.tail else None,
        **links,
    }
    known = {key: value for key, value in metadata.items() if value}
    return dg.Failure("\n".join(parts), metadata=known, allow_retries=allow_retries)


def _as_code(lines: Iterable[str]) -> str:
    # Indented, because a line of a log may hold a fence of its own.
    return "\n".join(f"    {line}" for line in lines)


def _stop_cause(kind: JobKind, description: Mapping[str, Any]) -> str:
    secondary = description.get("SecondaryStatus")
    limit = description.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    if secondary == "MaxRuntimeExceeded" or (
        kind.name == "processing" and _ran_for(kind, description) >= (limit or float("inf"))
    ):
        return (
            f"it ran longer than StoppingCondition.MaxRuntimeInSeconds={limit}; raise the limit "
            "or give the job less to do"
        )
    if secondary == "MaxWaitTimeExceeded":
        return "no spot capacity within StoppingCondition.MaxWaitTimeInSeconds"
    return description.get("FailureReason") or "someone stopped it: a person, or another program"


def _ran_for(kind: JobKind, description: Mapping[str, Any]) -> float:
    start, end = description.get(kind.start_field), description.get(kind.end_field)
    if start is None or end is None:
        return 0.0
    seconds: float = (end - start).total_seconds()
    return seconds

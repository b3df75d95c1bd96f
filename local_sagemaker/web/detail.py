"""What the page of one job shows."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.jobs.kinds.rules import Shown
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.store import Job
from local_sagemaker.web.overview import instances, step
from local_sagemaker.web.secrets import SecretMask
from local_sagemaker.web.timing import duration, span

_MEBIBYTE = 1024 * 1024


def detail(job: Job, tags: Mapping[str, str], logs: LogFiles) -> dict[str, Any]:
    """What the template ``job.html`` is given.

    Args:
        job: The job.
        tags: Its tags.
        logs: Where its log streams are.
    """
    mask = SecretMask(job.request)
    job = replace(job, request=mask.request())
    shown = job.kind.rules().shown(job)
    return {
        "job": job,
        "step": step(job),
        "duration": duration(job),
        "instances": instances(job),
        "reason": mask.text(job.state.get("FailureReason", "")),
        "message": mask.text(job.state.get("ExitMessage", "")),
        "facts": list(_facts(job, shown)),
        "phases": list(_phases(job)),
        "inputs": shown.inputs,
        "outputs": shown.outputs,
        "parameters": job.request.get("HyperParameters", {}),
        "metrics": job.state.get("FinalMetricDataList", []),
        "tags": {key: mask.text(value) for key, value in tags.items()},
        "request": json.dumps(job.request, indent=2, ensure_ascii=False),
        "streams": streams(job, logs),
        "busy": not job.ended,
    }


def streams(job: Job, logs: LogFiles) -> list[str]:
    """The names of a job's log streams."""
    try:
        return [stream.name for stream in logs.streams(job.kind.log_group, f"{job.name}/")]
    except FileNotFoundError:
        return []


def _facts(job: Job, shown: Shown) -> Iterator[tuple[str, str]]:
    """Names and values that are worth a line."""
    yield "Image", shown.image
    if shown.command:
        yield "Command", " ".join(shown.command)
    if "RoleArn" in job.request:
        yield "Role", job.request["RoleArn"]
    use = job.state.get("ResourceUse", {})
    if "PeakMemoryBytes" in use:
        yield "Peak memory", f"{use['PeakMemoryBytes'] / _MEBIBYTE:,.0f} MiB"
    if "CpuSeconds" in use:
        yield "CPU time", span(use["CpuSeconds"])
    for name in (job.kind.label, "Billable"):
        seconds = job.state.get(f"{name}TimeInSeconds")
        if seconds is not None:
            yield f"{name} time", span(seconds)
    yield "ARN", job.arn


def _phases(job: Job) -> Iterator[dict[str, Any]]:
    """What came after what: secondary statuses, or the few times of a job without them."""
    transitions = job.state.get("SecondaryStatusTransitions", [])
    for one in transitions:
        end = one.get("EndTime", time.time())
        yield {
            "name": one["Status"],
            "message": one["StatusMessage"],
            "start": one["StartTime"],
            "duration": span(end - one["StartTime"]),
        }
    if transitions:
        return
    start, end = job.state.get(job.kind.start_time), job.state.get(job.kind.end_time)
    yield _phase("Created", job.created, start or end)
    if start:
        yield _phase(job.kind.label, start, end)
    if end:
        yield _phase(job.status, end, end)


def _phase(name: str, start: float, end: float | None) -> dict[str, Any]:
    spent = (end or time.time()) - start
    return {"name": name, "message": "", "start": start, "duration": span(spent)}

"""What the page of one job shows."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

from local_sagemaker.log_files import LogFiles
from local_sagemaker.page.overview import instances, step
from local_sagemaker.page.timing import duration, span
from local_sagemaker.records.store import Job

_MEBIBYTE = 1024 * 1024


def detail(job: Job, tags: Mapping[str, str], logs: LogFiles) -> dict[str, Any]:
    """What the template ``job.html`` is given.

    Args:
        job: The job.
        tags: Its tags.
        logs: Where its log streams are.
    """
    return {
        "job": job,
        "step": step(job),
        "duration": duration(job),
        "instances": instances(job),
        "reason": job.state.get("FailureReason", ""),
        "message": job.state.get("ExitMessage", ""),
        "facts": list(_facts(job)),
        "phases": list(_phases(job)),
        "inputs": list(_inputs(job)),
        "outputs": list(_outputs(job)),
        "parameters": job.request.get("HyperParameters", {}),
        "metrics": job.state.get("FinalMetricDataList", []),
        "tags": tags,
        "request": json.dumps(job.request, indent=2, ensure_ascii=False),
        "streams": streams(job, logs),
        "busy": not job.ended,
    }


def log_group(job: Job) -> str:
    """The log group of a job's kind."""
    return f"/aws/sagemaker/{job.kind.title()}Jobs"


def streams(job: Job, logs: LogFiles) -> list[str]:
    """The names of a job's log streams."""
    try:
        return [stream.name for stream in logs.streams(log_group(job), f"{job.name}/")]
    except FileNotFoundError:
        return []


def _facts(job: Job) -> Iterator[tuple[str, str]]:
    """Names and values that are worth a line."""
    if job.kind == "processing":
        application = job.request["AppSpecification"]
        yield "Image", application["ImageUri"]
    else:
        application = job.request["AlgorithmSpecification"]
        yield "Image", application.get("TrainingImage", application.get("AlgorithmName", ""))
    command = [
        *application.get("ContainerEntrypoint", []),
        *application.get("ContainerArguments", []),
    ]
    if command:
        yield "Command", " ".join(command)
    yield "Role", job.request["RoleArn"]
    use = job.state.get("ResourceUse", {})
    if "PeakMemoryBytes" in use:
        yield "Peak memory", f"{use['PeakMemoryBytes'] / _MEBIBYTE:,.0f} MiB"
    if "CpuSeconds" in use:
        yield "CPU time", span(use["CpuSeconds"])
    for name in ("Training", "Billable"):
        seconds = job.state.get(f"{name}TimeInSeconds")
        if seconds is not None:
            yield f"{name} time", span(seconds)
    yield "ARN", job.arn


def _phases(job: Job) -> Iterator[dict[str, Any]]:
    """What came after what: secondary statuses, or the few times that a processing job has."""
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
    start, end = job.state.get("ProcessingStartTime"), job.state.get("ProcessingEndTime")
    yield _phase("Created", job.created, start or end)
    if start:
        yield _phase("Processing", start, end)
    if end:
        yield _phase(job.status, end, end)


def _phase(name: str, start: float, end: float | None) -> dict[str, Any]:
    spent = (end or time.time()) - start
    return {"name": name, "message": "", "start": start, "duration": span(spent)}


def _inputs(job: Job) -> Iterator[dict[str, str]]:
    for one in job.request.get("ProcessingInputs", []):
        source = one.get("S3Input", {})
        yield _place(one["InputName"], source, source.get("S3InputMode", "File"))
    default = job.request.get("AlgorithmSpecification", {}).get("TrainingInputMode", "File")
    for one in job.request.get("InputDataConfig", []):
        source = {
            "LocalPath": f"/opt/ml/input/data/{one['ChannelName']}",
            **one["DataSource"].get("S3DataSource", {}),
        }
        yield _place(one["ChannelName"], source, one.get("InputMode", default))


def _outputs(job: Job) -> Iterator[dict[str, str]]:
    for one in job.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
        target = one.get("S3Output", {})
        yield _place(one["OutputName"], target, target.get("S3UploadMode", ""))
    if "ModelArtifacts" in job.state:
        uri = job.state["ModelArtifacts"]["S3ModelArtifacts"]
        yield _place("model", {"S3Uri": uri, "LocalPath": "/opt/ml/model"}, "")
    if "CheckpointConfig" in job.request:
        yield _place(
            "checkpoints",
            {"LocalPath": "/opt/ml/checkpoints", **job.request["CheckpointConfig"]},
            "",
        )


def _place(name: str, place: Mapping[str, Any], mode: str) -> dict[str, str]:
    sharded = place.get("S3DataDistributionType") == "ShardedByS3Key"
    return {
        "name": name,
        "uri": place.get("S3Uri", ""),
        "path": place.get("LocalPath", ""),
        "mode": f"{mode}, sharded" if sharded else mode,
    }

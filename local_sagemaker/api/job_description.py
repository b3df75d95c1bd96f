"""DescribeProcessingJob and DescribeTrainingJob: all that is known of a job."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.api.job_defaults import described
from local_sagemaker.api.service_models import service_model
from local_sagemaker.kinds import KindOfJob
from local_sagemaker.records.store import Job
from local_sagemaker.records.warm_pools import WarmPool

_PROFILING_INTERVAL = 500
_RULES = {
    "DebugRuleConfigurations": "DebugRuleEvaluationStatuses",
    "ProfilerRuleConfigurations": "ProfilerRuleEvaluationStatuses",
}


def describe(kind: KindOfJob, job: Job, pool: WarmPool | None) -> dict[str, Any]:
    """The response for a job.

    Args:
        kind: The job's kind.
        job: The job.
        pool: Its warm pool, if it has one.
    """
    request = described(kind.kind, job.request)
    found = {
        **request,
        **(_training_extras(job, request, pool) if kind.kind == "training" else {}),
        **job.state,
        kind.member("Arn"): job.arn,
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
    }
    model = service_model("sagemaker").operation_model(f"Describe{kind.member('')}")
    known = model.output_shape.members if model.output_shape else {}
    return {name: value for name, value in found.items() if name in known}


def _training_extras(job: Job, request: dict[str, Any], pool: WarmPool | None) -> dict[str, Any]:
    """What a training job's description has besides its request and its state."""
    extras: dict[str, Any] = {"ProfilingStatus": "Disabled"}
    profiler = request.get("ProfilerConfig")
    if profiler is not None and not profiler["DisableProfiler"]:
        profiler.setdefault("ProfilingIntervalInMilliseconds", _PROFILING_INTERVAL)
        extras["ProfilingStatus"] = "Enabled"
    for configured, evaluated in _RULES.items():
        if configured in request:
            extras[evaluated] = [_not_evaluated(job, rule) for rule in request[configured]]
    if pool is not None:
        extras["WarmPoolStatus"] = pool.described()
    return extras


def _not_evaluated(job: Job, rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "RuleConfigurationName": rule["RuleConfigurationName"],
        "RuleEvaluationStatus": "Stopped",
        "StatusDetails": "The local SageMaker does not evaluate rules.",
        "LastModifiedTime": job.created,
    }

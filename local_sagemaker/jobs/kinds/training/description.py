"""What a training job's description has besides its request and its state."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.records.job import Job
from local_sagemaker.records.warm_pools import WarmPool

_PROFILING_INTERVAL = 500
_RULES = {
    "DebugRuleConfigurations": "DebugRuleEvaluationStatuses",
    "ProfilerRuleConfigurations": "ProfilerRuleEvaluationStatuses",
}


def extras(job: Job, request: dict[str, Any], pool: WarmPool | None) -> dict[str, Any]:
    """The other members of Describe.

    Args:
        job: The job.
        request: Its request with the service's defaults; a profiler's is added.
        pool: Its warm pool, if it has one.
    """
    members: dict[str, Any] = {"ProfilingStatus": "Disabled"}
    profiler = request.get("ProfilerConfig")
    if profiler is not None and not profiler["DisableProfiler"]:
        profiler.setdefault("ProfilingIntervalInMilliseconds", _PROFILING_INTERVAL)
        members["ProfilingStatus"] = "Enabled"
    for configured, evaluated in _RULES.items():
        if configured in request:
            members[evaluated] = [_not_evaluated(job, rule) for rule in request[configured]]
    if pool is not None:
        members["WarmPoolStatus"] = pool.described()
    return members


def _not_evaluated(job: Job, rule: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "RuleConfigurationName": rule["RuleConfigurationName"],
        "RuleEvaluationStatus": "Stopped",
        "StatusDetails": "The local SageMaker does not evaluate rules.",
        "LastModifiedTime": job.created,
    }

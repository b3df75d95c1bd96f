"""UpdateTrainingJob: what may be changed of a training job, and when."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.records.store import Job
from local_sagemaker.records.warm_pools import WarmPool
from local_sagemaker.service_errors import ServiceError, invalid

_DEBUGGED_IN = ("Downloading", "Training")


def updated(job: Job, pool: WarmPool | None, update: Mapping[str, Any]) -> dict[str, Any]:
    """The members of a training job's request that an update replaces.

    Args:
        job: The job.
        pool: Its warm pool, if it has one.
        update: The members of ``UpdateTrainingJob``.

    Raises:
        ServiceError: The job is not where this can be changed.
    """
    members: dict[str, Any] = {}
    if "ResourceConfig" in update:
        _require_pool(job, pool)
        members["ResourceConfig"] = {**job.request["ResourceConfig"], **update["ResourceConfig"]}
    if "ProfilerConfig" in update:
        _require_profiled(job, "ProfilerConfig")
        earlier = job.request.get("ProfilerConfig", {})
        members["ProfilerConfig"] = {**earlier, **update["ProfilerConfig"]}
    if "ProfilerRuleConfigurations" in update:
        _require_profiled(job, "ProfilerRuleConfigurations")
        # Rules can only be added while the job runs.
        rules = [*job.request.get("ProfilerRuleConfigurations", [])]
        members["ProfilerRuleConfigurations"] = rules + update["ProfilerRuleConfigurations"]
    if "RemoteDebugConfig" in update:
        if job.status != "InProgress" or job.state.get("SecondaryStatus") not in _DEBUGGED_IN:
            raise _refusal(job, "RemoteDebugConfig", "SecondaryStatus is Downloading or Training")
        members["RemoteDebugConfig"] = update["RemoteDebugConfig"]
    return members


def _require_pool(job: Job, pool: WarmPool | None) -> None:
    if pool is None or pool.status != "Available":
        status = "none" if pool is None else pool.status
        raise invalid(
            "KeepAlivePeriodInSeconds can be updated only while the training job's WarmPoolStatus "
            f"is Available; the warm pool status of {job.name} is {status}."
        )


def _require_profiled(job: Job, member: str) -> None:
    if job.status != "InProgress" or job.state.get("SecondaryStatus") == "Starting":
        raise _refusal(job, member, "the job is InProgress, and past its start")


def _refusal(job: Job, member: str, when: str) -> ServiceError:
    return invalid(
        f"The request was rejected because the training job is in status {job.status}, "
        f"{job.state.get('SecondaryStatus')}: {member} can be updated only while {when}."
    )

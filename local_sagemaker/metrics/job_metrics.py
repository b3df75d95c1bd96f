"""The instance metrics of a job, from what was measured of it.

As SageMaker has them: memory and disk in percent of what an instance has, and CPU so that each
busy core counts for 100. Jobs here may take more memory than an instance of their type has; then
it is more than 100 percent of that.
"""

import time
from collections.abc import Mapping
from typing import Any

from local_sagemaker.jobs.cluster import cluster_of
from local_sagemaker.metrics.instance_memory import memory_of_machine, memory_of_type
from local_sagemaker.records.job import Job

_GIBIBYTE = 1024**3


def hosts_of(job: Job) -> Mapping[str, Mapping[str, Any]]:
    """What each host of a job took at its peak, as far as it was measured."""
    use: Mapping[str, Any] = job.state.get("ResourceUse", {})
    return use.get("Hosts", {})  # type: ignore[no-any-return]


def metrics_of(job: Job, host: str) -> dict[str, float]:
    """The metrics of one host by their names, in percent."""
    use = hosts_of(job).get(host, {})
    instance_type = type_of(job, host)
    volume = job.kind.resources(job.request).get("VolumeSizeInGB", 0) * _GIBIBYTE
    memory = memory_of_type(instance_type) or memory_of_machine()
    found = {}
    if "PeakMemoryBytes" in use:
        found["MemoryUtilization"] = 100 * use["PeakMemoryBytes"] / memory
    if "PeakCpuPercent" in use:
        found["CPUUtilization"] = use["PeakCpuPercent"]
    if "PeakDiskBytes" in use and volume:  # an instance with a disk of its own has no volume
        found["DiskUtilization"] = 100 * use["PeakDiskBytes"] / volume
    return found


def type_of(job: Job, host: str) -> str:
    """The instance type of one of a job's hosts."""
    cluster = cluster_of(job.kind.instance_groups(job.request))
    return cluster.group_of(host).instance_type


def measured_at(job: Job) -> float:
    """The time that a job's metrics have, in seconds since the epoch: its end, or now."""
    return float(job.state.get(job.kind.end_time, time.time()))

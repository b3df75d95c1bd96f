"""Warm pools of training jobs, as far as the API tells of them.

Nothing is kept warm: there are no instances to keep. What is recorded is which job would have left
its instances to which other, and until when, so that clients see the statuses they wait for.
"""

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.instance_preferences import has_preferences, selected
from local_sagemaker.records.job import Job

_MATCHING = ("InstanceCount", "InstanceType", "VolumeSizeInGB", "VolumeKmsKeyId")
_KEEPING_FAULTS = ("AlgorithmError", "ClientError")
"""Failures after which the instances are as good as before."""

STATUS = """CASE
    WHEN reused_by IS NOT NULL THEN 'Reused'
    WHEN freed IS NULL THEN 'InUse'
    WHEN until > ? THEN 'Available'
    ELSE 'Terminated' END"""
"""A pool's status in SQL; its parameter is the time now."""


@dataclass(frozen=True)
class WarmPool:
    """The warm pool of one training job.

    Args:
        status: ``InUse``, ``Available``, ``Reused`` or ``Terminated``.
        retained: The seconds for which it was kept without a job, so far.
        reused_by: The job that it went to.
    """

    status: str
    retained: int
    reused_by: str | None

    def described(self) -> dict[str, Any]:
        """It as ``WarmPoolStatus`` of Describe and List."""
        members: dict[str, Any] = {"Status": self.status}
        if self.status != "InUse":
            members["ResourceRetainedBillableTimeInSeconds"] = self.retained
        if self.reused_by is not None:
            members["ReusedByJob"] = self.reused_by
        return members


def keep_alive(request: Mapping[str, Any]) -> int:
    """``KeepAlivePeriodInSeconds`` of a training job's request; zero without one."""
    return int(request.get("ResourceConfig", {}).get("KeepAlivePeriodInSeconds", 0))


def claim(connection: sqlite3.Connection, name: str, request: Mapping[str, Any]) -> None:
    """Give a new training job the pool that fits, and one of its own if it has either reason."""
    if request.get("EnableManagedSpotTraining"):
        return
    now = time.time()
    requirements = _requirements(request)
    found = connection.execute(
        "SELECT name FROM warm_pools WHERE requirements = ? AND until > ? AND reused_by IS NULL"
        " ORDER BY until LIMIT 1",
        (requirements, now),
    ).fetchone()
    if found:
        connection.execute(
            "UPDATE warm_pools SET reused_by = ?, until = ? WHERE name = ?", (name, now, found[0])
        )
    if found or keep_alive(request):
        connection.execute(
            "INSERT OR REPLACE INTO warm_pools VALUES (?, ?, ?, NULL, NULL, NULL)",
            (name, requirements, keep_alive(request)),
        )


def release(connection: sqlite3.Connection, job: Job) -> None:
    """Note that a job has ended, and so for how long its pool is there for others.

    Args:
        connection: In the transaction that ends the job.
        job: The job as it stands then.
    """
    freed = job.state.get(job.kind.end_time, time.time())
    fault = str(job.state.get("FailureReason", ""))
    healthy = job.status != "Failed" or fault.startswith(_KEEPING_FAULTS)
    kept = job.kind.start_time in job.state and healthy  # There were instances, and they are sound.
    connection.execute(
        "UPDATE warm_pools SET freed = ?, until = ? + keep_alive * ?"
        " WHERE name = ? AND freed IS NULL",
        (freed, freed, int(kept), job.name),
    )


def set_keep_alive(connection: sqlite3.Connection, name: str, seconds: int) -> None:
    """Let a pool that is ``Available`` stay for so long after its job's end; it may be over now."""
    connection.execute(
        "UPDATE warm_pools SET keep_alive = ?, until = max(freed + ?, min(until, ?))"
        " WHERE name = ?",
        (seconds, seconds, time.time(), name),
    )


def find(connection: sqlite3.Connection, names: list[str]) -> dict[str, WarmPool]:
    """The pools of training jobs, by the job's name; jobs without one are left out."""
    now = time.time()
    marks = ", ".join("?" * len(names))
    rows = connection.execute(
        f"SELECT name, {STATUS}, coalesce(min(until, ?) - freed, 0), reused_by"
        f" FROM warm_pools WHERE name IN ({marks})",
        (now, now, *names),
    ).fetchall()
    return {name: WarmPool(status, round(kept), by) for name, status, kept, by in rows}


def remove(connection: sqlite3.Connection, name: str) -> None:
    """Forget a training job's pool."""
    connection.execute("DELETE FROM warm_pools WHERE name = ?", (name,))


def _requirements(request: Mapping[str, Any]) -> str:
    """What a later job must have in common with a pool to get it, as text that can be compared."""
    resources = request.get("ResourceConfig", {})
    if has_preferences(resources):
        resources = selected(resources)
    network = request.get("VpcConfig", {})
    chaining = request.get("SessionChainingConfig", {})
    return json.dumps(
        [
            request.get("RoleArn"),
            [resources.get(member) for member in _MATCHING],
            [sorted(network.get(member, [])) for member in ("SecurityGroupIds", "Subnets")],
            bool(request.get("EnableInterContainerTrafficEncryption")),
            bool(request.get("EnableNetworkIsolation")),
            bool(chaining.get("EnableSessionTagChaining")),
        ]
    )

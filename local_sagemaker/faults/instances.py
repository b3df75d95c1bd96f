"""Faults of what jobs run on: quotas of instances, and no capacity for them."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from local_sagemaker.faults.model import Fault
from local_sagemaker.faults.registry import Faults
from local_sagemaker.instance_preferences import has_preferences, preferred, selecting
from local_sagemaker.kinds import JobKind
from local_sagemaker.records.states import cut_off
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.service_errors import ServiceError

Members = Mapping[str, Any]

_NO_CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. "
    "Please retry using a different ML instance type."
)


def instances(kind: JobKind, request: Members) -> Counter[str]:
    """How many instances of which types a job asks for."""
    counts: Counter[str] = Counter()
    for group in kind.instance_groups(request):
        counts[group.get("InstanceType", "")] += group.get("InstanceCount", 1)
    return counts


class Instances:
    """The instances of this machine's SageMaker, of which faults can make too few.

    Args:
        faults: The faults.
        store: Says which jobs have instances.
    """

    def __init__(self, faults: Faults, store: JobStore) -> None:
        self._faults = faults
        self._store = store
        self._admitting = threading.Lock()

    @contextmanager
    def admitted(self, kind: JobKind, name: str, request: Members) -> Iterator[Members]:
        """Hold what a new job needs while it is recorded: two cannot take the last instance.

        A name that is taken is let through, to be refused as such: a caller whose answer was lost
        must learn that its job is there, and not that it is in its own way.

        Returns:
            The request, with the first of its preferences for which there is capacity, if any.

        Raises:
            ServiceError: ``ResourceLimitExceeded``, for any of the preferences too.
        """
        with self._admitting:
            if self._store.get(kind, name) is None:
                self._check_quotas(kind, request)
                request = self._with_selection(kind, request)
            yield request

    def launching(self, launch: Callable[[Job], None]) -> Callable[[Job], None]:
        """A way to start jobs that fails those for which there is no capacity.

        Args:
            launch: Starts all others.
        """

        def launch_or_fail(job: Job) -> None:
            resources = job.kind.resources(job.request)
            if has_preferences(resources):
                there_are_some = "SelectedInstanceType" in resources
            else:
                there_are_some = self._has_capacity(job.kind, instances(job.kind, job.request))
            if there_are_some:
                launch(job)
            else:
                self._store.change(job.kind, job.name, cut_off(job.kind, "Failed", _NO_CAPACITY))

        return launch_or_fail

    def _check_quotas(self, kind: JobKind, request: Members) -> None:
        wanted = _wanted(kind, request)
        limits = {one: limit for one in wanted if (limit := self._limit(kind, one)) is not None}
        used = self._used(kind) if limits else Counter()
        for one, limit in limits.items():
            if used[one] + wanted[one] > limit:
                self._faults.first("quota", _of(kind, one, limit))
                raise _exceeded(kind, one, limit, used[one], wanted[one])

    def _with_selection(self, kind: JobKind, request: Members) -> Members:
        for offer in preferred(kind.resources(request)):
            if self._has_capacity(kind, [offer["InstanceType"]]):
                return kind.with_resources(request, selecting(offer))
        return request

    def _has_capacity(self, kind: JobKind, types: Collection[str]) -> bool:
        def about(fault: Fault) -> bool:
            return any(fault.strikes_job(kind, one) for one in types)

        return self._faults.first("capacity", about) is None

    def _limit(self, kind: JobKind, instance_type: str) -> int | None:
        quotas = self._faults.matching("quota", lambda one: one.strikes_job(kind, instance_type))
        return min((quota.limit for quota in quotas), default=None)

    def _used(self, kind: JobKind) -> Counter[str]:
        used: Counter[str] = Counter()
        for job in self._store.unfinished():
            if job.kind is kind:
                used += instances(kind, job.request)
        return used


def _wanted(kind: JobKind, request: Members) -> Counter[str]:
    """The instances for which there must be quota: of preferences, those of each."""
    offers = preferred(kind.resources(request))
    if not offers:
        return instances(kind, request)
    return Counter({one["InstanceType"]: one["InstanceCount"] for one in offers})


def _of(kind: JobKind, instance_type: str, limit: int) -> Callable[[Fault], bool]:
    return lambda fault: fault.limit == limit and fault.strikes_job(kind, instance_type)


def _exceeded(kind: JobKind, instance_type: str, limit: int, used: int, more: int) -> ServiceError:
    return ServiceError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{instance_type} for {kind} job usage' is {limit} "
        f"Instances, with current utilization of {used} Instances and a request delta of {more} "
        "Instances. Please contact AWS support to request an increase for this limit.",
    )

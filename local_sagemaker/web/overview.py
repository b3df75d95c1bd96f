"""What the list of jobs shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from heapq import merge
from typing import Any

from local_sagemaker.kinds import KINDS
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.web.secrets import SecretMask
from local_sagemaker.web.timing import duration, since

PAGE_SIZE = 50
STATUSES = ("InProgress", "Stopping", "Completed", "Failed", "Stopped")


@dataclass(frozen=True)
class Filter:
    """Which jobs to show.

    Args:
        kind: The name of a kind of job; all if empty.
        status: One of ``STATUSES``; all if empty.
        name: Part of the name.
        before: Show only jobs created before this time, in seconds since the epoch.
    """

    kind: str
    status: str
    name: str
    before: float | None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """Read it from a URL; what makes no sense there is left out."""
        kind, status = query.get("kind", ""), query.get("status", "")
        try:
            before = float(query["before"])
        except (KeyError, ValueError):
            before = None
        return cls(
            kind if kind in KINDS else "",
            status if status in STATUSES else "",
            query.get("name", ""),
            before,
        )

    @property
    def members(self) -> dict[str, str]:
        """What a URL needs to select the same jobs, but for ``before``."""
        members = {"kind": self.kind, "status": self.status, "name": self.name}
        return {name: value for name, value in members.items() if value}


def overview(store: JobStore, wanted: Filter) -> dict[str, Any]:
    """What the template ``jobs.html`` is given.

    Args:
        store: Where jobs are recorded.
        wanted: Which jobs, newest first.
    """
    found = [
        store.find(
            JobQuery(
                kind=kind,
                created_before=wanted.before,
                name_contains=wanted.name or None,
                status=wanted.status or None,
                descending=True,
                limit=PAGE_SIZE + 1,
            )
        )
        for kind in KINDS.values()
        if wanted.kind in ("", kind.name)
    ]
    jobs = list(merge(*found, key=lambda job: job.created, reverse=True))
    older = jobs[PAGE_SIZE - 1].created if len(jobs) > PAGE_SIZE else None
    return {
        "rows": [_row(job) for job in jobs[:PAGE_SIZE]],
        "wanted": wanted,
        "kinds": list(KINDS),
        "statuses": STATUSES,
        "older": {**wanted.members, "before": repr(older)} if older else None,
        "busy": any(not job.ended for job in jobs[:PAGE_SIZE]),
    }


def _row(job: Job) -> dict[str, Any]:
    return {
        "kind": job.kind,
        "name": job.name,
        "status": job.status,
        "step": step(job),
        "created": job.created,
        "ago": since(job.created),
        "duration": duration(job),
        "instances": instances(job),
        "reason": SecretMask(job.request).text(job.state.get("FailureReason", "")),
    }


def step(job: Job) -> str:
    """The secondary status of a job that runs, if its kind has some."""
    return "" if job.ended else str(job.state.get("SecondaryStatus", ""))


def instances(job: Job) -> str:
    """How many instances of which type, such as ``2 x ml.m5.large``."""
    return ", ".join(
        f"{group.get('InstanceCount', 1)} × {group.get('InstanceType', '?')}"  # noqa: RUF001
        for group in job.kind.instance_groups(job.request)
    )

"""List operations of jobs: a request's filters and token to a query, and its answer to a page."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from local_sagemaker.kinds import JobKind
from local_sagemaker.records.job_query import JobQuery, SortBy
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.records.warm_pools import WarmPool
from local_sagemaker.service_errors import invalid

_DEFAULT_PAGE = 10
_SORT_BY: Mapping[str, SortBy] = {"CreationTime": "created", "Name": "name", "Status": "status"}


def list_jobs(kind: JobKind, store: JobStore, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer ``ListProcessingJobs`` and the like.

    Raises:
        ServiceError: The token is none of ours, or belongs to another list.
    """
    size = request.get("MaxResults", _DEFAULT_PAGE)
    order = _Order(kind, request.get("SortBy", "CreationTime"), request.get("SortOrder"))
    status = request.get("StatusEquals")
    afterwards = kind.selects_pages and "MaxResults" in request
    found = store.find(
        JobQuery(
            kind=kind,
            created_after=request.get("CreationTimeAfter"),
            created_before=request.get("CreationTimeBefore"),
            modified_after=request.get("LastModifiedTimeAfter"),
            modified_before=request.get("LastModifiedTimeBefore"),
            name_contains=request.get("NameContains"),
            status=None if afterwards else status,
            warm_pool=request.get("WarmPoolStatusEquals"),
            requested=_requested(kind, request),
            sort_by=_SORT_BY[order.by],
            descending=order.descending,
            after=order.read(request.get("NextToken")),
            limit=size + 1,
        )
    )
    page = found[:size]
    jobs = [job for job in page if status in {None, job.status}]
    response: dict[str, Any] = {kind.member("Summaries"): _summaries(kind, store, jobs)}
    if len(found) > size:
        response["NextToken"] = order.token(page[-1])
    return response


def _requested(kind: JobKind, request: Mapping[str, Any]) -> dict[str, str]:
    return {path: request[name] for name, path in kind.list_filters.items() if name in request}


def _summaries(kind: JobKind, store: JobStore, jobs: list[Job]) -> list[dict[str, Any]]:
    pools = store.pools([job.name for job in jobs]) if kind.warm_pools else {}
    return [_summary(kind, job, pools.get(job.name)) for job in jobs]


def _summary(kind: JobKind, job: Job, pool: WarmPool | None) -> dict[str, Any]:
    resources = kind.resources(job.request)
    summary = {
        kind.member("Name"): job.name,
        kind.member("Arn"): job.arn,
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
        **{member: job.state[member] for member in kind.summary if member in job.state},
        **{name: resources[name] for name in kind.summary_resources if name in resources},
    }
    if pool is not None:
        summary["WarmPoolStatus"] = pool.described()
    return summary


class _Order:
    """The order of a list, and the tokens that say how far one has been read.

    Args:
        kind: Whose list it is.
        by: ``SortBy``.
        order: ``SortOrder``.
    """

    def __init__(self, kind: JobKind, by: str, order: str | None) -> None:
        self.by = by
        self.descending = order == "Descending"
        self._name = f"{kind} {by} {'down' if self.descending else 'up'}"

    def token(self, last: Job) -> str:
        """The token of the page behind a job."""
        value = {"CreationTime": last.created, "Name": last.name, "Status": last.status}[self.by]
        text = json.dumps([self._name, value, last.name])
        return base64.urlsafe_b64encode(text.encode()).decode()

    def read(self, token: str | None) -> tuple[float | str, str] | None:
        """The sort value and name of the job that a token stands behind.

        Raises:
            ServiceError: It is none of ours, or belongs to another list.
        """
        if token is None:
            return None
        try:
            order, value, name = json.loads(base64.urlsafe_b64decode(token.encode()))
        except (ValueError, TypeError, RecursionError):
            raise invalid("Invalid NextToken") from None
        good = isinstance(value, float if self.by == "CreationTime" else str)
        if order != self._name or not good or not isinstance(name, str):
            raise invalid("Invalid NextToken: it belongs to another list")
        if not f"{value}{name}".isascii():
            raise invalid("Invalid NextToken")
        return value, name

"""List operations of jobs: a request's filters and token to a query, and its answer to a page."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from ml_pipeline.local_sagemaker.api.errors import invalid
from ml_pipeline.local_sagemaker.api.job_kinds import KindOfJob
from ml_pipeline.local_sagemaker.job_query import JobQuery, SortBy
from ml_pipeline.local_sagemaker.store import Job, JobStore

_DEFAULT_PAGE = 10
_SORT_BY: Mapping[str, SortBy] = {"CreationTime": "created", "Name": "name", "Status": "status"}


def list_jobs(kind: KindOfJob, store: JobStore, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer ``ListProcessingJobs`` or ``ListTrainingJobs``.

    Raises:
        ServiceError: The token is none of ours, or belongs to a list in another order.
    """
    size = request.get("MaxResults", _DEFAULT_PAGE)
    sort_by = request.get("SortBy", "CreationTime")
    order = request.get("SortOrder", "Ascending")
    jobs: list[Job] = []
    # Jobs here have no warm pools and no training plans: nothing can match such a filter.
    if not request.keys() & {"WarmPoolStatusEquals", "TrainingPlanArnEquals"}:
        jobs = store.find(
            JobQuery(
                kind=kind.kind,
                created_after=request.get("CreationTimeAfter"),
                created_before=request.get("CreationTimeBefore"),
                modified_after=request.get("LastModifiedTimeAfter"),
                modified_before=request.get("LastModifiedTimeBefore"),
                name_contains=request.get("NameContains"),
                status=request.get("StatusEquals"),
                sort_by=_SORT_BY[sort_by],
                descending=order == "Descending",
                after=_read_token(request.get("NextToken"), sort_by, order),
                limit=size + 1,
            )
        )
    page = jobs[:size]
    response: dict[str, Any] = {kind.member("Summaries"): [_summary(kind, job) for job in page]}
    if len(jobs) > size:
        response["NextToken"] = _token(page[-1], sort_by, order)
    return response


def _summary(kind: KindOfJob, job: Job) -> dict[str, Any]:
    return {
        kind.member("Name"): job.name,
        kind.member("Arn"): job.arn,
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
        **{member: job.state[member] for member in kind.summary if member in job.state},
    }


def _token(last: Job, sort_by: str, order: str) -> str:
    value = {"CreationTime": last.created, "Name": last.name, "Status": last.status}[sort_by]
    text = json.dumps([sort_by, order, value, last.name])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _read_token(token: str | None, sort_by: str, order: str) -> tuple[float | str, str] | None:
    if token is None:
        return None
    try:
        made_for, made_in, value, name = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError):
        raise invalid("Invalid NextToken") from None
    kind_of_value = float if sort_by == "CreationTime" else str
    good = (made_for, made_in) == (sort_by, order) and isinstance(value, kind_of_value)
    if not good or not isinstance(name, str) or not f"{value}{name}".isascii():
        raise invalid("Invalid NextToken: it belongs to another list")
    return value, name

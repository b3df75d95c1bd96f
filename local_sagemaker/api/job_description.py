"""Describe operations of jobs: all that is known of one."""

from typing import Any

from local_sagemaker.api.job_defaults import described
from local_sagemaker.api.service_models import service_model
from local_sagemaker.records.job import Job
from local_sagemaker.records.warm_pools import WarmPool


def describe(job: Job, pool: WarmPool | None) -> dict[str, Any]:
    """The response for a job.

    Args:
        job: The job.
        pool: Its warm pool, if it has one.
    """
    request = described(job.kind, job.request)
    extras = job.kind.rules().extras(job, request, pool)
    found = {
        **request,
        **extras,
        **job.state,
        job.kind.member("Arn"): job.arn,
        "CreationTime": job.created,
        "LastModifiedTime": job.modified,
    }
    model = service_model("sagemaker").operation_model(job.kind.operation("Describe"))
    known = model.output_shape.members if model.output_shape else {}
    return {name: value for name, value in found.items() if name in known}

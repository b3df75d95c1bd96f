"""Which exception, in the terms of retry policies, a failed call or job is."""

from local_sagemaker.pipelines.definition.retries import (
    CAPACITY_ERROR,
    INTERNAL_ERROR,
    RESOURCE_LIMIT,
    SERVICE_FAULT,
    THROTTLING,
)
from local_sagemaker.service_errors import ServiceError

LONGEST_REASON = 1024
"""``FailureReason`` of a step holds at most this many characters."""

_OF_CODES = {"ThrottlingException": THROTTLING, "ResourceLimitExceeded": RESOURCE_LIMIT}
_OF_REASONS = {
    "CapacityError": CAPACITY_ERROR,
    "InternalServerError": INTERNAL_ERROR,
    "ResourceLimitExceeded": RESOURCE_LIMIT,
}


def exception_of_call(error: ServiceError) -> str | None:
    """The exception that a refused create call is; None for one that no policy is for."""
    return _OF_CODES.get(error.code, SERVICE_FAULT if error.status >= 500 else None)


def exception_of_job(reason: str) -> str | None:
    """The exception that a job's ``FailureReason`` tells of; None for one that no policy is for."""
    return _OF_REASONS.get(reason.partition(":")[0])


def execution_reason(step: str, reason: str) -> str:
    """The ``FailureReason`` of an execution of which a step failed."""
    text = f"Step failure: One or multiple steps failed. {step}: {reason}"
    return " ".join(text.split())[:LONGEST_REASON]

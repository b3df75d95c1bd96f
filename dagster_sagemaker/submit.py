"""Submitting a job under a name that makes it safe to try again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from botocore.exceptions import ClientError

from dagster_sagemaker.attempts import describe, why_not_usable
from dagster_sagemaker.errors import NameTakenError
from dagster_sagemaker.links import console_url
from dagster_sagemaker.transient import AWS_ERRORS, error_code, error_message, patiently

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
    from dagster_sagemaker.kinds import JobKind
    from dagster_sagemaker.plan import JobPlan

_NEVER_RETRIED = frozenset({"ValidationException", "AccessDeniedException", "AccessDenied"})


def submit(
    connection: "SageMakerConnection",
    plan: "JobPlan",
    request: Mapping[str, Any],
    log: dg.DagsterLogManager,
) -> dict[str, Any] | None:
    """Create the job, once: a repeated create of the same name is refused by the service.

    Returns:
        The job's description if it existed already, because an answer was lost or another process
        was faster; None if it was created.

    Raises:
        NameTakenError: The job existed, and is none to be followed or used.
        dagster.Failure: The service refused the request, or did not answer.
    """
    kind = plan.kind
    name = request[kind.name_field]
    try:
        arn = patiently(
            lambda: kind.create_job(connection.client("sagemaker"), request),
            lambda error: log.warning(f"[sagemaker] Waiting to submit {name}: {error}"),
        )
    except AWS_ERRORS as error:
        if error_code(error) != "ResourceInUse":
            raise _refused(kind, name, plan, error) from error
        description = describe(connection, kind, name, log)
        if description is None or why_not_usable(connection, plan, description) is not None:
            raise NameTakenError(name) from error
        log.info(f"[sagemaker] Job {name} was submitted already; following it")
        return description
    page = console_url(connection, kind, name)
    log.info(f"[sagemaker] Started {kind.name} job {name} ({page or arn})")
    return None


def _refused(kind: "JobKind", name: str, plan: "JobPlan", error: Exception) -> dg.Failure:
    job = f"{kind.name} job {name} of {plan.step.title}"
    if not isinstance(error, ClientError):
        return dg.Failure(
            f"SageMaker did not answer when {job} was submitted: {error}. Check the credentials "
            "and the network. Should the job run, re-executing this run follows it."
        )
    return dg.Failure(
        f"SageMaker refused {job}: {error_code(error)}: {error_message(error)}",
        allow_retries=error_code(error) not in _NEVER_RETRIED,
    )

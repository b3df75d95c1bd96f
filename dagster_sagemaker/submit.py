"""Submitting a job under a name that makes it safe to try again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.answers import says_not_created
from dagster_sagemaker.attempts import describe, why_not_usable
from dagster_sagemaker.errors import JobNotCreatedError, NameTakenError
from dagster_sagemaker.links import console_url
from dagster_sagemaker.transient import AWS_ERRORS, error_code, error_message, patiently

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
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
        JobNotCreatedError: There is no job: the service refused it, or nothing was sent to it.
        dagster.Failure: There may be a job: no answer came, or one that leaves it open.
    """
    kind = plan.kind
    name = request[kind.name_field]
    tried_before = False

    def on_trouble(error: Exception) -> None:
        nonlocal tried_before
        tried_before = True
        log.warning(f"[sagemaker] Waiting to submit {name}: {error}")

    try:
        arn = patiently(
            lambda: kind.create_job(connection.client("sagemaker"), request), on_trouble
        )
    except AWS_ERRORS as error:
        if error_code(error) != "ResourceInUse":
            job = f"{kind.name} job {name} of {plan.step.title}"
            if tried_before or not says_not_created(error):
                raise _left_open(job, error) from error
            raise _not_created(job, error) from error
        description = describe(connection, kind, name, log)
        if description is None or why_not_usable(connection, plan, description) is not None:
            raise NameTakenError(name) from error
        log.info(f"[sagemaker] Job {name} was submitted already; following it")
        return description
    page = console_url(connection, kind, name)
    log.info(f"[sagemaker] Started {kind.name} job {name} ({page or arn})")
    return None


def _not_created(job: str, error: Exception) -> JobNotCreatedError:
    code = error_code(error)
    if not code:
        return JobNotCreatedError(
            f"Could not submit {job}: {error}. Check the credentials and the region in use."
        )
    return JobNotCreatedError(
        f"SageMaker refused {job}: {code}: {error_message(error)}",
        allow_retries=code not in _NEVER_RETRIED,
    )


def _left_open(job: str, error: Exception) -> dg.Failure:
    code = error_code(error)
    answer = f"answered {code}: {error_message(error)}" if code else f"did not answer: {error}"
    return dg.Failure(
        f"SageMaker {answer.rstrip('.')}. It is not known whether this started {job}: check the "
        "network and the credentials in use, then re-execute this run; it follows the job if there "
        "is one."
    )

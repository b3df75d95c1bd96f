"""Submitting a job under a name that makes it safe to try again."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.answers import says_not_created
from dagster_sagemaker.attempts import Attempt, describe, is_of_this_run, why_not_usable
from dagster_sagemaker.credentials import CredentialsPatience, says_credentials_are_out
from dagster_sagemaker.errors import JobNotCreatedError, NameTakenError
from dagster_sagemaker.links import console_url
from dagster_sagemaker.options import JobOptions
from dagster_sagemaker.quota import QuotaLine
from dagster_sagemaker.transient import AWS_ERRORS, error_code, error_message, patiently

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
    from dagster_sagemaker.plan import JobPlan

_DENIALS = frozenset({"AccessDeniedException", "AccessDenied"})
_NEVER_RETRIED = _DENIALS | {"ValidationException"}


def submit(
    connection: "SageMakerConnection",
    plan: "JobPlan",
    request: Mapping[str, Any],
    options: JobOptions,
    hold: Callable[[], None],
    log: dg.DagsterLogManager,
) -> Attempt:
    """Create the job, once: a repeated create of the same name is refused by the service.

    Args:
        connection: Where the job is to run.
        plan: The work.
        request: The complete request.
        options: How long to wait in line, and for credentials.
        hold: Called just before each try.
        log: The run's log.

    Returns:
        The job, with a description if it existed already, because an answer was lost or another
        process was faster.

    Raises:
        NameTakenError: The job existed, and is none to be followed or used.
        JobNotCreatedError: There is no job: the service refused it, or nothing was sent to it.
        dagster.Failure: There may be a job: no answer came, or one that leaves it open.
    """
    kind, name = plan.kind, request[plan.kind.name_field]
    job = f"{kind.name} job {name} of {plan.step.title}"
    line = QuotaLine(job, options.polling, options.max_quota_wait_seconds, log)
    patience = CredentialsPatience(
        connection,
        state=f"{job[0].upper()}{job[1:]} is not submitted",
        goal="have it submitted",
        limit_seconds=options.max_credentials_wait_seconds,
        log=log,
    )
    tried_before = False

    def create() -> None:
        _hold(hold)
        arn = kind.create_job(connection.client("sagemaker"), request)
        page = console_url(connection, kind, name)
        log.info(f"[sagemaker] Started {kind.name} job {name} ({page or arn})")

    def on_trouble(error: Exception) -> None:
        nonlocal tried_before
        tried_before = True
        log.warning(f"[sagemaker] Waiting to submit {name}: {error}")

    while True:
        error = _error_of(create, on_trouble)
        if error is None:
            return Attempt(name, None)
        if not says_credentials_are_out(error):
            patience.over()
        left_open = tried_before or not says_not_created(error)
        if error_code(error) == "ResourceInUse":
            return _existing(connection, plan, name, log)
        if error_code(error) == "ResourceLimitExceeded":
            # What uses the quota up may be this very job, whose answer was lost.
            if left_open and describe(connection, kind, name, log) is not None:
                return _existing(connection, plan, name, log)
            tried_before = False
            line.wait(error)
        elif _says_tags_are_denied(error) and request.get("Tags"):
            log.warning(f"[sagemaker] Submitting {name} without tags: {error_message(error)}")
            request = {key: value for key, value in request.items() if key != "Tags"}
        elif patience.lasts(error):
            patience.wait(options.polling)
        elif left_open:
            raise _left_open(job, error) from error
        elif says_credentials_are_out(error):
            raise JobNotCreatedError(
                f"{patience.refusal(error)}: renew them, then re-execute this run"
            ) from error
        else:
            raise _not_created(job, error) from error


def _hold(hold: Callable[[], None]) -> None:
    try:
        hold()
    except dg.Failure as failure:
        cause = failure.__cause__
        if isinstance(cause, AWS_ERRORS) and says_credentials_are_out(cause):
            raise cause from failure  # to be waited out like those of the submission itself
        raise


def _error_of(
    create: Callable[[], None], on_trouble: Callable[[Exception], None]
) -> Exception | None:
    try:
        patiently(create, on_trouble)
    except AWS_ERRORS as error:
        return error
    return None


def _existing(
    connection: "SageMakerConnection", plan: "JobPlan", name: str, log: dg.DagsterLogManager
) -> Attempt:
    description = describe(connection, plan.kind, name, log)
    if description is None or why_not_usable(connection, plan, description) is not None:
        raise NameTakenError(name)
    log.info(f"[sagemaker] Job {name} was submitted already; following it")
    return Attempt(name, description, is_of_this_run(plan, description))


def _says_tags_are_denied(error: Exception) -> bool:
    return error_code(error) in _DENIALS and "sagemaker:AddTags" in error_message(error)


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

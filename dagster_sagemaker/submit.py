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
    return _Submission(connection, plan, request, options, hold, log).run()


class _Submission:
    """The tries to create one job."""

    def __init__(
        self,
        connection: "SageMakerConnection",
        plan: "JobPlan",
        request: Mapping[str, Any],
        options: JobOptions,
        hold: Callable[[], None],
        log: dg.DagsterLogManager,
    ) -> None:
        self._connection = connection
        self._plan = plan
        self._request = request
        self._hold = hold
        self._log = log
        self._name = request[plan.kind.name_field]
        self._job = f"{plan.kind.name} job {self._name} of {plan.step.title}"
        self._line = QuotaLine(
            self._job,
            options.polling,
            options.max_quota_wait_seconds,
            log,
            stays=options.wait_for_completion,
            waited_seconds=plan.waited_seconds,
        )
        self._patience = CredentialsPatience(
            connection,
            state=f"{self._job[0].upper()}{self._job[1:]} is not submitted",
            goal="have it submitted",
            limit_seconds=options.max_credentials_wait_seconds,
            polling=options.polling,
            log=log,
        )
        self._left_open = False  # whether a try so far may have created it

    def run(self) -> Attempt:
        while (error := self._error()) is not None:
            if (found := self._after(error)) is not None:
                return found
        return Attempt(self._name, None)

    def _error(self) -> Exception | None:
        """What a try ended in; None if it created the job."""
        try:
            patiently(self._create, self._on_trouble)
        except AWS_ERRORS as error:
            return error
        return None

    def _create(self) -> None:
        try:
            self._hold()
        except dg.Failure as failure:
            cause = failure.__cause__
            if isinstance(cause, AWS_ERRORS) and says_credentials_are_out(cause):
                raise cause from failure  # to be waited out like those of the submission itself
            raise
        kind = self._plan.kind
        arn = kind.create_job(self._connection.client("sagemaker"), self._request)
        page = console_url(self._connection, kind, self._name)
        self._log.info(f"[sagemaker] Started {kind.name} job {self._name} ({page or arn})")

    def _on_trouble(self, error: Exception) -> None:
        self._left_open = True
        self._log.warning(f"[sagemaker] Waiting to submit {self._name}: {error}")

    def _after(self, error: Exception) -> Attempt | None:
        """The job that exists, or None when it is time for another try."""
        self._left_open |= not says_not_created(error)
        if not says_credentials_are_out(error):
            self._patience.over()
        if error_code(error) == "ResourceInUse":
            return self._existing()
        if error_code(error) == "ResourceLimitExceeded":
            return self._wait_in_line(error)
        if _says_tags_are_denied(error) and self._request.get("Tags"):
            text = f"Submitting {self._name} without tags: {error_message(error)}"
            self._log.warning(f"[sagemaker] {text}")
            self._request = {key: value for key, value in self._request.items() if key != "Tags"}
            return None
        if self._patience.lasts(error):
            self._patience.wait()
            return None
        raise self._failure(error) from error

    def _wait_in_line(self, error: Exception) -> Attempt | None:
        # What uses the quota up may be this very job, whose answer was lost.
        if self._left_open and self._describe() is not None:
            return self._existing()
        self._left_open = False
        self._line.wait(error)
        return None

    def _existing(self) -> Attempt:
        description = self._describe()
        if (
            description is None
            or why_not_usable(self._connection, self._plan, description) is not None
        ):
            raise NameTakenError(self._name)
        self._log.info(f"[sagemaker] Job {self._name} was submitted already; following it")
        return Attempt(self._name, description, is_of_this_run(self._plan, description))

    def _describe(self) -> dict[str, Any] | None:
        return describe(self._connection, self._plan.kind, self._name, self._log)

    def _failure(self, error: Exception) -> dg.Failure:
        if self._left_open:
            return _left_open(self._job, error)
        if says_credentials_are_out(error):
            return JobNotCreatedError(
                f"{self._patience.refusal(error)}: renew them, then re-execute this run"
            )
        return _not_created(self._job, error)


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

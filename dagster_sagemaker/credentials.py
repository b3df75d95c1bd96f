"""Credentials that run out while a job is waited for: the job needs none of them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import dagster as dg
from botocore.exceptions import (
    CredentialRetrievalError,
    NoCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.transient import AWS_ERRORS, error_code

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

T = TypeVar("T")

_CODES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidToken",
        "RequestExpired",
        "UnrecognizedClientException",
    }
)

_NONE_TO_BE_HAD = (CredentialRetrievalError, NoCredentialsError, SSOError, TokenRetrievalError)


def says_credentials_are_out(error: Exception) -> bool:
    """Whether an error may pass when somebody renews the credentials in use.

    A failure of ours says what its cause says.
    """
    if isinstance(error, dg.Failure) and isinstance(error.__cause__, Exception):
        return says_credentials_are_out(error.__cause__)
    return error_code(error) in _CODES or isinstance(error, _NONE_TO_BE_HAD)


@dataclass
class CredentialsPatience:
    """Waiting for credentials to be renewed, for a bounded time.

    Args:
        connection: Reads them anew at each try, unless they are its own fields.
        state: How the job is meanwhile, for people: "Processing job x runs on".
        goal: What they are needed for: "go on waiting for it".
        limit_seconds: Longest wait.
        polling: Pace of the tries.
        log: The run's log.
    """

    connection: "SageMakerConnection"
    state: str
    goal: str
    limit_seconds: float
    polling: Polling
    log: dg.DagsterLogManager
    _since: float | None = None
    _tries: int = 0

    def lasts(self, error: Exception) -> bool:
        """Whether what ended in this error is to be tried again: they are out, and not for long."""
        if not says_credentials_are_out(error):
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
            self.log.warning(
                f"[sagemaker] The credentials in use are refused: {_sentence(error)} {self.state}; "
                f"renew them within {self.limit_seconds:g} s to {self.goal}"
            )
        if now - self._since >= self.limit_seconds:
            return False
        self.connection.forget_credentials()
        return True

    def wait(self) -> None:
        """Wait until it is time for the next try."""
        waited = 0.0 if self._since is None else time.monotonic() - self._since
        interval = self.polling.interval(waited, self._tries)
        self._tries += 1
        pause(min(interval, max(self.limit_seconds - waited, 0.0)))

    def refusal(self, error: Exception) -> str:
        """How to say that they stayed out."""
        return (
            f"The credentials in use were refused for max_credentials_wait_seconds="
            f"{self.limit_seconds:g}: {_sentence(error)} {self.state}"
        )

    def renewed(self, call: Callable[[], T]) -> T:
        """The result of a call that is safe to repeat, once the credentials do for it.

        Raises:
            dagster.Failure: They stayed out; or the call's own.
        """
        while True:
            try:
                result = call()
            except (*AWS_ERRORS, dg.Failure) as error:
                if not self.lasts(error):
                    if not says_credentials_are_out(error):
                        raise
                    message = f"{self.refusal(error)}: renew them, then re-execute this run"
                    raise dg.Failure(message) from error
            else:
                self.over()
                return result
            self.wait()

    def over(self) -> None:
        """The credentials do again."""
        self._since, self._tries = None, 0


def _sentence(error: Exception) -> str:
    reason = error.__cause__ if isinstance(error, dg.Failure) else error
    return f"{str(reason).rstrip('.')}."

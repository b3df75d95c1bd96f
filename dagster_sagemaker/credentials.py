"""Credentials that run out while a job is waited for: the job needs none of them."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg
from botocore.exceptions import (
    CredentialRetrievalError,
    NoCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.transient import error_code

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

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
    """Whether an error may pass when somebody renews the credentials in use."""
    return error_code(error) in _CODES or isinstance(error, _NONE_TO_BE_HAD)


@dataclass
class CredentialsPatience:
    """Waiting for credentials to be renewed, for a bounded time.

    Args:
        connection: Reads them anew at each try, unless they are its own fields.
        state: How the job is meanwhile, for people: "Processing job x runs on".
        goal: What they are needed for: "go on waiting for it".
        limit_seconds: Longest wait.
        log: The run's log.
    """

    connection: "SageMakerConnection"
    state: str
    goal: str
    limit_seconds: float
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

    def wait(self, polling: Polling) -> None:
        """Wait until it is time for the next try."""
        waited = 0.0 if self._since is None else time.monotonic() - self._since
        interval = polling.interval(waited, self._tries)
        self._tries += 1
        pause(min(interval, max(self.limit_seconds - waited, 0.0)))

    def refusal(self, error: Exception) -> str:
        """How to say that they stayed out."""
        return (
            f"The credentials in use were refused for max_credentials_wait_seconds="
            f"{self.limit_seconds:g}: {_sentence(error)} {self.state}"
        )

    def over(self) -> None:
        """The credentials do again."""
        self._since, self._tries = None, 0


def _sentence(error: Exception) -> str:
    return f"{str(error).rstrip('.')}."

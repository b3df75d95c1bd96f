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
        job: Who waits, for people.
        limit_seconds: Longest wait.
        log: The run's log.
    """

    connection: "SageMakerConnection"
    job: str
    limit_seconds: float
    log: dg.DagsterLogManager
    _since: float | None = None

    def covers(self, error: Exception) -> bool:
        """Whether a look that ended in this error is to be repeated.

        Raises:
            dagster.Failure: The credentials are out, and the limit has passed.
        """
        if not says_credentials_are_out(error):
            return False
        now = time.monotonic()
        if self._since is None:
            self._since = now
            self.log.warning(
                f"[sagemaker] The credentials in use are refused: {error} {self.job} runs on; "
                f"renew them within {self.limit_seconds:g} s to go on waiting for it"
            )
        if now - self._since >= self.limit_seconds:
            message = (
                f"The credentials in use were refused for max_credentials_wait_seconds="
                f"{self.limit_seconds:g}: {error} {self.job} runs on in SageMaker. Renew them, "
                "then re-execute this run: it follows the job, or uses what it left."
            )
            raise dg.Failure(message) from error
        self.connection.forget_credentials()
        return True

    def over(self) -> None:
        """The credentials do again."""
        self._since = None

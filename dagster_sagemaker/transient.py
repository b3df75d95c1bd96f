"""Telling trouble that passes by itself from an answer."""

import random
import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
)

from dagster_sagemaker.interrupts import pause

T = TypeVar("T")

_THROTTLES = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "LimitExceededException",
        "SlowDown",
        "ServiceUnavailable",
        "RequestTimeout",
    }
)

# No connection could be made, or it was cut before the answer was complete.
_NO_ANSWER = (ConnectionError, HTTPClientError, IncompleteReadError)

AWS_ERRORS = (ClientError, BotoCoreError)
"""Whatever a boto3 call raises, an interrupt aside."""


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed later: throttled, server error, or no connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error_code(error) in _THROTTLES
    return isinstance(error, _NO_ANSWER)


def is_transient_code(code: str) -> bool:
    """Whether an error that a batch has for one of its entries may be none later."""
    return code in _THROTTLES or code == "InternalFailure"


def error_code(error: Exception | None) -> str:
    """AWS's code of an error; empty if it is none."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return ""


def error_message(error: Exception) -> str:
    """AWS's text of an error, or the error's own."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Message", "")) or str(error)
    return str(error)


def patiently(call: Callable[[], T], on_trouble: Callable[[Exception], None]) -> T:
    """The result of a call that is repeated while its trouble passes by itself.

    botocore has tried a few times before this sees an error. Waits get longer, up to 30 seconds,
    for ten minutes in all; for one minute without any connection, which may be a wrong address.

    Args:
        call: What to do; must be safe to repeat.
        on_trouble: Told of the first error.
    """
    started = time.monotonic()
    for attempt in count():
        try:
            return call()
        except AWS_ERRORS as error:
            patience = 60 if isinstance(error, _NO_ANSWER) else 600
            if not is_transient(error) or time.monotonic() - started > patience:
                raise
            if attempt == 0:
                on_trouble(error)
        pause(min(2**attempt, 30) * random.uniform(0.5, 1))  # noqa: S311 - only jitter
    raise AssertionError  # pragma: no cover - count() does not end

"""Retry policies of a step: which exceptions, how often, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.pipelines.definition.places import (
    array,
    listed,
    only,
    shown,
    structure,
    wrong,
)

SERVICE_FAULT, THROTTLING = "Step.SERVICE_FAULT", "Step.THROTTLING"
INTERNAL_ERROR = "SageMaker.JOB_INTERNAL_ERROR"
CAPACITY_ERROR = "SageMaker.CAPACITY_ERROR"
RESOURCE_LIMIT = "SageMaker.RESOURCE_LIMIT"

_KNOWN = (SERVICE_FAULT, THROTTLING, INTERNAL_ERROR, CAPACITY_ERROR, RESOURCE_LIMIT)
_MEMBERS = ("ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
_MOST_ATTEMPTS, _MOST_MINUTES = 20, 14400


@dataclass(frozen=True)
class RetryPolicy:
    """A policy.

    Args:
        exceptions: The exceptions it is for.
        interval: Seconds before the first retry.
        backoff: By what the interval grows with each retry.
        attempts: The most retries; None if there is no limit to their number.
        expire: Seconds after the step's start when no retry is made any more; None for never.
    """

    exceptions: frozenset[str]
    interval: float
    backoff: float
    attempts: int | None
    expire: float | None

    def delay(self, retries: int, since_start: float) -> float | None:
        """Seconds before the next retry, or None if there is to be none.

        Args:
            retries: How many there were by this policy.
            since_start: Seconds since the step's first attempt began.
        """
        if self.attempts is not None and retries >= self.attempts:
            return None
        delay = self.interval * self.backoff**retries
        if self.expire is not None and since_start + delay > self.expire:
            return None
        return delay


BY_ITSELF = RetryPolicy(frozenset({SERVICE_FAULT, THROTTLING}), 1.0, 2.0, 5, None)
"""The service's own policy, for what a step has none for."""


def read_retries(value: Any, place: str) -> tuple[RetryPolicy, ...]:
    """The policies of a step, and the service's own behind them."""
    items = enumerate(array(value, place))
    policies = [_policy(structure(one, place), f"{place}[{number}]") for number, one in items]
    return (*policies, BY_ITSELF)


def _policy(value: Mapping[str, Any], place: str) -> RetryPolicy:
    only(value, _MEMBERS, place)
    exceptions = array(value.get("ExceptionType"), f"{place}.ExceptionType")
    for exception in exceptions:
        if exception not in _KNOWN:
            raise wrong(f"{place}.ExceptionType", f"{shown(exception)} is none of {listed(_KNOWN)}")
    attempts = _number(value, "MaxAttempts", place, _MOST_ATTEMPTS)
    minutes = _number(value, "ExpireAfterMin", place, _MOST_MINUTES)
    if (attempts is None) == (minutes is None):
        raise wrong(place, "it needs either MaxAttempts or ExpireAfterMin")
    interval = _number(value, "IntervalSeconds", place)
    backoff = _number(value, "BackoffRate", place)
    return RetryPolicy(
        frozenset(exceptions),
        1.0 if interval is None else interval,
        2.0 if backoff is None else backoff,
        None if attempts is None else int(attempts),
        None if minutes is None else minutes * 60,
    )


def _number(
    value: Mapping[str, Any], name: str, place: str, most: float | None = None
) -> float | None:
    number = value.get(name)
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
        raise wrong(f"{place}.{name}", f"it must be a number from 0 on, and is {shown(number)}")
    if most is not None and number > most:
        raise wrong(f"{place}.{name}", f"it may be at most {most}, and is {number}")
    return float(number)

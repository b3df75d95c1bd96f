"""What faults do to one call of an operation."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from aiohttp import web

from local_sagemaker.faults.fault_types import FaultName
from local_sagemaker.faults.model import Fault
from local_sagemaker.faults.registry import Faults
from local_sagemaker.service_errors import ServiceError

T = TypeVar("T")
Cut = Literal["drop"]

_STATUSES = {
    "AccessDenied": 403,
    "InternalError": 500,
    "InternalFailure": 500,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
}
_TEXTS = {
    "AccessDenied": "Access Denied",
    "ServiceUnavailable": "Service is unable to handle request.",
    "SlowDown": "Please reduce your request rate.",
}
_INTERNAL = "We encountered an internal error. Please try again."
_STRIKING: tuple[FaultName, ...] = ("throttling", "error", "drop")


@dataclass(frozen=True)
class Trouble:
    """What happens to a call.

    Args:
        seconds: How long it waits first.
        before: What it gets instead of being done.
        after: What it gets although it was done.
        bytes_per_second: How fast bodies come and go.
    """

    seconds: float = 0.0
    before: ServiceError | Cut | None = None
    after: ServiceError | Cut | None = None
    bytes_per_second: int | None = None


def trouble(
    faults: Faults, service: str, operation: str, bucket: str = "", key: str = ""
) -> Trouble:
    """What the faults that are on do to a call that is made now.

    Args:
        faults: The faults.
        service: The name that the call is signed for.
        operation: The operation's name.
        bucket: The bucket it is about, if it is one of S3.
        key: The key, likewise.
    """

    def about(fault: Fault) -> bool:
        return fault.strikes(service, operation) and fault.strikes_object(bucket, key)

    slow = faults.first("slow", about)
    before = _strike(faults, service, lambda fault: about(fault) and not fault.after)
    after = None
    if before is None:
        after = _strike(faults, service, lambda fault: about(fault) and fault.after)
    return Trouble(
        seconds=slow.seconds if slow else 0.0,
        before=before,
        after=after,
        bytes_per_second=slow.bytes_per_second if slow else None,
    )


def strike(faults: Faults, service: str, operation: str) -> None:
    """Fail a call that the service makes of itself, as faults would fail one from outside.

    Raises:
        ServiceError: It is to fail now.
    """
    instead = trouble(faults, service, operation).before
    if instead == "drop":
        raise ServiceError("InternalFailure", "The connection was cut.", 500)
    if instead is not None:
        raise instead


def _strike(
    faults: Faults, service: str, about: Callable[[Fault], bool]
) -> ServiceError | Cut | None:
    for kind in _STRIKING:
        fault = faults.first(kind, about)
        if fault is not None:
            return "drop" if kind == "drop" else _error(fault, service)
    return None


def _error(fault: Fault, service: str) -> ServiceError:
    if fault.fault == "throttling":
        if service == "s3":
            return ServiceError("SlowDown", _TEXTS["SlowDown"], _STATUSES["SlowDown"])
        return ServiceError("ThrottlingException", "Rate exceeded")
    code = fault.code or ("InternalError" if service == "s3" else "InternalFailure")
    message = fault.message or _TEXTS.get(code, _INTERNAL)
    return ServiceError(code, message, fault.status or _STATUSES.get(code, 400))


class DroppedError(Exception):
    """The connection is to be cut instead of an answer."""


def cut(request: web.BaseRequest) -> web.StreamResponse:
    """End a request's connection at once, whatever of an answer was sent.

    Returns:
        What the handler has to return; nobody gets it.
    """
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def under(trouble: Trouble, do: Callable[[], Awaitable[T]]) -> T:
    """Do a call as its trouble wants it.

    Args:
        trouble: What happens to it.
        do: Does the call.

    Returns:
        What ``do`` returns, if that is to be seen.

    Raises:
        ServiceError: The answer is to be this error.
        DroppedError: There is to be none.
    """
    if trouble.seconds:
        await asyncio.sleep(trouble.seconds)
    _raise(trouble.before)
    result = await do()
    _raise(trouble.after)
    return result


def _raise(instead: ServiceError | Cut | None) -> None:
    if instead == "drop":
        raise DroppedError
    if instead is not None:
        raise instead

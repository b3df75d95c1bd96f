"""AWS's JSON 1.1 protocol: a target header and a body in, a status and a body out."""

import errno
import json
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from botocore.model import OperationModel

from local_sagemaker.api.service_models import service_model
from local_sagemaker.api.validation import Json, validate
from local_sagemaker.service_errors import ServiceError

CONTENT_TYPE = "application/x-amz-json-1.1"

Operation = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]
"""Takes a request's members, and answers with the response's; None is an empty body."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JsonAnswer:
    """An answer, ready to send.

    Args:
        status: The HTTP status.
        body: JSON.
        error: The error's code, if it is one.
    """

    status: int
    body: bytes
    error: str | None = None


class JsonService:
    """One AWS service that speaks JSON 1.1.

    Args:
        service: botocore's name of it.
        title: People's name of it, for messages.
        operations: Those it supports, by name.
        invalid_code: The error code of requests that break the model.
        about: Texts of which a request has one if it is for this service, and not for moto, which
            has all else of it; none if all requests are.
    """

    def __init__(
        self,
        service: str,
        title: str,
        operations: Mapping[str, Operation],
        invalid_code: str,
        about: Sequence[bytes] = (),
    ) -> None:
        self._service = service
        self._title = title
        self._operations = operations
        self._invalid_code = invalid_code
        self._about = about

    @property
    def supported(self) -> frozenset[str]:
        """The names of its operations."""
        return frozenset(self._operations)

    def takes(self, target: str, body: bytes) -> bool:
        """Whether a request is for this service; arguments as those of ``answer``."""
        if not self._about:
            return True
        known = target.rpartition(".")[2] in self._operations
        return known and any(text in body for text in self._about)

    def answer(self, target: str, body: bytes) -> JsonAnswer:
        """Run the operation that a request names.

        Args:
            target: The header ``X-Amz-Target``.
            body: The request's body.

        Returns:
            The answer, an error one if the operation raised an error.
        """
        return answering(target, lambda: self._call(target, body))

    def _call(self, target: str, body: bytes) -> Mapping[str, Any] | None:
        model, operation = self._find(target)
        request = decode(body)
        validate(model.input_shape, request, self._invalid_code)
        return operation(without_nulls(request))

    def _find(self, target: str) -> tuple[OperationModel, Operation]:
        model = service_model(self._service)
        prefix, _, name = target.partition(".")
        if prefix != model.metadata["targetPrefix"] or name not in model.operation_names:
            raise ServiceError(
                "UnknownOperationException", f"{self._title} has no operation {target!r}"
            )
        if name not in self._operations:
            supported = ", ".join(sorted(self._operations))
            raise ServiceError(
                self._invalid_code,
                f"{name} is not supported by the local {self._title}, which has: {supported}. "
                "All that is supported: docs/supported.md of the project, or what "
                "python -m local_sagemaker.api.supported prints",
            )
        return model.operation_model(name), self._operations[name]


def answering(operation: str, call: Callable[[], Mapping[str, Any] | None]) -> JsonAnswer:
    """The answer of a call, an error one if it raised an error.

    Args:
        operation: Its name, for the log.
        call: The call.
    """
    try:
        return _success(call())
    except ServiceError as error:
        return failure(error)
    except Exception as error:
        _log.exception("%s failed", operation)
        return failure(_internal_error(error))


def decode(body: bytes) -> dict[str, Any]:
    """The object that a body holds; an empty body is an empty one.

    Raises:
        ServiceError: It holds none.
    """
    try:
        request = json.loads(body or b"{}", parse_constant=_refuse_constant)
        # Half a surrogate pair is valid JSON, and fits into no file name, database or log.
        json.dumps(request, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ServiceError(
            "SerializationException", f"The body is not valid JSON: {error}"
        ) from error
    if not isinstance(request, dict):
        raise ServiceError("SerializationException", "The body is not a JSON object")
    return request


def without_nulls(value: Json) -> Json:
    """A value in which members that are null are absent, which is what they mean."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _success(response: Mapping[str, Any] | None) -> JsonAnswer:
    body = b"" if response is None else json.dumps(response, separators=(",", ":")).encode()
    return JsonAnswer(200, body)


def failure(error: ServiceError) -> JsonAnswer:
    """An error as an answer."""
    # The modelled errors say "Message", the others "message"; clients read either.
    text = {"__type": error.code, "message": error.message, "Message": error.message}
    return JsonAnswer(error.status, json.dumps(text).encode(), error.code)


def _internal_error(error: Exception) -> ServiceError:
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}
    if full or (isinstance(error, sqlite3.OperationalError) and _cannot_write(error)):
        message = f"The local service cannot write to its home directory: {error}"
        # 507 is what it is, and a status that clients do not answer with retries.
        return ServiceError("InsufficientStorage", message, status=507)
    message = f"{type(error).__name__}: {error}; the local service's daemon.log has the details"
    return ServiceError("InternalFailure", message, status=500)


def _cannot_write(error: sqlite3.OperationalError) -> bool:
    return any(word in str(error) for word in ("full", "readonly", "unable to open"))

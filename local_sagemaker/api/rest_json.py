"""AWS's REST-JSON protocol: members in the path, in the query and in the body."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import ListShape, OperationModel, Shape, StructureShape

from local_sagemaker.api.aws_json import (
    JsonAnswer,
    Operation,
    answering,
    decode,
    without_nulls,
)
from local_sagemaker.api.service_models import service_model
from local_sagemaker.api.validation import validate
from local_sagemaker.service_errors import ServiceError

CONTENT_TYPE = "application/json"


class RestJsonService:
    """One AWS service that speaks REST-JSON.

    Args:
        service: botocore's name of it.
        title: People's name of it, for messages.
        operations: Those it supports, by name.
        invalid_code: The error code of requests that break the model.
    """

    def __init__(
        self, service: str, title: str, operations: Mapping[str, Operation], invalid_code: str
    ) -> None:
        self._service = service
        self._title = title
        self._operations = operations
        self._invalid_code = invalid_code

    @property
    def supported(self) -> frozenset[str]:
        """The names of its operations."""
        return frozenset(self._operations)

    def find(self, method: str, path: str) -> str | None:
        """The name of the operation that a request is for; None if it is for another service.

        Args:
            method: The HTTP method.
            path: The path as it was sent, without the query.
        """
        for model in self._models():
            http = model.http
            if http["method"] == method and _members(http["requestUri"], path) is not None:
                return model.name
        return None

    def answer(self, name: str, path: str, query: str, body: bytes) -> JsonAnswer:
        """Run an operation.

        Args:
            name: What ``find`` found.
            path: The path as it was sent, without the query.
            query: The query as it was sent.
            body: The request's body.

        Returns:
            The answer, an error one if the operation raised an error.
        """
        return answering(name, lambda: self._call(name, path, query, body))

    def _call(self, name: str, path: str, query: str, body: bytes) -> Mapping[str, Any] | None:
        if name not in self._operations:
            raise ServiceError(
                self._invalid_code,
                f"{name} is not supported by the local {self._title}, which has: "
                f"{', '.join(sorted(self._operations))}",
            )
        model = service_model(self._service).operation_model(name)
        request = decode(body)
        if isinstance(model.input_shape, StructureShape):
            request |= _members(model.http["requestUri"], path) or {}
            request |= _from_query(model.input_shape, parse_qs(query, keep_blank_values=True))
        validate(model.input_shape, request, self._invalid_code)
        return self._operations[name](without_nulls(request))

    def _models(self) -> Iterator[OperationModel]:
        model = service_model(self._service)
        return (model.operation_model(name) for name in model.operation_names)


def _members(pattern: str, path: str) -> dict[str, str] | None:
    """The members that a path gives, by the pattern of an operation; None if it does not match."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    found = {}
    for want, have in zip(wanted, given, strict=True):
        if want.startswith("{"):
            found[want[1:-1]] = unquote(have)
        elif want != have:
            return None
    return found


def _from_query(shape: StructureShape, query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The members that a query gives."""
    return {
        name: _of_type(member, query[member.serialization["name"]])
        for name, member in shape.members.items()
        if member.serialization.get("location") == "querystring"
        and member.serialization["name"] in query
    }


def _of_type(member: Shape, values: Sequence[str]) -> str | list[str]:
    return list(values) if isinstance(member, ListShape) else values[-1]

"""What the tests of conformance share."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[int, str]:
    """The HTTP status and the code with which S3 refuses a call; the test fails if it does not."""
    with pytest.raises(ClientError) as error:
        call(**arguments)
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def ask(
    port: int, method: str, target: str, body: bytes | None = None, **headers: str
) -> tuple[int, str, http.client.HTTPMessage]:
    """A request by hand: its status, the answer's error code ("" if none) and headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, target, body, named)
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, _code(data), answer.headers
    finally:
        connection.close()


def _code(body: bytes) -> str:
    if not body.startswith(b"<?xml"):
        return ""
    return ElementTree.fromstring(body).findtext("Code") or ""

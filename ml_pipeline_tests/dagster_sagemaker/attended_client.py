"""A boto3 client whose every request a test attends."""

import json
from collections.abc import Callable
from typing import Any

_LINES_A_PAGE = 3

Attend = Callable[[str, dict[str, Any]], None]


def attend(client: Any, sent: Attend, answered: Attend) -> None:
    """Have functions called around every request of a client, in its own thread.

    Args:
        client: Of a service that speaks JSON.
        sent: Gets the operation and its members, just before the request is sent.
        answered: Gets the operation and its answer, unless that is an error or none.
    """

    def before_send(event_name: str, request: Any, **_: Any) -> None:
        sent(_operation(event_name), json.loads(request.body))

    def after_call(event_name: str, http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        if http_response.status_code == 200:
            answered(_operation(event_name), parsed)

    client.meta.events.register("before-send", before_send)
    client.meta.events.register("after-call", after_call)
    client.meta.events.register("before-parameter-build.*.GetLogEvents", _small_page)


def _operation(event_name: str) -> str:
    return event_name.rpartition(".")[2]


def _small_page(params: dict[str, Any], **_: Any) -> None:
    params["limit"] = _LINES_A_PAGE  # so that tests need several

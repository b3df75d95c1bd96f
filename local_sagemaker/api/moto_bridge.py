"""Every AWS service that is not ours: moto, in this process, from its first request on."""

import asyncio
import json
import logging
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from aiohttp import web

from local_sagemaker.account import ACCOUNT

if TYPE_CHECKING:
    from werkzeug.test import Client, TestResponse

_SETTINGS = {
    "MOTO_ACCOUNT_ID": ACCOUNT,
    # A page in a browser must not be able to read this service.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
}
_THREADS = 32
"""An SQS consumer that waits for messages holds one for up to 20 seconds."""

_HOP_BY_HOP = {"connection", "content-length", "date", "server", "transfer-encoding"}

_log = logging.getLogger(__name__)


class MotoBridge:
    """Hands requests to moto and its answers back. What moto keeps is in memory."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="moto")
        self._client: Client | None = None
        self._importing = asyncio.Lock()

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a request as moto does."""
        loop = asyncio.get_running_loop()
        async with self._importing:
            if self._client is None:
                try:
                    self._client = await loop.run_in_executor(self._threads, _moto)
                except ImportError as error:
                    _log.exception("moto cannot be imported")
                    return _failure(request.headers, f"moto cannot be imported: {error}")
        body = await request.read()
        client = self._client
        return await loop.run_in_executor(self._threads, _ask, client, request, body)

    def close(self) -> None:
        """Take no more requests."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _moto() -> "Client":
    os.environ.update(_SETTINGS)
    from moto.moto_server.werkzeug_app import (
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.test import Client

    return Client(DomainDispatcherApplication(create_backend_app), use_cookies=False)


def _ask(client: "Client", request: web.Request, body: bytes) -> web.Response:
    try:
        answer = client.open(
            path=request.raw_path,
            method=request.method,
            base_url=f"http://{request.host}",
            headers=_end_to_end(request.headers.items()),
            data=body,
        )
    except Exception as error:
        _log.exception("moto could not answer %s %s", request.method, request.path)
        return _failure(request.headers, f"moto could not answer: {type(error).__name__}: {error}")
    return _answer(answer)


def _answer(answer: "TestResponse") -> web.Response:
    with answer:
        headers = _end_to_end(answer.headers)
        return web.Response(status=answer.status_code, headers=headers, body=answer.data)


def _end_to_end(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Headers without those that are between one client and one server."""
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]


def _failure(headers: Mapping[str, str], message: str) -> web.Response:
    # Not a 5xx: clients would repeat, slowly, what will fail in the same way.
    if "json" in headers.get("Content-Type", "") or "X-Amz-Target" in headers:
        body = json.dumps({"__type": "LocalServiceError", "message": message})
        return web.Response(status=400, text=body, content_type="application/x-amz-json-1.1")
    error = f"<Error><Code>LocalServiceError</Code><Message>{escape(message)}</Message></Error>"
    text = f"<ErrorResponse>{error}</ErrorResponse>"
    return web.Response(status=400, text=text, content_type="text/xml")

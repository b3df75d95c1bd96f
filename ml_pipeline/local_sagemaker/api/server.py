"""The HTTP server: one port for all of AWS, on this machine only."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from html import escape

from aiohttp import web

from ml_pipeline.local_sagemaker.api.aws_json import CONTENT_TYPE, JsonService
from ml_pipeline.local_sagemaker.api.dispatch import is_local, signed_service
from ml_pipeline.local_sagemaker.api.moto_bridge import MotoBridge
from ml_pipeline.local_sagemaker.home import Home
from ml_pipeline.local_sagemaker.s3.http import S3Handler
from ml_pipeline.local_sagemaker.s3.store import ObjectStore

HEALTH_PATH = "/_health"
_BIGGEST_REQUEST = 64 * 1024 * 1024
_JSON_THREADS = 8

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Hands every request to the service it is for.

    Args:
        home: The service's home.
        version: Of this package.
        objects: The objects behind S3.
        json_services: The services of the JSON protocol, by the name they are signed for.
    """

    def __init__(
        self,
        home: Home,
        version: str,
        objects: ObjectStore,
        json_services: dict[str, JsonService],
    ) -> None:
        self._home = home
        self._version = version
        self._json_services = json_services
        self._s3 = S3Handler(objects)
        self._moto = MotoBridge()
        # Threads of their own: no number of transfers can keep a Describe waiting.
        self._threads = ThreadPoolExecutor(_JSON_THREADS, thread_name_prefix="json")

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=_BIGGEST_REQUEST)
        app.router.add_route("*", r"/{path:[\s\S]*}", self._handle)
        app.on_cleanup.append(self._close)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not is_local(request.headers):
            text = "This service answers only to 127.0.0.1, localhost and [::1]."
            return web.Response(status=403, text=text)
        service = signed_service(request.headers, request.query)
        if service is None and request.method == "GET":
            if request.path == HEALTH_PATH:
                return self._health()
            if request.path == "/":
                return self._about()
        if service in self._json_services and request.path == "/":
            return await self._handle_json(self._json_services[service], request)
        if service is None or service == "s3":
            return await self._s3.handle(request)
        return await self._moto.handle(request)

    async def _handle_json(self, service: JsonService, request: web.Request) -> web.Response:
        body = await request.read()
        target = request.headers.get("X-Amz-Target", "")
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._threads, service.answer, target, body)
        headers = {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": os.urandom(16).hex()}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    def _health(self) -> web.Response:
        return web.json_response(
            {"version": self._version, "home": str(self._home.root), "pid": os.getpid()}
        )

    def _about(self) -> web.Response:
        page = (
            "<!doctype html><title>SageMaker on this machine</title>"
            "<h1>SageMaker on this machine</h1>"
            f"<p>Home: <code>{escape(str(self._home.root))}</code>, version {self._version}.</p>"
            "<p>An endpoint for AWS clients: <code>ml-pipeline local env</code> prints what"
            " connects them; <code>aws sagemaker list-processing-jobs</code> shows its jobs.</p>"
        )
        return web.Response(text=page, content_type="text/html")

    async def _close(self, _app: web.Application) -> None:
        self._moto.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

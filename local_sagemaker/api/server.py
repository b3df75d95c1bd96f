"""The HTTP server: one port for all of AWS, on this machine only."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

from aiohttp import web

from local_sagemaker.api.aws_json import CONTENT_TYPE, JsonAnswer, failure
from local_sagemaker.api.dispatch import is_local, is_strange, signed_service
from local_sagemaker.api.moto_bridge import MotoBridge
from local_sagemaker.api.rest_json import CONTENT_TYPE as REST_CONTENT_TYPE
from local_sagemaker.api.rest_json import RestJsonService
from local_sagemaker.api.services import OwnServices
from local_sagemaker.faults import admin as admin_api
from local_sagemaker.faults.calls import DroppedError, cut, trouble, under
from local_sagemaker.faults.object_calls import S3Faults
from local_sagemaker.faults.registry import Faults
from local_sagemaker.home import Home
from local_sagemaker.s3.http import S3Handler, meet_expectation
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.service_errors import ServiceError
from local_sagemaker.web.pages import PREFIX, Pages

HEALTH_PATH = "/_health"
_BIGGEST_REQUEST = 64 * 1024 * 1024
_JSON_THREADS = 8
_REST_THREADS = 16

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Hands every request to the service it is for.

    Args:
        home: The service's home.
        version: Of this package.
        objects: The objects behind S3.
        own: The services of AWS that are our own, but for S3.
        faults: The faults that requests meet.
        admin: Takes faults from people.
        pages: The pages for a person.
        names: What clients may call this machine besides the names of the loopback.
    """

    def __init__(
        self,
        home: Home,
        version: str,
        objects: ObjectStore,
        own: OwnServices,
        faults: Faults,
        admin: admin_api.Admin,
        pages: Pages,
        names: frozenset[str] = frozenset(),
    ) -> None:
        self._home = home
        self._version = version
        self._services = own
        self._faults = faults
        self._admin = admin
        self._pages = pages
        self._names = names
        self._s3 = S3Handler(objects, S3Faults(faults))
        self._moto = MotoBridge()
        # Threads of their own: no number of transfers can keep a Describe waiting.
        self._threads = ThreadPoolExecutor(_JSON_THREADS, thread_name_prefix="json")
        # So do records, each of which waits for the disk.
        self._rest_threads = ThreadPoolExecutor(_REST_THREADS, thread_name_prefix="rest")

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=_BIGGEST_REQUEST)
        app.router.add_route("*", r"/{path:[\s\S]*}", self._handle, expect_handler=meet_expectation)
        app.on_cleanup.append(self._close)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not is_local(request.headers, self._names):
            text = "This service answers only to 127.0.0.1, localhost and [::1]."
            return web.Response(status=403, text=text)
        service = signed_service(request.headers, request.query)
        if is_strange(request.headers, request.method, service):
            return web.Response(status=403, text="This is not for other sites' pages.")
        own = await self._own(request) if service is None else None
        if own is not None:
            return own
        return await self._handle_aws(service, request)

    async def _handle_aws(self, service: str | None, request: web.Request) -> web.StreamResponse:
        if service is None or service == "s3":
            return await self._s3.handle(request)
        if service in self._services.json and request.path == "/":
            answered = await self._handle_json(service, request)
            return await self._moto.handle(request) if answered is None else answered
        rest = self._services.rest.get(service)
        if rest is not None and (operation := rest.find(request.method, _path(request))):
            return await self._handle_rest(service, rest, operation, request)
        return await self._moto.handle(request)

    async def _own(self, request: web.Request) -> web.Response | None:
        """The answer to what is asked of this service alone; None to what AWS has too."""
        if request.path.startswith(admin_api.PREFIX):
            return await self._admin.answer(request)
        if request.method == "GET" and request.path == HEALTH_PATH:
            return self._health()
        if request.method == "GET" and (request.path == "/" or request.path.startswith(PREFIX)):
            return await self._page(request)
        return None

    async def _handle_json(self, name: str, request: web.Request) -> web.StreamResponse | None:
        """The answer of a service of the JSON protocol; None to what is moto's."""
        service = self._services.json[name]
        body = await request.read()
        target = request.headers.get("X-Amz-Target", "")
        if not service.takes(target, body):
            return None
        operation = target.rpartition(".")[2]
        call = partial(self._threads.submit, service.answer, target, body)
        return await self._answer(request, name, operation, call, CONTENT_TYPE)

    async def _handle_rest(
        self, name: str, service: RestJsonService, operation: str, request: web.Request
    ) -> web.StreamResponse:
        body = await request.read()
        path, query = _path(request), request.rel_url.raw_query_string
        call = partial(self._rest_threads.submit, service.answer, operation, path, query, body)
        return await self._answer(request, name, operation, call, REST_CONTENT_TYPE)

    async def _answer(
        self,
        request: web.Request,
        service: str,
        operation: str,
        call: Callable[[], Future[JsonAnswer]],
        content_type: str,
    ) -> web.StreamResponse:
        """The answer of a call of an operation, which may meet faults."""
        try:
            met = trouble(self._faults, service, operation)
            answer = await under(met, lambda: asyncio.wrap_future(call()))
        except ServiceError as error:
            answer = failure(error)
        except DroppedError:
            return cut(request)
        headers = {"Content-Type": content_type, "x-amzn-RequestId": os.urandom(16).hex()}
        if answer.error is not None:
            headers["x-amzn-ErrorType"] = answer.error
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    def _health(self) -> web.Response:
        return web.json_response(
            {"version": self._version, "home": str(self._home.root), "pid": os.getpid()}
        )

    async def _page(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        answer = self._pages.answer
        page = await loop.run_in_executor(self._threads, answer, request.path, request.query)
        return web.Response(
            status=page.status,
            body=page.body,
            content_type=page.content_type,
            charset="utf-8",
            headers=page.headers,
        )

    async def _close(self, _app: web.Application) -> None:
        self._moto.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._rest_threads.shutdown(wait=False, cancel_futures=True)


def _path(request: web.Request) -> str:
    """The path as it was sent: what is escaped in a name is no part of the path."""
    return request.raw_path.partition("?")[0]

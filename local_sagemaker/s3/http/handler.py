"""The aiohttp handler."""

import errno
import logging
import sqlite3
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypedDict

from aiohttp import web
from multidict import CIMultiDict

from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.call import Call, parse_target
from local_sagemaker.s3.http.documents import error_document
from local_sagemaker.s3.http.operations import select
from local_sagemaker.s3.http.presigned import check_expiry, moved_headers
from local_sagemaker.s3.store import ObjectStore

Answer = Callable[[Call], Awaitable[web.StreamResponse]]
"""Answers a request."""

Hook = Callable[[str, Call, Answer], Awaitable[web.StreamResponse]]
"""Stands between a request and its answer; also gets the operation's name in the S3 API."""

_log = logging.getLogger(__name__)

# Enough for the transfer managers' ten requests at a time on a few cores, and a bound on open
# files.
_THREADS = 8


class ServerOptions(TypedDict):
    """Keyword arguments for ``web.AppRunner`` or ``web.Server``."""

    auto_decompress: bool
    max_line_size: int
    read_bufsize: int


# The server must leave a body with "Content-Encoding: gzip" as it is: that is what the object
# consists of. Listings with several percent-encoded keys of 1024 bytes do not fit into the usual 8
# KiB of a request line.
SERVER_OPTIONS: ServerOptions = {
    "auto_decompress": False,
    "max_line_size": 32 << 10,
    "read_bufsize": 256 << 10,
}


async def plainly(_operation: str, call: Call, answer: Answer) -> web.StreamResponse:
    """The hook that changes nothing."""
    return await answer(call)


class S3Handler:
    """Answers S3 requests, path style, from one store.

    Args:
        store: The objects.
        hook: Stands between requests and answers.
    """

    def __init__(self, store: ObjectStore, hook: Hook = plainly) -> None:
        self._store = store
        self._hook = hook
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="s3")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; what goes wrong becomes S3's XML error.

        Raises:
            ConnectionError: The client went away while it was being answered.
        """
        request_id = uuid.uuid4().hex[:16].upper()
        try:
            response = await self._answer(request)
        except ConnectionError:
            raise
        except Exception as error:
            failure = as_s3_error(error, self._store)
            resource = request.raw_path.partition("?")[0]
            response = error_document(failure, resource, request_id)
            if failure.status == 416:
                size = failure.details.get("ActualObjectSize", "*")
                response.headers["Content-Range"] = f"bytes */{size}"
        if not response.prepared:
            response.headers["x-amz-request-id"] = request_id
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        bucket, key, query = parse_target(request.raw_path)
        check_expiry(query)
        headers, moved = CIMultiDict(request.headers), moved_headers(query)
        for name, value in moved.items():
            headers.setdefault(name, value)
        call = Call(
            request=request,
            store=self._store,
            pool=self._pool,
            bucket=bucket,
            key=key,
            query={name: value for name, value in query.items() if name not in moved},
            headers=headers,
        )
        operation = select(call)
        return await self._hook(operation.name, call, operation.answer)


def as_s3_error(error: Exception, store: ObjectStore) -> S3Error:
    """Say in S3's terms what went wrong; what is nobody's fault but ours is logged."""
    if isinstance(error, S3Error):
        return error
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or (isinstance(error, sqlite3.OperationalError) and "is full" in str(error)):
        return S3Error("InsufficientStorage", f"No space left for objects in {store.root}")
    _log.exception("S3 request failed", exc_info=error)
    return S3Error("InternalError", f"{type(error).__name__}: {error}")

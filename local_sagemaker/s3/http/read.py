"""GetObject and HeadObject."""

import asyncio
import logging
from functools import partial

from aiohttp import web

from local_sagemaker.s3.conditions import ReadCondition
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.headers import checksum_headers, object_headers
from local_sagemaker.s3.ranges import Span, parse_range
from local_sagemaker.s3.reading import OpenObject

_log = logging.getLogger(__name__)

# Query parameters that replace a header of the answer.
OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}


async def get_or_head_object(call: Call) -> web.StreamResponse:
    """Answer with an object, or a range or part of it; for HEAD without its bytes."""
    if "x-amz-server-side-encryption" in call.headers:
        message = "x-amz-server-side-encryption is for requests that write"
        raise S3Error("InvalidArgument", message)
    opened = await call.in_thread(partial(call.store.objects.open, call.bucket, call.key))
    try:
        return await _answer(call, opened)
    finally:
        opened.close()


async def _answer(call: Call, opened: OpenObject) -> web.StreamResponse:
    stored = opened.stored
    headers = object_headers(stored)
    if not ReadCondition.from_headers(call.headers).check(stored.info):
        kept = ("ETag", "Last-Modified", "cache-control", "expires")
        return web.Response(
            status=304, headers={name: headers[name] for name in kept if name in headers}
        )
    span = _wanted(call, opened)
    if span is None:
        span, status = opened.whole, 200
        # Of the whole object: with a range, clients would hold it against the range's bytes.
        if call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
            headers |= checksum_headers(stored)
    else:
        status = 206
        last = span.start + span.size - 1
        headers["Content-Range"] = f"bytes {span.start}-{last}/{stored.info.size}"
    if "partNumber" in call.query and "-" in stored.info.etag:
        headers["x-amz-mp-parts-count"] = str(len(opened.layout))
    response = web.StreamResponse(status=status, headers=headers)
    for parameter, name in OVERRIDES.items():
        if parameter in call.query:
            response.headers[name] = _header_value(parameter, call.query[parameter])
    response.content_length = span.size
    await response.prepare(call.request)
    if call.request.method != "HEAD":
        await _send(call, opened, span)
    await response.write_eof()
    return response


def _header_value(parameter: str, text: str) -> str:
    if not text.isprintable():  # line breaks above all: they would begin another header
        raise S3Error("InvalidArgument", f"{parameter} is no header", ArgumentName=parameter)
    return text


def _wanted(call: Call, opened: OpenObject) -> Span | None:
    size = opened.stored.info.size
    if "partNumber" not in call.query:
        return parse_range(call.headers.get("Range"), size)
    if "Range" in call.headers:
        raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber")
    number = call.number("partNumber", 1, lowest=1, highest=10_000)
    if number > len(opened.layout):
        raise S3Error("InvalidPartNumber", ActualPartCount=str(len(opened.layout)))
    start = sum(part.size for part in opened.layout[: number - 1])
    return Span(start, opened.layout[number - 1].size) if size else None


async def _send(call: Call, opened: OpenObject, span: Span) -> None:
    """Send bytes from the file to the socket within the kernel; the headers are sent."""
    loop = asyncio.get_running_loop()
    for start, size in call.paced(opened.file_spans(span)):
        await call.at_its_pace(size)
        transport = call.request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the client went away")
        try:
            sent = await loop.sendfile(transport, opened.file, start, size)
        except OSError as error:
            if isinstance(error, ConnectionError):
                raise
            _log.exception("reading %s", opened.file.name)
            sent = -1
        if sent != size:
            # The only way left to say so: the client gets fewer bytes than the headers promised.
            _log.error("%s is shorter than the object it holds", opened.file.name)
            transport.close()
            raise ConnectionResetError("cut off")

"""PutObject, DeleteObject and DeleteObjects."""

from collections.abc import Sequence
from functools import partial
from xml.etree.ElementTree import Element as XmlElement

from aiohttp import web

from local_sagemaker.s3.blobs import BlobWriter
from local_sagemaker.s3.conditions import WriteCondition
from local_sagemaker.s3.errors import NotSupported, S3Error
from local_sagemaker.s3.http.body import Body, read_document
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.documents import Element, document, parse, quoted, text_of
from local_sagemaker.s3.http.headers import (
    attributes_from_headers,
    checksum_headers,
    placement,
)
from local_sagemaker.s3.names import check_key
from local_sagemaker.s3.records import Checksum

MAX_PUT = 5 << 30
_MAX_DELETE = 1000


async def receive(call: Call, body: Body, writer: BlobWriter) -> str | None:
    """Stream a body into a writer and verify it.

    Returns:
        Its additional checksum, if any.
    """
    async for pieces in body.chunks():
        await call.in_thread(partial(_write, writer, pieces))
    return body.verify(writer.digests)


def _write(writer: BlobWriter, pieces: Sequence[memoryview]) -> None:
    for piece in pieces:
        writer.write(piece)


def required_size(body: Body) -> int:
    """The announced size of a body that becomes an object or a part.

    Raises:
        S3Error: ``MissingContentLength``, ``EntityTooLarge``.
    """
    if body.size is None:
        raise S3Error("MissingContentLength")
    if body.size > MAX_PUT:
        raise S3Error("EntityTooLarge", ProposedSize=str(body.size), MaxSizeAllowed=str(MAX_PUT))
    return body.size


async def put_object(call: Call) -> web.StreamResponse:
    """Store the body as an object."""
    store, body = call.store, Body(call)
    attributes = attributes_from_headers(call.headers)
    condition = WriteCondition.from_headers(call.headers)
    check_key(call.key)
    required_size(body)
    await call.in_thread(partial(store.bucket, call.bucket))
    writer = await call.in_thread(partial(store.objects.write, body.digests()))
    try:
        value = await receive(call, body, writer)
        checksum = Checksum(body.algorithm, value) if body.algorithm and value else None
        commit = partial(store.objects.commit, checksum=checksum, condition=condition)
        stored = await call.in_thread(partial(commit, writer, call.bucket, call.key, attributes))
    finally:
        await call.in_thread(writer.close)
    headers = {"ETag": quoted(stored.info.etag), **placement(stored), **checksum_headers(stored)}
    return web.Response(headers=headers)


async def delete_object(call: Call) -> web.StreamResponse:
    """Delete an object; one that does not exist is no error."""
    condition = WriteCondition.from_headers(call.headers)
    await call.in_thread(partial(call.store.objects.delete, call.bucket, call.key, condition))
    return web.Response(status=204)


async def delete_objects(call: Call) -> web.StreamResponse:
    """Delete up to a thousand objects, each with a result of its own."""
    tree = parse(await read_document(call), "Delete")
    entries = tree.findall("Object")
    if not 1 <= len(entries) <= _MAX_DELETE:
        raise S3Error("MalformedXML")
    quiet = (tree.findtext("Quiet") or "").lower() == "true"
    await call.in_thread(partial(call.store.bucket, call.bucket))
    results = await call.in_thread(lambda: [_delete_one(call, entry) for entry in entries])
    return document("DeleteResult", [each for each in results if not quiet or each[0] == "Error"])


def _delete_one(call: Call, entry: XmlElement) -> Element:
    key = text_of(entry, "Key")
    try:
        for child in entry:
            if child.tag not in ("Key", "ETag"):
                raise NotSupported(f"<{child.tag}> in DeleteObjects")
        call.store.objects.delete(call.bucket, key, WriteCondition(if_match=entry.findtext("ETag")))
    except S3Error as error:
        return ("Error", [("Key", key), ("Code", error.code), ("Message", error.message)])
    return ("Deleted", [("Key", key)])

"""CopyObject, and the source of any copy."""

from dataclasses import replace
from functools import partial

from aiohttp import web

from local_sagemaker.s3.blobs import BlobWriter
from local_sagemaker.s3.checksums import STORED_ONLY, Digests
from local_sagemaker.s3.conditions import ReadCondition, WriteCondition
from local_sagemaker.s3.errors import NotSupported, PreconditionFailed, S3Error
from local_sagemaker.s3.http.call import Call, parse_target
from local_sagemaker.s3.http.documents import Element, document, iso_date, quoted
from local_sagemaker.s3.http.headers import (
    PLACEMENT_HEADERS,
    attributes_from_headers,
    placement,
)
from local_sagemaker.s3.ranges import Span
from local_sagemaker.s3.reading import OpenObject
from local_sagemaker.s3.records import Attributes, Checksum, StoredObject

_SOURCE = "x-amz-copy-source"


def copy_source(call: Call) -> tuple[str, str]:
    """Bucket and key of the object to copy.

    Raises:
        S3Error: ``InvalidArgument``, ``InvalidURI``, ``NotImplemented`` for a version.
    """
    bucket, key, query = parse_target(call.headers[_SOURCE])
    if query:
        raise NotSupported("Copying a version of an object")
    if not bucket or not key:
        message = f"{_SOURCE} must be <bucket>/<key>, percent-encoded"
        raise S3Error("InvalidArgument", message, ArgumentName=_SOURCE)
    return bucket, key


async def open_source(call: Call) -> OpenObject:
    """Open the object to copy, if the request's conditions on it hold; to be closed by the caller.

    Raises:
        S3Error: ``NoSuchBucket``, ``NoSuchKey``, ``PreconditionFailed``.
    """
    opened = await call.in_thread(partial(call.store.objects.open, *copy_source(call)))
    try:
        if not ReadCondition.from_headers(call.headers, f"{_SOURCE}-").check(opened.stored.info):
            raise PreconditionFailed(f"{_SOURCE}-If-None-Match")
    except S3Error:
        opened.close()
        raise
    return opened


def copy_bytes(source: OpenObject, span: Span, writer: BlobWriter) -> None:
    """Append some of an object's bytes to a writer."""
    for chunk in source.chunks(span):
        writer.write(chunk)


async def copy_object(call: Call) -> web.StreamResponse:
    """Copy an object, with its attributes or with others."""
    directive = _directive(call, "x-amz-metadata-directive")
    given = attributes_from_headers(call.headers)
    placed = any(name in call.headers for name in PLACEMENT_HEADERS)
    if copy_source(call) == (call.bucket, call.key) and directive == "COPY" and not placed:
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata, storage class, website redirect location or "
            "encryption attributes.",
        )
    source = await open_source(call)
    try:
        stored = await call.in_thread(partial(_copy, call, source, given))
    finally:
        source.close()
    return document("CopyObjectResult", copy_result(stored), headers=placement(stored))


def copy_result(stored: StoredObject) -> list[Element]:
    """What an answer tells of the copy."""
    children: list[Element] = [
        ("LastModified", iso_date(stored.info.last_modified)),
        ("ETag", quoted(stored.info.etag)),
    ]
    if stored.checksum:
        name = f"Checksum{stored.checksum.algorithm.upper()}"
        children += [("ChecksumType", stored.checksum.kind), (name, stored.checksum.value)]
    return children


def _copy(call: Call, source: OpenObject, given: Attributes) -> StoredObject:
    origin = source.stored
    wanted = call.headers.get("x-amz-checksum-algorithm", "").lower() or (
        origin.checksum.algorithm if origin.checksum else None
    )
    condition = WriteCondition.from_headers(call.headers)
    call.store.bucket(call.bucket)
    with call.store.objects.write(Digests([wanted] if wanted else [])) as writer:
        copy_bytes(source, source.whole, writer)
        return call.store.objects.commit(
            writer,
            call.bucket,
            call.key,
            _merge(call, origin.attributes, given),
            checksum=_checksum(wanted, origin, writer.digests),
            condition=condition,
        )


def _merge(call: Call, origin: Attributes, given: Attributes) -> Attributes:
    merged = given
    if _directive(call, "x-amz-metadata-directive") == "COPY":
        system = {k: v for k, v in origin.headers.items() if k not in PLACEMENT_HEADERS}
        placed = {k: v for k, v in given.headers.items() if k in PLACEMENT_HEADERS}
        merged = replace(origin, headers=system | placed)
    tags = origin if _directive(call, "x-amz-tagging-directive") == "COPY" else given
    return replace(merged, tags=tags.tags)


def _checksum(wanted: str | None, origin: StoredObject, digests: Digests) -> Checksum | None:
    if wanted is None:
        return None
    if wanted not in STORED_ONLY:
        return Checksum(wanted, digests.base64(wanted) or "")
    known = origin.checksum
    if known and known.algorithm == wanted:
        return known if known.kind == "FULL_OBJECT" else None
    raise NotSupported(f"Computing {wanted}")


def _directive(call: Call, name: str) -> str:
    value = call.headers.get(name, "COPY").upper()
    if value not in ("COPY", "REPLACE"):
        raise S3Error("InvalidArgument", f"Unknown {name}", ArgumentName=name, ArgumentValue=value)
    return value

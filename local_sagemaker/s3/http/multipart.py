"""Multipart uploads: start, send parts, complete, abort, list."""

from functools import partial
from typing import cast, get_args
from xml.etree.ElementTree import Element as XmlElement

from aiohttp import web

from local_sagemaker.s3.checksums import ALGORITHMS, Digests
from local_sagemaker.s3.conditions import WriteCondition
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.body import Body, announced_checksum, read_document
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.copy import copy_bytes, open_source
from local_sagemaker.s3.http.documents import (
    Element,
    document,
    iso_date,
    parse,
    quoted,
    text_of,
)
from local_sagemaker.s3.http.headers import (
    attributes_from_headers,
    checksum_headers,
    placement,
    whole_number,
)
from local_sagemaker.s3.http.write import receive, required_size
from local_sagemaker.s3.multipart import MAX_PARTS, Completion, PartClaim
from local_sagemaker.s3.ranges import copy_range
from local_sagemaker.s3.reading import OpenObject
from local_sagemaker.s3.records import Checksum, ChecksumType, Part, Upload


async def create_multipart_upload(call: Call) -> web.StreamResponse:
    """Start an upload."""
    attributes = attributes_from_headers(call.headers)
    algorithm = call.headers.get("x-amz-checksum-algorithm", "").lower() or None
    if algorithm and algorithm not in ALGORITHMS:
        raise S3Error("InvalidRequest", f"Unknown checksum algorithm {algorithm!r}")
    create = partial(call.store.uploads.create, algorithm=algorithm, kind=_checksum_type(call))
    upload = await call.in_thread(partial(create, call.bucket, call.key, attributes))
    headers = {
        name: value
        for name, value in attributes.headers.items()
        if name.startswith("x-amz-server-side-encryption")
    }
    if upload.algorithm and upload.kind:
        headers["x-amz-checksum-algorithm"] = upload.algorithm.upper()
        headers["x-amz-checksum-type"] = upload.kind
    children = [("Bucket", call.bucket), ("Key", call.key), ("UploadId", upload.id)]
    return document("InitiateMultipartUploadResult", children, headers=headers)


async def upload_part(call: Call) -> web.StreamResponse:
    """Store the body as a part."""
    number, body, upload = _part_number(call), Body(call), await _upload(call)
    size = required_size(body)
    if upload.algorithm and body.algorithm not in (None, upload.algorithm):
        message = f"The upload was started with {upload.algorithm}, the part has {body.algorithm}"
        raise S3Error("InvalidRequest", message)
    body.algorithm = body.algorithm or upload.algorithm
    uploads = call.store.uploads
    writer = await call.in_thread(partial(uploads.part_writer, upload, size, body.digests()))
    try:
        value = await receive(call, body, writer)
        part = await call.in_thread(partial(uploads.commit_part, upload, number, writer, value))
    finally:
        await call.in_thread(writer.close)
    headers = {"ETag": quoted(part.etag)}
    if body.algorithm and part.checksum:
        headers[f"x-amz-checksum-{body.algorithm}"] = part.checksum
    return web.Response(headers=headers)


async def upload_part_copy(call: Call) -> web.StreamResponse:
    """Store another object, or a range of it, as a part."""
    number, upload = _part_number(call), await _upload(call)
    source = await open_source(call)
    try:
        part = await call.in_thread(partial(_copy_part, call, upload, number, source))
    finally:
        source.close()
    children: list[Element] = [
        ("LastModified", iso_date(part.last_modified)),
        *_part_children(part, upload),
    ]
    return document("CopyPartResult", children)


async def complete_multipart_upload(call: Call) -> web.StreamResponse:
    """Make an upload an object."""
    tree = parse(await read_document(call, has_checksum=False), "CompleteMultipartUpload")
    claims = [_claim(entry) for entry in tree.findall("Part")]
    if not claims:
        raise S3Error("MalformedXML")
    algorithm, value = announced_checksum(call.headers)
    checksum = None
    if algorithm and value:
        kind: ChecksumType = "COMPOSITE" if "-" in value else "FULL_OBJECT"
        checksum = Checksum(algorithm, value, _checksum_type(call) or kind)
    completion = Completion(
        parts=claims,
        checksum=checksum,
        size=_object_size(call),
        condition=WriteCondition.from_headers(call.headers),
    )
    complete = partial(call.store.uploads.complete, call.query["uploadId"], call.bucket, call.key)
    stored = await call.in_thread(partial(complete, completion))
    children: list[Element] = [
        ("Location", f"{call.request.scheme}://{call.request.host}/{call.bucket}/{call.key}"),
        ("Bucket", call.bucket),
        ("Key", call.key),
        ("ETag", quoted(stored.info.etag)),
    ]
    if stored.checksum:
        name = f"Checksum{stored.checksum.algorithm.upper()}"
        children += [(name, stored.checksum.value), ("ChecksumType", stored.checksum.kind)]
    headers = placement(stored) | checksum_headers(stored)
    return document("CompleteMultipartUploadResult", children, headers=headers)


async def abort_multipart_upload(call: Call) -> web.StreamResponse:
    """Forget an upload."""
    abort = partial(call.store.uploads.abort, call.query["uploadId"], call.bucket, call.key)
    await call.in_thread(abort)
    return web.Response(status=204)


def _part_number(call: Call) -> int:
    number = call.number("partNumber", 0, lowest=1, highest=MAX_PARTS + 1)
    if number > MAX_PARTS:
        message = f"Part number must be an integer between 1 and {MAX_PARTS}, inclusive"
        raise S3Error("InvalidArgument", message, ArgumentName="partNumber")
    return number


async def _upload(call: Call) -> Upload:
    get = partial(call.store.uploads.get, call.query["uploadId"], call.bucket, call.key)
    return await call.in_thread(get)


def _checksum_type(call: Call) -> ChecksumType | None:
    kind = call.headers.get("x-amz-checksum-type")
    if kind is not None and kind not in get_args(ChecksumType):
        raise S3Error("InvalidRequest", f"Unknown checksum type {kind!r}")
    return cast("ChecksumType | None", kind)


def _object_size(call: Call) -> int | None:
    text = call.headers.get("x-amz-mp-object-size")
    size = None if text is None else whole_number(text)
    if text is not None and size is None:
        raise S3Error("InvalidRequest", "x-amz-mp-object-size must be a whole number")
    return size


def _claim(entry: XmlElement) -> PartClaim:
    number = whole_number(text_of(entry, "PartNumber").strip())
    if number is None or not 1 <= number <= MAX_PARTS:
        raise S3Error("MalformedXML")
    checksums = [child.text for child in entry if child.tag.startswith("Checksum")]
    return PartClaim(
        number=number,
        etag=text_of(entry, "ETag").strip().strip('"'),
        checksum=checksums[0] if checksums else None,
    )


def _copy_part(call: Call, upload: Upload, number: int, source: OpenObject) -> Part:
    header = call.headers.get("x-amz-copy-source-range")
    span = source.whole if header is None else copy_range(header, source.stored.info.size)
    digests = Digests([upload.algorithm] if upload.algorithm else [])
    with call.store.uploads.part_writer(upload, span.size, digests) as writer:
        copy_bytes(source, span, writer)
        return call.store.uploads.commit_part(upload, number, writer, None)


def _part_children(part: Part, upload: Upload) -> list[Element]:
    name = f"Checksum{upload.algorithm.upper()}" if upload.algorithm else "Checksum"
    return [("ETag", quoted(part.etag)), (name, part.checksum)]

"""ListObjectsV2 and ListObjects."""

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from aiohttp import web

from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.documents import Element, document, iso_date, quoted
from local_sagemaker.s3.http.owner import owner
from local_sagemaker.s3.http.tokens import decode_token, encode_token
from local_sagemaker.s3.listing import Listing, Page
from local_sagemaker.s3.records import StoredObject


async def list_objects_v2(call: Call) -> web.StreamResponse:
    """One page of a bucket's objects, continued with a token."""
    encode = encoder(call)
    listing = _listing(call)
    token, start_after = call.query.get("continuation-token"), call.query.get("start-after", "")
    low = listing.after(start_after) if token is None else decode_token(token)
    limit = call.number("max-keys", 1000)
    page = await _page(call, listing, low, limit)
    next_key = page.next_key
    children: list[Element] = [
        *_heading(call, limit, page, encode),
        ("Prefix", encode(listing.prefix)),
        ("KeyCount", len(page.entries)),
        ("StartAfter", encode(start_after) if start_after else None),
        ("ContinuationToken", token),
        ("NextContinuationToken", None if next_key is None else encode_token(next_key)),
    ]
    with_owner = call.query.get("fetch-owner", "").lower() == "true"
    return document("ListBucketResult", children + _entries(page, encode, with_owner=with_owner))


async def list_objects(call: Call) -> web.StreamResponse:
    """One page of a bucket's objects, continued after a marker."""
    encode = encoder(call)
    listing, marker = _listing(call), call.query.get("marker", "")
    limit = call.number("max-keys", 1000)
    page = await _page(call, listing, listing.after(marker), limit)
    next_marker = None
    if page.next_key is not None and listing.delimiter:
        last = page.entries[-1]
        next_marker = encode(last.info.key if isinstance(last, StoredObject) else last)
    children: list[Element] = [
        *_heading(call, limit, page, encode),
        ("Prefix", listing.prefix),  # as it is: clients do not decode it in this version
        ("Marker", encode(marker)),
        ("NextMarker", next_marker),
    ]
    return document("ListBucketResult", children + _entries(page, encode, with_owner=True))


def encoder(call: Call) -> Callable[[str], str]:
    """How keys are to be written in the answer: as they are, or percent-encoded.

    Raises:
        S3Error: ``InvalidArgument`` for another ``encoding-type``.
    """
    kind = call.query.get("encoding-type", "")
    if kind == "url":
        return partial(quote, safe="/")
    if kind:
        message = "Invalid Encoding Method specified in Request"
        raise S3Error("InvalidArgument", message, ArgumentName="encoding-type", ArgumentValue=kind)
    return str


def _listing(call: Call) -> Listing:
    return Listing(call.query.get("prefix", ""), call.query.get("delimiter", ""))


async def _page(call: Call, listing: Listing, low: str, limit: int) -> Page:
    return await call.in_thread(partial(call.store.objects.page, call.bucket, listing, low, limit))


def _heading(call: Call, limit: int, page: Page, encode: Callable[[str], str]) -> list[Element]:
    delimiter = call.query.get("delimiter")
    return [
        ("Name", call.bucket),
        ("Delimiter", encode(delimiter) if delimiter else None),
        ("MaxKeys", limit),
        ("EncodingType", call.query.get("encoding-type")),
        ("IsTruncated", "true" if page.next_key is not None else "false"),
    ]


def _entries(page: Page, encode: Callable[[str], str], *, with_owner: bool) -> list[Element]:
    contents: list[Element] = []
    prefixes: list[Element] = []
    for entry in page.entries:
        if isinstance(entry, StoredObject):
            contents.append(("Contents", _object(entry, encode, with_owner=with_owner)))
        else:
            prefixes.append(("CommonPrefixes", [("Prefix", encode(entry))]))
    return contents + prefixes


def _object(
    stored: StoredObject, encode: Callable[[str], str], *, with_owner: bool
) -> list[Element]:
    checksum = stored.checksum
    return [
        ("Key", encode(stored.info.key)),
        ("LastModified", iso_date(stored.info.last_modified)),
        ("ETag", quoted(stored.info.etag)),
        ("ChecksumAlgorithm", checksum.algorithm.upper() if checksum else None),
        ("ChecksumType", checksum.kind if checksum else None),
        ("Size", stored.info.size),
        ("StorageClass", stored.attributes.headers.get("x-amz-storage-class", "STANDARD")),
        *([owner()] if with_owner else []),
    ]

"""ListParts and ListMultipartUploads."""

from functools import partial

from aiohttp import web

from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.documents import Element, document, iso_date, quoted
from local_sagemaker.s3.http.listing import encoder
from local_sagemaker.s3.http.owner import owner
from local_sagemaker.s3.records import Part, Upload


async def list_parts(call: Call) -> web.StreamResponse:
    """The parts that an upload has so far."""
    encode = encoder(call)
    uploads, limit = call.store.uploads, call.number("max-parts", 1000)
    after = call.number("part-number-marker", 0, highest=1 << 31)
    get = partial(uploads.get, call.query["uploadId"], call.bucket, call.key)
    upload = await call.in_thread(get)
    parts, more = await call.in_thread(partial(uploads.parts, upload, after, limit))
    children: list[Element] = [
        ("Bucket", call.bucket),
        ("Key", encode(call.key)),
        ("UploadId", upload.id),
        ("PartNumberMarker", after),
        ("NextPartNumberMarker", parts[-1].number if parts else 0),
        ("MaxParts", limit),
        ("IsTruncated", "true" if more else "false"),
        ("ChecksumAlgorithm", upload.algorithm.upper() if upload.algorithm else None),
        ("ChecksumType", upload.kind),
        ("StorageClass", upload.attributes.headers.get("x-amz-storage-class", "STANDARD")),
        owner("Initiator"),
        owner(),
    ]
    return document("ListPartsResult", [*children, *(_part(part, upload) for part in parts)])


async def list_multipart_uploads(call: Call) -> web.StreamResponse:
    """The uploads in progress in a bucket."""
    encode = encoder(call)
    limit = call.number("max-uploads", 1000)
    prefix, marker = call.query.get("prefix", ""), call.query.get("key-marker", "")
    id_marker = call.query.get("upload-id-marker", "") if marker else ""
    # Without an id, S3 begins after all uploads of the marker's key: "~" is above every id.
    after = (marker, id_marker or ("~" if marker else ""))
    scan = partial(call.store.uploads.scan, call.bucket, prefix, after, limit + 1)
    found = await call.in_thread(scan)
    shown, more = found[:limit], len(found) > limit
    last = shown[-1] if shown and more else None
    children: list[Element] = [
        ("Bucket", call.bucket),
        ("KeyMarker", encode(marker)),
        ("UploadIdMarker", id_marker),
        ("NextKeyMarker", encode(last.key) if last else None),
        ("NextUploadIdMarker", last.id if last else None),
        ("Prefix", encode(prefix)),
        ("EncodingType", call.query.get("encoding-type")),
        ("MaxUploads", limit),
        ("IsTruncated", "true" if last else "false"),
    ]
    uploads: list[Element] = [("Upload", _upload(each, encode(each.key))) for each in shown]
    return document("ListMultipartUploadsResult", children + uploads)


def _part(part: Part, upload: Upload) -> Element:
    name = f"Checksum{upload.algorithm.upper()}" if upload.algorithm else "Checksum"
    return (
        "Part",
        [
            ("PartNumber", part.number),
            ("LastModified", iso_date(part.last_modified)),
            ("ETag", quoted(part.etag)),
            ("Size", part.size),
            (name, part.checksum if upload.algorithm else None),
        ],
    )


def _upload(upload: Upload, key: str) -> list[Element]:
    return [
        ("Key", key),
        ("UploadId", upload.id),
        owner("Initiator"),
        owner(),
        ("StorageClass", upload.attributes.headers.get("x-amz-storage-class", "STANDARD")),
        ("Initiated", iso_date(upload.initiated)),
        ("ChecksumAlgorithm", upload.algorithm.upper() if upload.algorithm else None),
        ("ChecksumType", upload.kind),
    ]

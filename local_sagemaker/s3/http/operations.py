"""Which operation a request asks for, and which are supported at all."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from local_sagemaker.s3.errors import NotSupported
from local_sagemaker.s3.http import (
    buckets,
    copy,
    listing,
    multipart,
    multipart_listing,
    presigned,
    read,
    tagging,
    write,
)
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.owner import check_owner

Level = Literal["service", "bucket", "object"]
Answer = Callable[[Call], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Operation:
    """One operation of S3.

    Attributes:
        name: What the S3 API calls it; faults go by it.
        method: HTTP method.
        level: What the path names.
        answer: Does it.
        needs: Query parameters that tell it from others of the same method and level.
        allows: Further query parameters it understands.
        copies: Whether it is the form with an ``x-amz-copy-source``.
    """

    name: str
    method: str
    level: Level
    answer: Answer
    needs: frozenset[str] = frozenset()
    allows: frozenset[str] = frozenset()
    copies: bool = False


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LIST = _words("prefix delimiter max-keys encoding-type")
_READ = frozenset(read.OVERRIDES) | {"partNumber"}
_PART = _words("partNumber uploadId")

OPERATIONS = (
    Operation(
        "ListBuckets",
        "GET",
        "service",
        buckets.list_buckets,
        allows=_words("max-buckets continuation-token prefix bucket-region"),
    ),
    Operation("CreateBucket", "PUT", "bucket", buckets.create_bucket),
    Operation("HeadBucket", "HEAD", "bucket", buckets.head_bucket),
    Operation("DeleteBucket", "DELETE", "bucket", buckets.delete_bucket),
    Operation(
        "GetBucketLocation", "GET", "bucket", buckets.get_bucket_location, _words("location")
    ),
    Operation(
        "GetBucketVersioning", "GET", "bucket", buckets.get_bucket_versioning, _words("versioning")
    ),
    Operation("GetBucketTagging", "GET", "bucket", tagging.get_bucket_tagging, _words("tagging")),
    Operation("PutBucketTagging", "PUT", "bucket", tagging.put_bucket_tagging, _words("tagging")),
    Operation(
        "DeleteBucketTagging", "DELETE", "bucket", tagging.delete_bucket_tagging, _words("tagging")
    ),
    Operation("ListObjects", "GET", "bucket", listing.list_objects, allows=_LIST | {"marker"}),
    Operation(
        "ListObjectsV2",
        "GET",
        "bucket",
        listing.list_objects_v2,
        _words("list-type"),
        _LIST | _words("continuation-token start-after fetch-owner"),
    ),
    Operation(
        "ListMultipartUploads",
        "GET",
        "bucket",
        multipart_listing.list_multipart_uploads,
        _words("uploads"),
        _words("prefix max-uploads key-marker upload-id-marker encoding-type"),
    ),
    Operation("DeleteObjects", "POST", "bucket", write.delete_objects, _words("delete")),
    Operation("GetObject", "GET", "object", read.get_or_head_object, allows=_READ),
    Operation("HeadObject", "HEAD", "object", read.get_or_head_object, allows=_READ),
    Operation("PutObject", "PUT", "object", write.put_object),
    Operation("CopyObject", "PUT", "object", copy.copy_object, copies=True),
    Operation("DeleteObject", "DELETE", "object", write.delete_object),
    Operation("GetObjectTagging", "GET", "object", tagging.get_object_tagging, _words("tagging")),
    Operation("PutObjectTagging", "PUT", "object", tagging.put_object_tagging, _words("tagging")),
    Operation(
        "DeleteObjectTagging", "DELETE", "object", tagging.delete_object_tagging, _words("tagging")
    ),
    Operation(
        "CreateMultipartUpload",
        "POST",
        "object",
        multipart.create_multipart_upload,
        _words("uploads"),
    ),
    Operation("UploadPart", "PUT", "object", multipart.upload_part, _PART),
    Operation("UploadPartCopy", "PUT", "object", multipart.upload_part_copy, _PART, copies=True),
    Operation(
        "CompleteMultipartUpload",
        "POST",
        "object",
        multipart.complete_multipart_upload,
        _words("uploadId"),
    ),
    Operation(
        "AbortMultipartUpload",
        "DELETE",
        "object",
        multipart.abort_multipart_upload,
        _words("uploadId"),
    ),
    Operation(
        "ListParts",
        "GET",
        "object",
        multipart_listing.list_parts,
        _words("uploadId"),
        _words("max-parts part-number-marker encoding-type"),
    ),
)

# Understood by all: what presigning adds, and what some SDKs add to name the operation.
_ANYWHERE = presigned.PARAMETERS | {"x-id"}

# To ignore one of these would be a wrong success: the object would not be what was asked for.
_REFUSED_HEADERS = (
    "x-amz-server-side-encryption-customer-",
    "x-amz-copy-source-server-side-encryption-customer-",
    "x-amz-object-lock-",
    "x-amz-bucket-object-lock-enabled",
    "x-amz-grant-",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
    "x-amz-if-match-",
    "x-amz-rename-source",
    "x-amz-object-annotation-",
    "x-amz-object-ownership",
    "x-amz-mfa",
)


def select(call: Call) -> Operation:
    """Find the operation that a request asks for.

    Raises:
        S3Error: ``NotImplemented`` for what is not supported, be it an operation, a query parameter
            or a header; ``AccessDenied`` for what is another account's.
    """
    level: Level = "object" if call.key else "bucket" if call.bucket else "service"
    copies = "x-amz-copy-source" in call.headers
    present = call.query.keys() - _ANYWHERE
    candidates = [
        operation
        for operation in OPERATIONS
        if (operation.method, operation.level) == (call.request.method, level)
        and operation.copies == copies
        and operation.needs <= present
    ]
    found = max(candidates, key=lambda operation: len(operation.needs), default=None)
    unknown = sorted(present - (found.needs | found.allows if found else frozenset()))
    if found is None or unknown:
        query = "".join(f" ?{name}" for name in unknown)
        raise NotSupported(f"{call.request.method} on the {level} level{query}")
    for name in call.headers:
        if name.lower().startswith(_REFUSED_HEADERS):
            raise NotSupported(f"Header {name}")
    check_owner(call.headers)
    return found

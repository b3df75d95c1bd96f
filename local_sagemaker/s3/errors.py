"""The errors S3 answers with: codes, HTTP statuses and default messages.

Codes, statuses and most texts are those of the "Error responses" page of the Amazon S3 API
reference.
"""

_DEFAULTS: dict[str, tuple[int, str]] = {
    "AccessDenied": (403, "Access Denied"),
    "BadDigest": (
        400,
        "The Content-MD5 or checksum value that you specified did not match what the server "
        "received.",
    ),
    "BucketAlreadyOwnedByYou": (
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty."),
    "EntityTooLarge": (400, "Your proposed upload exceeds the maximum allowed object size."),
    "EntityTooSmall": (
        400,
        "Your proposed upload is smaller than the minimum allowed object size.",
    ),
    "IncompleteBody": (
        400,
        "You did not provide the number of bytes specified by the Content-Length HTTP header.",
    ),
    # S3 has no code for a full disk. Its own 500 and 503 would be retried by every SDK for many
    # seconds, which frees no space; 507 is not retried, so the caller reads at once which folder is
    # full.
    "InsufficientStorage": (507, "The disk that holds the objects is full."),
    "InternalError": (500, "We encountered an internal error. Please try again."),
    "InvalidArgument": (400, "Invalid Argument"),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "InvalidDigest": (400, "The Content-MD5 you specified is not valid."),
    "InvalidLocationConstraint": (400, "The specified location-constraint is not valid"),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found. The part may not have been "
        "uploaded, or the specified entity tag may not match the part's entity tag.",
    ),
    "InvalidPartNumber": (416, "The requested partnumber is not satisfiable"),
    "InvalidPartOrder": (
        400,
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
    ),
    "InvalidRange": (416, "The requested range is not satisfiable"),
    "InvalidRequest": (400, "Invalid Request"),
    "InvalidTag": (400, "The tag provided was not a valid tag."),
    "InvalidURI": (400, "Couldn't parse the specified URI."),
    "KeyTooLongError": (400, "Your key is too long"),
    "MalformedXML": (
        400,
        "The XML you provided was not well-formed or did not validate against our published schema",
    ),
    "MaxMessageLengthExceeded": (400, "Your request was too big."),
    "MetadataTooLarge": (
        400,
        "Your metadata headers exceed the maximum allowed metadata size",
    ),
    "MissingContentLength": (411, "You must provide the Content-Length HTTP header."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchTagSet": (404, "The TagSet does not exist"),
    "NoSuchUpload": (
        404,
        "The specified upload does not exist. The upload ID may be invalid, "
        "or the upload may have been aborted or completed.",
    ),
    "NotImplemented": (
        501,
        "A header or query you provided implies functionality that is not implemented",
    ),
    "PreconditionFailed": (
        412,
        "At least one of the pre-conditions you specified did not hold",
    ),
    "RequestTimeout": (
        400,
        "Your socket connection to the server was not read from or written to within the timeout "
        "period. Idle connections will be closed.",
    ),
    "XAmzContentSHA256Mismatch": (
        400,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ),
}


class S3Error(Exception):
    """A request that S3 refuses.

    Attributes:
        code: S3's error code, such as ``NoSuchKey``; what ``ClientError.response["Error"]["Code"]``
            will say.
        message: A sentence for people.
        status: The HTTP status that goes with the code.
        details: Further elements of the XML answer, such as ``Key``.
    """

    def __init__(self, code: str, message: str | None = None, **details: str) -> None:
        status, default = _DEFAULTS[code]
        self.code = code
        self.message = message or default
        self.status = status
        self.details = details
        where = "".join(f" {name}={value!r}" for name, value in details.items())
        super().__init__(f"{code}: {self.message}{where}")


class NoSuchBucket(S3Error):
    """The bucket does not exist."""

    def __init__(self, bucket: str) -> None:
        super().__init__("NoSuchBucket", BucketName=bucket)


class NoSuchKey(S3Error):
    """The bucket holds no object of that key."""

    def __init__(self, bucket: str, key: str) -> None:
        super().__init__("NoSuchKey", BucketName=bucket, Key=key)


class NoSuchUpload(S3Error):
    """The multipart upload was never started, or was completed or aborted."""

    def __init__(self, upload_id: str) -> None:
        super().__init__("NoSuchUpload", UploadId=upload_id)


class PreconditionFailed(S3Error):
    """A condition of the request (``If-Match``, ``If-None-Match`` ...) does not hold."""

    def __init__(self, condition: str) -> None:
        super().__init__("PreconditionFailed", Condition=condition)


class NotSupported(S3Error):
    """S3 can do this; this store cannot."""

    def __init__(self, what: str) -> None:
        super().__init__("NotImplemented", f"{what} is not supported by this local object store")

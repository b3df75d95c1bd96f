"""What a client attaches to an object, between HTTP headers and the store."""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl

from local_sagemaker.s3.errors import NotSupported, S3Error
from local_sagemaker.s3.http.documents import http_date, quoted
from local_sagemaker.s3.records import (
    DEFAULT_CONTENT_TYPE,
    Attributes,
    StoredObject,
)

# Kept as sent and given back with the object.
SYSTEM_HEADERS = (
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
# The same, but of the request that writes the object: a copy does not take them over.
PLACEMENT_HEADERS = (
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-bucket-key-enabled",
    "x-amz-storage-class",
)
_META = "x-amz-meta-"
_MAX_METADATA = 2 << 10
_MAX_TAGS = 10
# Letters, digits and spaces of any script, and what S3 lists besides.
_TAG_TEXT = re.compile(r"[\w +\-=.:/@]*")

# Those whose objects can be read at once. The others would have to be restored first.
_STORAGE_CLASSES = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
)


# int() takes signs, spaces, underscores and the digits of all scripts, and long over thousands.
_DIGITS = re.compile(r"[0-9]{1,19}")


def attributes_from_headers(headers: Mapping[str, str]) -> Attributes:
    """Read what a request that creates an object attaches to it.

    Raises:
        S3Error: ``MetadataTooLarge``, ``InvalidTag``, ``NotImplemented`` for an archive's storage
            class.
    """
    storage_class = headers.get("x-amz-storage-class", "STANDARD")
    if storage_class not in _STORAGE_CLASSES:
        raise NotSupported(f"Storage class {storage_class}")
    _check_encryption(headers)
    kept = {
        name: _text(headers[name])
        for name in (*SYSTEM_HEADERS, *PLACEMENT_HEADERS)
        if name in headers
    }
    encodings = kept.pop("content-encoding", "").split(",")
    encodings = [each for each in encodings if each.strip() not in ("", "aws-chunked")]
    if encodings:
        kept["content-encoding"] = ",".join(encodings).strip()
    if storage_class == "STANDARD":
        kept.pop("x-amz-storage-class", None)  # S3 leaves it out, too
    return Attributes(
        content_type=_text(headers.get("Content-Type", "")) or DEFAULT_CONTENT_TYPE,
        metadata=_metadata(headers),
        headers=kept,
        tags=check_tags(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True)),
    )


def check_tags(pairs: list[tuple[str, str]], limit: int = _MAX_TAGS) -> dict[str, str]:
    """Make a tag set.

    Raises:
        S3Error: ``InvalidTag`` for one that S3 would refuse.
    """
    tags = dict(pairs)
    if len(tags) < len(pairs):
        raise S3Error("InvalidTag", "Cannot provide multiple Tags with the same key")
    if len(tags) > limit:
        raise S3Error("InvalidTag", f"A tag set cannot have more than {limit} tags")
    for name, value in pairs:
        valid = _TAG_TEXT.fullmatch(name + value) is not None
        if not valid or not 1 <= len(name) <= 128 or len(value) > 256:
            raise S3Error("InvalidTag", TagKey=name, TagValue=value)
    return tags


def placement(stored: StoredObject) -> dict[str, str]:
    """The headers that tell of encryption; part of every answer to a write."""
    return {
        name: value
        for name, value in stored.attributes.headers.items()
        if name.startswith("x-amz-server-side-encryption")
    }


def object_headers(stored: StoredObject) -> dict[str, str]:
    """The headers of an object, less those that depend on what part of it is asked for."""
    info, attributes = stored.info, stored.attributes
    headers = {
        "Content-Type": attributes.content_type,
        "ETag": quoted(info.etag),
        "Last-Modified": http_date(info.last_modified),
        "Accept-Ranges": "bytes",
        **attributes.headers,
        **{_META + name: value for name, value in attributes.metadata.items()},
    }
    if attributes.tags:
        headers["x-amz-tagging-count"] = str(len(attributes.tags))
    return headers


def checksum_headers(stored: StoredObject) -> dict[str, str]:
    """The additional checksum of the whole object."""
    if stored.checksum is None:
        return {}
    return {
        f"x-amz-checksum-{stored.checksum.algorithm}": stored.checksum.value,
        "x-amz-checksum-type": stored.checksum.kind,
    }


def _check_encryption(headers: Mapping[str, str]) -> None:
    kind = headers.get("x-amz-server-side-encryption")
    if kind not in (None, "AES256", "aws:kms", "aws:kms:dsse"):
        raise S3Error("InvalidArgument", f"The encryption method {kind!r} is not supported")
    if "x-amz-server-side-encryption-aws-kms-key-id" in headers and kind in (None, "AES256"):
        message = "A KMS key id needs x-amz-server-side-encryption: aws:kms"
        raise S3Error("InvalidArgument", message)


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    metadata: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower.startswith(_META):
            short, text = lower.removeprefix(_META), _text(value)
            metadata[short] = f"{metadata[short]},{text}" if short in metadata else text
    if sum(len((name + value).encode()) for name, value in metadata.items()) > _MAX_METADATA:
        raise S3Error("MetadataTooLarge", MaxSizeAllowed=str(_MAX_METADATA))
    return metadata


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise S3Error("InvalidArgument", "A header is not valid UTF-8") from None
    return value


def whole_number(text: str) -> int | None:
    """A whole number of ASCII digits; None if the text is none, or longer than any size is."""
    return int(text) if _DIGITS.fullmatch(text) else None

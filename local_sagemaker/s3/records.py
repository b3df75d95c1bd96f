"""What the store knows of a bucket, an object and an upload."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

DEFAULT_CONTENT_TYPE = "binary/octet-stream"

ChecksumType = Literal["FULL_OBJECT", "COMPOSITE"]


@dataclass(frozen=True)
class BucketInfo:
    """A bucket.

    Attributes:
        name: Its name.
        created: Creation time, epoch seconds.
        location: The ``LocationConstraint`` it was created with; empty means us-east-1.
        tags: Its tag set.
    """

    name: str
    created: float
    location: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class ObjectInfo:
    """What a caller wants to know of an object.

    Attributes:
        bucket: Its bucket.
        key: Its key.
        size: Bytes.
        etag: MD5 in hex, or ``<md5 of md5s>-<parts>`` after a multipart upload; without quotes.
        last_modified: Epoch seconds.
        content_type: MIME type.
        metadata: User metadata, names in lower case and without ``x-amz-meta-``.
    """

    bucket: str
    key: str
    size: int
    etag: str
    last_modified: float
    content_type: str
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Attributes:
    """What a client attaches to an object and gets back with it.

    Attributes:
        content_type: MIME type.
        metadata: User metadata.
        headers: Other response headers that are kept as sent (``cache-control``, encryption,
            storage class ...).
        tags: Tag set.
    """

    content_type: str = DEFAULT_CONTENT_TYPE
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Checksum:
    """One of S3's "additional checksums".

    Attributes:
        algorithm: Lower-case name as in the header ``x-amz-checksum-<algorithm>``.
        value: Base64; of a composite checksum followed by ``-<parts>``.
        kind: Whether it covers the object's bytes or its parts' checksums.
    """

    algorithm: str
    value: str
    kind: ChecksumType = "FULL_OBJECT"


@dataclass(frozen=True)
class StoredObject:
    """An object as the index holds it: what callers see, and the file with its bytes.

    Attributes:
        info: What callers see.
        blob: Name of the file that holds the bytes.
        attributes: What the client attached.
        checksum: The checksum to return with the whole object, if one is known.
    """

    info: ObjectInfo
    blob: str
    attributes: Attributes
    checksum: Checksum | None


@dataclass(frozen=True)
class Upload:
    """A multipart upload in progress; its id is the name of the file that receives the parts."""

    id: str
    bucket: str
    key: str
    initiated: float
    attributes: Attributes
    algorithm: str | None
    kind: ChecksumType | None


@dataclass(frozen=True)
class Part:
    """One part: where it lies in its upload's file, and what it was checked with."""

    number: int
    offset: int
    size: int
    etag: str
    last_modified: float
    checksum: str | None

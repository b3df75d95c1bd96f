"""What a bucket, its region and a key may be called."""

import ipaddress
import re

from local_sagemaker.s3.errors import S3Error

MAX_KEY_BYTES = 1024

# "General purpose bucket naming rules" of the Amazon S3 user guide.
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_BUCKET = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LOCATION = re.compile(r"EU|[a-z]{2}(-[a-z]+)+-\d")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def check_bucket_name(bucket: str) -> None:
    """Refuse a name that S3 would refuse for a new bucket.

    Raises:
        S3Error: ``InvalidBucketName``.
    """
    valid = (
        3 <= len(bucket) <= 63
        and _BUCKET.fullmatch(bucket) is not None
        and not bucket.startswith(_RESERVED_PREFIXES)
        and not bucket.endswith(_RESERVED_SUFFIXES)
        and not _is_ip_address(bucket)
    )
    if not valid:
        raise S3Error("InvalidBucketName", BucketName=bucket)


def check_location(location: str) -> None:
    """Refuse a location constraint that is no region's name.

    Raises:
        S3Error: ``InvalidLocationConstraint``.
    """
    if _LOCATION.fullmatch(location) is None:
        raise S3Error("InvalidLocationConstraint", LocationConstraint=location)


def check_key(key: str) -> None:
    """Refuse a key that S3 would refuse.

    Raises:
        S3Error: ``KeyTooLongError`` above 1024 bytes of UTF-8; ``InvalidURI`` when it is no Unicode
            text.
    """
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise S3Error("InvalidURI", "A key must be valid UTF-8") from None
    if size > MAX_KEY_BYTES:
        raise S3Error("KeyTooLongError", Size=str(size), MaxSizeAllowed=str(MAX_KEY_BYTES))
    if not key:
        raise S3Error("InvalidArgument", "A key must not be empty")


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True

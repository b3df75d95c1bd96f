"""Taking S3 URIs apart and putting them together."""

from typing import NamedTuple


class S3Location(NamedTuple):
    """Bucket and key (or prefix) of an S3 URI."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """The location as ``s3://bucket/key``."""
        return f"s3://{self.bucket}/{self.key}"


def parse_s3_uri(uri: str) -> S3Location:
    """Split ``s3://bucket/key``.

    Raises:
        ValueError: The text is no S3 URI, or names no bucket.
    """
    scheme, separator, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not separator or not bucket:
        message = f"{uri!r} is not an S3 URI: expected s3://<bucket>/<key>"
        raise ValueError(message)
    return S3Location(bucket, key)


def join_s3_uri(base: str, *parts: str) -> str:
    """Append parts to a base URI with exactly one slash in between; a trailing slash is kept."""
    uri = base.rstrip("/")
    for part in parts:
        uri = f"{uri.rstrip('/')}/{part.lstrip('/')}"
    return uri


def as_directory(uri: str) -> str:
    """The URI with exactly one trailing slash, so that it matches only what lies inside."""
    return uri.rstrip("/") + "/"

"""Conditional requests: ``If-Match`` and its kin."""

from collections.abc import Mapping
from dataclasses import dataclass

from local_sagemaker.s3.errors import NoSuchKey, NotSupported, PreconditionFailed
from local_sagemaker.s3.records import ObjectInfo


@dataclass(frozen=True)
class WriteCondition:
    """What must hold at the moment an object is replaced or deleted.

    Attributes:
        if_match: The ETag that the present object must have (``*``: any).
        if_none_match: ``*``: there must be no object.
    """

    if_match: str | None = None
    if_none_match: str | None = None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "WriteCondition":
        """Read the headers of a write.

        Raises:
            S3Error: ``NotImplemented`` for an ``If-None-Match`` with an ETag, as in S3.
        """
        if_none_match = headers.get("If-None-Match")
        if if_none_match not in (None, "*"):
            raise NotSupported("If-None-Match with a value other than '*' on a write")
        return cls(headers.get("If-Match"), if_none_match)

    def check(self, bucket: str, key: str, etag: str | None) -> None:
        """Compare with the present object's ETag, None if there is none.

        Raises:
            S3Error: ``PreconditionFailed``; ``NoSuchKey`` if ``if_match`` names an object that is
                not there.
        """
        if self.if_none_match and etag is not None:
            raise PreconditionFailed("If-None-Match")
        if self.if_match:
            if etag is None:
                raise NoSuchKey(bucket, key)
            if not _matches(self.if_match, etag):
                raise PreconditionFailed("If-Match")


UNCONDITIONAL = WriteCondition()


@dataclass(frozen=True)
class ReadCondition:
    """What must hold for an object to be read or copied.

    Attributes:
        if_match: ETags, one of which the object must have.
        if_none_match: ETags, none of which the object may have.
        if_modified_since: HTTP date.
        if_unmodified_since: HTTP date.
    """

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str], prefix: str = "") -> "ReadCondition":
        """Read the headers of a read, or with a prefix those of a copy's source."""
        names = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
        return cls(*(headers.get(prefix + name) for name in names))

    def check(self, info: ObjectInfo) -> bool:
        """Compare with an object, in the order of precedence of RFC 9110, section 13.2.2.

        Returns:
            Whether to send it; False means "304 Not Modified".

        Raises:
            S3Error: ``PreconditionFailed``.
        """
        modified = int(info.last_modified)  # HTTP dates have whole seconds
        if self.if_match is not None:
            if not _matches(self.if_match, info.etag):
                raise PreconditionFailed("If-Match")
        elif self.if_unmodified_since is not None:
            limit = _epoch(self.if_unmodified_since)
            if limit is not None and modified > limit:
                raise PreconditionFailed("If-Unmodified-Since")
        if self.if_none_match is not None:
            return not _matches(self.if_none_match, info.etag)
        if self.if_modified_since is not None:
            limit = _epoch(self.if_modified_since)
            return limit is None or modified > limit
        return True


def _matches(header: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")]
    return "*" in tags or etag in tags


def _epoch(date: str) -> float | None:
    """An HTTP date as epoch seconds; None if malformed, which RFC 9110 says to ignore."""
    from email.utils import parsedate_to_datetime  # A tenth of what a job has to import.

    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None

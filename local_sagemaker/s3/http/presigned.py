"""The end of a presigned URL's life. Signatures are not checked."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from local_sagemaker.s3.errors import S3Error

# What presigning adds to a query: version 4, then version 2, which boto3 uses by default in
# us-east-1.
PARAMETERS = frozenset(
    {
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "X-Amz-Expires",
        "X-Amz-SignedHeaders",
        "X-Amz-Signature",
        "X-Amz-Security-Token",
        "X-Amz-Content-Sha256",
        "AWSAccessKeyId",
        "Signature",
        "Expires",
        "x-amz-security-token",
    }
)
_LONGEST = timedelta(days=7)


def is_presigned(query: Mapping[str, str]) -> bool:
    """Whether a request is signed in its query."""
    return "X-Amz-Signature" in query or "Signature" in query


def moved_headers(query: Mapping[str, str]) -> dict[str, str]:
    """The headers that presigning moved into the query, where they count as headers."""
    if not is_presigned(query):
        return {}
    return {
        name: value
        for name, value in query.items()
        if name.lower().startswith(("x-amz-", "content-")) and name not in PARAMETERS
    }


def check_expiry(query: Mapping[str, str]) -> None:
    """Refuse a presigned URL whose time is over.

    Raises:
        S3Error: ``AccessDenied``.
    """
    try:
        if "X-Amz-Date" in query and "X-Amz-Expires" in query:
            signed = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
            lifetime = timedelta(seconds=int(query["X-Amz-Expires"]))
            if not timedelta() < lifetime <= _LONGEST:
                raise S3Error("AccessDenied", "X-Amz-Expires must be within 1 and 604800 seconds")
            end = (signed.replace(tzinfo=timezone.utc) + lifetime).timestamp()
        elif "Signature" in query and "Expires" in query:
            end = float(int(query["Expires"]))
        else:
            return
    except (ValueError, OverflowError):
        raise S3Error("AccessDenied", "The times of this presigned URL are malformed") from None
    if time.time() > end:
        raise S3Error("AccessDenied", "Request has expired")

"""The one account that owns everything here."""

from collections.abc import Mapping

from local_sagemaker.s3.errors import NotSupported, S3Error
from local_sagemaker.s3.http.documents import Element

ACCOUNT = "000000000000"
_EXPECTED = ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner")
# Those that change nothing where, as in new buckets of S3, the bucket's owner owns all objects.
_CANNED_ACLS = ("private", "bucket-owner-full-control")
_ID = "0" * 64  # S3's "canonical user id" has 64 hexadecimal digits


def owner(name: str = "Owner") -> Element:
    """The owner, as an element of a document."""
    return (name, [("ID", _ID), ("DisplayName", "local")])


def check_owner(headers: Mapping[str, str]) -> None:
    """Refuse what would be another's, or for others to read.

    Raises:
        S3Error: ``AccessDenied`` for a bucket expected to be another account's; ``NotImplemented``
            for a canned ACL that would have an effect.
    """
    if any(headers.get(name, ACCOUNT) != ACCOUNT for name in _EXPECTED):
        raise S3Error("AccessDenied", f"All buckets are owned by the account {ACCOUNT}")
    if headers.get("x-amz-acl", "private") not in _CANNED_ACLS:
        raise NotSupported(f"The canned ACL {headers['x-amz-acl']}")

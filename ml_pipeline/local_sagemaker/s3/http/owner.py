"""The one account that owns everything here."""

from ml_pipeline.local_sagemaker.s3.http.documents import Element

_ID = "0" * 64  # S3's "canonical user id" has 64 hexadecimal digits


def owner(name: str = "Owner") -> Element:
    """The owner, as an element of a document."""
    return (name, [("ID", _ID), ("DisplayName", "local")])

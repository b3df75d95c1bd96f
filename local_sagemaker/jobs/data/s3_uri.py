"""Taking S3 URIs apart."""

from local_sagemaker.jobs.reasons import ClientFault


def split_uri(uri: str, member: str) -> tuple[str, str]:
    """Bucket and key (or prefix) of an S3 URI.

    Args:
        uri: ``s3://bucket/key``.
        member: What it is the value of, for the error.

    Raises:
        ClientFault: It is no such URI.
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if not uri.startswith("s3://") or not bucket:
        raise ClientFault(f"{member}: {uri!r} must look like s3://bucket/prefix")
    return bucket, key

"""What lies at a place in S3 that a setting names."""

import hashlib
from typing import TYPE_CHECKING

import dagster as dg

from dagster_sagemaker import explain_refusal
from dagster_sagemaker.s3_uri import parse_s3_uri

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def version_of(s3: "S3Client", uri: str, setting: str) -> str:
    """A hash of the keys and ETags of what lies at a place: other contents make another one.

    Args:
        s3: A client that may list the bucket.
        uri: An object; or, if it ends in a slash, all of a folder.
        setting: The variable that names it, for errors.

    Raises:
        dagster.Failure: There is nothing, or the bucket cannot be listed.
    """
    bucket, prefix = parse_s3_uri(uri)
    digest = hashlib.sha256()
    count = 0
    with explain_refusal(f"list {uri}", f"{setting}, and who may list the bucket"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for entry in (entry for page in pages for entry in page.get("Contents", ())):
            if not prefix.endswith("/") and entry["Key"] != prefix:
                continue
            digest.update(f"{entry['Key']} {entry['ETag']}\n".encode())
            count += 1
    if not count:
        raise dg.Failure(
            f"There is no object at {uri}: put some there, or change {setting}.",
            allow_retries=False,
        )
    return digest.hexdigest()

"""Writing small objects to S3: once for each content, or only if nobody else has."""

import hashlib
import random
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dagster_sagemaker import explain_refusal
from ml_pipeline.publishing.artifacts import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CHECK = "ML_PIPELINE_BUCKET and the credentials with `ml-pipeline doctor`"
"""What to check when S3 refuses."""

_PAUSE_SECONDS = (0.05, 0.25)


def put_if_unchanged(
    s3: "S3Client", bucket: str, key: str, body: bytes, *, etag: str | None
) -> bool:
    """Write an object if it is still the one that was read.

    Args:
        s3: A client that may write the bucket.
        bucket: Its name.
        key: The object's key.
        body: Its new content.
        etag: What the object had when it was read; None if it was not there.

    Returns:
        Whether it was written; if not, somebody else wrote it, and some time has passed since.
    """
    condition: dict[str, Any] = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
    try:
        s3.put_object(
            Bucket=bucket, Key=key, Body=body, ContentType="application/json", **condition
        )
    except ClientError as error:
        # The second: another conditional write of the object is under way.
        if error.response["Error"]["Code"] not in {
            "PreconditionFailed",
            "ConditionalRequestConflict",
        }:
            raise
        time.sleep(random.uniform(*_PAUSE_SECONDS))  # noqa: S311 - only jitter
        return False
    return True


def put_if_changed(s3: "S3Client", bucket: str, key: str, body: bytes) -> StoredObject:
    """Write an object unless one of the same content is there already.

    What was published before keeps its ETag that way, also in a bucket whose encryption gives every
    write a new one.

    Raises:
        dagster.Failure: The bucket cannot be written to.
    """
    digest = hashlib.sha256(body).hexdigest()
    with explain_refusal(f"write s3://{bucket}/{key}", CHECK):
        etag = _etag_of(s3, bucket, key, digest)
        if etag is None:
            etag = s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType="text/csv",
                Metadata={"sha256": digest},
            )["ETag"]
    return StoredObject(key=key, size=len(body), etag=etag.strip('"'))


def _etag_of(s3: "S3Client", bucket: str, key: str, digest: str) -> str | None:
    try:
        found = s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        # Without s3:ListBucket an object that is not there answers 403.
        if error.response["ResponseMetadata"]["HTTPStatusCode"] in {403, 404}:
            return None
        raise
    return found["ETag"] if found["Metadata"].get("sha256") == digest else None

"""Writing small objects to S3, once for each content."""

import hashlib
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from dagster_sagemaker import explain_refusal
from ml_pipeline.publishing.artifacts import StoredObject
from ml_pipeline.publishing.manifests import CHECK

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


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

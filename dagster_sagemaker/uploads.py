"""Putting a job's own objects into S3, each once."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import parse_s3_uri
from dagster_sagemaker.transient import error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def upload_missing(s3: "S3Client", uploads: Iterable[Upload]) -> list[str]:
    """Write the objects that are not there yet.

    Names hold a hash of the content and a put is atomic: whoever is killed half-way leaves only
    whole objects, and two that upload at once write the same bytes.

    Returns:
        URIs of the objects that were written.

    Raises:
        dagster.Failure: S3 refused one; names it.
    """
    written = []
    for upload in uploads:
        with explain_refusal(f"look for {upload.uri}", "its bucket, the credentials, the region"):
            exists = _exists(s3, upload.uri)
        if not exists:
            put_object(s3, upload.uri, upload.content)
            written.append(upload.uri)
    return written


def put_object(s3: "S3Client", uri: str, content: bytes) -> None:
    """Write one object.

    Raises:
        dagster.Failure: S3 refused it.
    """
    bucket, key = parse_s3_uri(uri)
    check = f"that bucket {bucket} exists and that the credentials in use may write it"
    with explain_refusal(f"write {uri}", check):
        s3.put_object(Bucket=bucket, Key=key, Body=content)


def _exists(s3: "S3Client", uri: str) -> bool:
    bucket, key = parse_s3_uri(uri)
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        # Without leave to list the bucket, S3 says 403 of an object that is not there; and this
        # answer has no body that says why it is 400, as with expired credentials: the write will.
        if error_code(error) in {"404", "403", "400", "NoSuchKey", "NotFound"}:
            return False
        raise
    return True

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import dagster as dg
import pytest
from botocore.exceptions import ClientError

from dagster_sagemaker import Upload
from dagster_sagemaker.uploads import upload_missing

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from ml_pipeline_tests.dagster_sagemaker.played_service import PlayedService


def test_what_is_there_is_not_written_again(s3: "S3Client", bucket: str) -> None:
    uploads = [Upload(f"s3://{bucket}/code/h/{name}", name.encode()) for name in "abc"]
    assert upload_missing(s3, uploads[:1]) == [uploads[0].uri]  # killed after the first
    assert upload_missing(s3, uploads) == [upload.uri for upload in uploads[1:]]
    assert upload_missing(s3, uploads) == []
    for upload in uploads:
        _, _, key = upload.uri.removeprefix("s3://").partition("/")
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == upload.content


def test_two_may_upload_at_once(s3: "S3Client", bucket: str) -> None:
    uploads = [Upload(f"s3://{bucket}/code/h/{index}", b"x" * 1000) for index in range(5)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: upload_missing(s3, uploads), range(2)))
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 5


def test_an_unwritable_bucket_is_named(s3: "S3Client") -> None:
    with pytest.raises(dg.Failure, match="s3://no-such-bucket-here/x") as caught:
        upload_missing(s3, [Upload("s3://no-such-bucket-here/x", b"x")])
    assert isinstance(caught.value.__cause__, ClientError)


def test_a_look_that_is_refused_without_a_reason_leaves_it_to_the_write(
    service: "PlayedService", s3: "S3Client", bucket: str
) -> None:
    expired = {"code": "ExpiredToken", "message": "expired", "status": 400}
    service.faults.add("error", operation="s3:HeadObject", **expired)
    service.faults.add("error", operation="s3:PutObject", **expired)
    with pytest.raises(dg.Failure, match="ExpiredToken: expired"):
        upload_missing(s3, [Upload(f"s3://{bucket}/x", b"x")])

"""Buckets and listings through boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_the_life_of_a_bucket(s3: S3Client) -> None:
    s3.create_bucket(Bucket="another")
    s3.create_bucket(Bucket="another")  # no error in us-east-1
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [BUCKET, "another"]
    assert s3.get_bucket_location(Bucket="another")["LocationConstraint"] is None
    assert "Status" not in s3.get_bucket_versioning(Bucket="another")
    s3.put_object(Bucket="another", Key="k", Body=b"")
    with pytest.raises(ClientError, match="BucketNotEmpty") as error:
        s3.delete_bucket(Bucket="another")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    s3.delete_object(Bucket="another", Key="k")
    s3.delete_bucket(Bucket="another")
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket="another")


def test_a_bucket_in_another_region_is_created_once(s3: S3Client) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="europe", CreateBucketConfiguration=where)  # type: ignore[arg-type]
    assert s3.get_bucket_location(Bucket="europe")["LocationConstraint"] == "eu-west-1"
    with pytest.raises(ClientError, match="BucketAlreadyOwnedByYou"):
        s3.create_bucket(Bucket="europe", CreateBucketConfiguration=where)  # type: ignore[arg-type]


@pytest.mark.parametrize("location", ["../\n", "a<b", "eu-west-1\r\nX-Injected: 1"])
def test_a_location_that_is_no_region_is_refused(s3: S3Client, location: str) -> None:
    """It would be in every later answer's header."""
    where = {"LocationConstraint": location}
    with pytest.raises(ClientError, match="InvalidLocationConstraint"):
        s3.create_bucket(Bucket="nowhere", CreateBucketConfiguration=where)  # type: ignore[arg-type]
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [BUCKET]


def test_a_bad_bucket_name(s3: S3Client) -> None:
    with pytest.raises(ClientError, match="InvalidBucketName"):
        s3.create_bucket(Bucket="Not_A_Bucket")


KEYS = ["a b/1", "a b/2", "a+b", "c", "d/e/1", "d/e/2", "é/1"]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_listings_page_by_page(s3: S3Client, operation: str, size: int) -> None:
    for key in KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")

    def listed(**arguments: str) -> tuple[list[str], list[str]]:
        paginator = s3.get_paginator(operation)  # type: ignore[call-overload]
        pages = list(
            paginator.paginate(Bucket=BUCKET, PaginationConfig={"PageSize": size}, **arguments)
        )
        keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
        return keys, [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]

    assert listed() == (KEYS, [])
    assert listed(Prefix="d/e") == (KEYS[4:6], [])
    assert listed(Delimiter="/") == (["a+b", "c"], ["a b/", "d/", "é/"])
    assert listed(Prefix="d/", Delimiter="/") == ([], ["d/e/"])
    assert listed(Prefix="none") == ([], [])


def test_details_of_a_listing(s3: S3Client) -> None:
    for key in KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    page = s3.list_objects_v2(Bucket=BUCKET, StartAfter="a+b", MaxKeys=2, FetchOwner=True)
    assert [each["Key"] for each in page["Contents"]] == ["c", "d/e/1"]
    assert (page["KeyCount"], page["MaxKeys"], page["IsTruncated"]) == (2, 2, True)
    assert page["StartAfter"] == "a+b"
    (first, _) = page["Contents"]
    assert first["Size"] == 1
    assert first["StorageClass"] == "STANDARD"
    assert first["Owner"]["ID"]
    assert first["ETag"] == s3.head_object(Bucket=BUCKET, Key="c")["ETag"]
    # A key to begin after is no common prefix: what else rolls up into its prefix is still listed.
    rest = s3.list_objects_v2(Bucket=BUCKET, StartAfter="d/e/1", Delimiter="/")
    assert [each["Prefix"] for each in rest["CommonPrefixes"]] == ["d/", "é/"]
    assert s3.list_objects_v2(Bucket=BUCKET, MaxKeys=0)["IsTruncated"] is False


def test_a_token_that_is_none(s3: S3Client) -> None:
    for token in ("é", "A", "gICA"):
        with pytest.raises(ClientError, match="continuation token"):
            s3.list_objects_v2(Bucket=BUCKET, ContinuationToken=token)

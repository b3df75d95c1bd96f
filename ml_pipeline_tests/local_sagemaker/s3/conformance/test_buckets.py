"""Buckets: their names, their life, their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conformance.clients import ask, refusal
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, make_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.mark.parametrize(
    "name",
    [
        *("_bad", "Bad", "bad_name", "a", "aa", "x" * 64, "192.168.5.123", "foo-", "-foo", ".foo"),
        *("foo.", "foo..bar", "foo.-bar", "foo-.bar", "xn--foo", "foo-s3alias", "sthree-foo"),
        *("..", "...", "foo%00bar", "foo%2Fbar", "..%2f..%2fetc", "%C3%A9t%C3%A9"),
    ],
)
def test_names_that_are_refused(port: int, store: ObjectStore, name: str) -> None:
    status, code, _ = ask(port, "PUT", f"/{name}")
    assert (status, code) == (400, "InvalidBucketName")
    assert [each.name for each in store.list_buckets()] == [BUCKET]


@pytest.mark.parametrize(
    "name", ["foo-bar", "foo.bar", "0foo", "a0a", "x" * 60, "x" * 61, "x" * 62, "x" * 63]
)
def test_names_that_are_accepted(s3: S3Client, name: str) -> None:
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"1")
    assert s3.list_objects_v2(Bucket=name)["KeyCount"] == 1


def test_what_is_gone_is_not_there(s3: S3Client) -> None:
    s3.create_bucket(Bucket="gone")
    s3.delete_bucket(Bucket="gone")
    missing = (404, "NoSuchBucket")
    assert refusal(s3.delete_bucket, Bucket="gone") == missing
    assert refusal(s3.put_object, Bucket="gone", Key="k", Body=b"") == missing
    assert refusal(s3.get_object, Bucket="gone", Key="k") == missing
    assert refusal(s3.delete_object, Bucket="gone", Key="k") == missing
    assert refusal(s3.delete_objects, Bucket="gone", Delete={"Objects": [{"Key": "k"}]}) == missing
    assert refusal(s3.create_multipart_upload, Bucket="gone", Key="k") == missing
    assert refusal(s3.list_multipart_uploads, Bucket="gone") == missing
    assert refusal(s3.get_bucket_location, Bucket="gone") == missing
    assert refusal(s3.head_bucket, Bucket="gone") == (404, "404")


def test_a_bucket_made_again_keeps_its_objects(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"1")
    s3.create_bucket(Bucket=BUCKET)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_buckets_page_by_page(s3: S3Client) -> None:
    names = [f"bucket-{number}" for number in range(5)]
    for name in names:
        s3.create_bucket(Bucket=name)
    more: dict[str, Any] = {}
    found: list[str] = []
    while True:
        page = s3.list_buckets(MaxBuckets=2, Prefix="bucket-", **more)
        assert page["Prefix"] == "bucket-"
        found += [each["Name"] for each in page["Buckets"]]
        if "ContinuationToken" not in page:
            break
        assert len(page["Buckets"]) == 2
        more = {"ContinuationToken": page["ContinuationToken"]}
    assert found == names
    assert s3.list_buckets(BucketRegion="eu-west-1")["Buckets"] == []
    assert len(s3.list_buckets(BucketRegion="us-east-1")["Buckets"]) == 6


def test_the_owner_that_a_client_expects(s3: S3Client) -> None:
    right, wrong = "000000000000", "123456789012"
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"1", ExpectedBucketOwner=right)
    arguments = {"Bucket": BUCKET, "Key": "k", "ExpectedBucketOwner": wrong}
    denied = (403, "AccessDenied")
    assert refusal(s3.get_object, **arguments) == denied
    assert refusal(s3.put_object, **arguments, Body=b"2") == denied
    assert refusal(s3.delete_object, **arguments) == denied
    assert refusal(s3.list_objects_v2, Bucket=BUCKET, ExpectedBucketOwner=wrong) == denied
    copy = {"CopySource": {"Bucket": BUCKET, "Key": "k"}, "ExpectedSourceBucketOwner": wrong}
    assert refusal(s3.copy_object, Bucket=BUCKET, Key="copy", **copy) == denied
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"1"


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_both_signatures(port: int, s3: S3Client, signature: str) -> None:
    assert [each["Name"] for each in make_client(port, signature).list_buckets()["Buckets"]]


def test_tags_of_a_bucket(s3: S3Client) -> None:
    assert refusal(s3.get_bucket_tagging, Bucket=BUCKET) == (404, "NoSuchTagSet")
    tags: Any = {"TagSet": [{"Key": "Hello", "Value": "World"}]}
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging=tags)
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == tags["TagSet"]
    s3.delete_bucket_tagging(Bucket=BUCKET)
    assert refusal(s3.get_bucket_tagging, Bucket=BUCKET) == (404, "NoSuchTagSet")

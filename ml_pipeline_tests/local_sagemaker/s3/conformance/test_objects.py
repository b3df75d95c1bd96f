"""Objects: writing, reading, ranges, conditions, copies, metadata, tags."""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from ml_pipeline_tests.local_sagemaker.s3.conformance.clients import ask, refusal
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WHERE: dict[str, Any] = {"Bucket": BUCKET, "Key": "k"}
SOURCE: dict[str, Any] = {"CopySource": WHERE}
NAMES = [*" \"$%&'<>_", "_ ", "_ _", "__", "?versionId", "a//b", "../up", "./here", "%25", "a+b"]


def body_of(s3: S3Client, key: str = "k", **arguments: Any) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=key, **arguments)["Body"].read()


@pytest.mark.parametrize("key", NAMES)
def test_special_names(s3: S3Client, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert body_of(s3, key) == key.encode()
    source: Any = {"Bucket": BUCKET, "Key": key}
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="parts")["UploadId"]
    copied = s3.upload_part_copy(
        Bucket=BUCKET, Key="parts", UploadId=upload, PartNumber=1, CopySource=source
    )
    parts: Any = [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]
    s3.complete_multipart_upload(
        Bucket=BUCKET, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}
    )
    assert body_of(s3, "copy") == body_of(s3, "parts") == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == sorted(
        [key, "copy", "parts"]
    )
    deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key}]})
    assert [each["Key"] for each in deleted["Deleted"]] == [key]
    assert refusal(s3.get_object, Bucket=BUCKET, Key=key) == (404, "NoSuchKey")


def test_headers_are_given_back(s3: S3Client) -> None:
    until = datetime.datetime(2040, 1, 1, tzinfo=datetime.timezone.utc)
    put = s3.put_object(**WHERE, Body=b"bar", CacheControl="public, max-age=14400", Expires=until)
    assert put["ETag"] == f'"{hashlib.md5(b"bar").hexdigest()}"'
    head = s3.head_object(**WHERE)
    assert head["CacheControl"] == "public, max-age=14400"
    assert head["Expires"] == until
    s3.put_object(**WHERE, Body=b"")
    head = s3.head_object(**WHERE)
    assert head["ContentLength"] == 0
    assert "CacheControl" not in head


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("gzip", "gzip"),
        ("deflate, gzip", "deflate, gzip"),
        ("gzip, aws-chunked", "gzip"),
        ("aws-chunked, gzip", "gzip"),
        ("aws-chunked", None),
        ("aws-chunked, aws-chunked", None),
    ],
)
def test_content_encodings(s3: S3Client, sent: str, kept: str | None) -> None:
    s3.put_object(**WHERE, Body=b"bytes", ContentEncoding=sent)
    assert s3.head_object(**WHERE).get("ContentEncoding") == kept


def test_metadata(s3: S3Client) -> None:
    def kept(metadata: dict[str, str]) -> dict[str, str]:
        s3.put_object(**WHERE, Body=b"1", Metadata=metadata)
        return s3.head_object(**WHERE)["Metadata"]

    assert kept({"meta1": "mymeta"}) == {"meta1": "mymeta"}
    assert kept({"meta1": ""}) == {"meta1": ""}
    assert kept({}) == {}
    assert kept({"UPPER": "Value", "with-dash": "a, b"}) == {"upper": "Value", "with-dash": "a, b"}


@pytest.mark.parametrize("value", [b"h\x04w", b"\x04w", b"h\x00w"])
def test_metadata_of_control_characters_is_refused(port: int, value: bytes) -> None:
    text = value.decode("latin-1")
    assert ask(port, "PUT", f"/{BUCKET}/k", b"x", x_amz_meta_a=text)[0] == 400


def test_ranges(s3: S3Client) -> None:
    s3.put_object(**WHERE, Body=b"testcontent")
    for text, low, high in (("4-7", 4, 7), ("4-", 4, 10), ("-7", 4, 10), ("0-99", 0, 10)):
        got = s3.get_object(**WHERE, Range=f"bytes={text}")
        assert got["Body"].read() == b"testcontent"[low : high + 1]
        assert got["ContentRange"] == f"bytes {low}-{high}/11"
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert refusal(s3.get_object, **WHERE, Range="bytes=40-50") == (416, "InvalidRange")
    assert body_of(s3, Range="bytes=5-1") == b"testcontent"
    assert body_of(s3, Range="lines=1-2") == b"testcontent"
    s3.put_object(**WHERE, Body=b"")
    assert refusal(s3.get_object, **WHERE, Range="bytes=40-50") == (416, "InvalidRange")


def test_ranges_of_a_big_object(s3: S3Client) -> None:
    data = bytes(range(256)) * (8 << 12)
    s3.put_object(**WHERE, Body=data)
    assert body_of(s3, Range="bytes=3145728-5242880") == data[3145728:5242881]


def test_conditions_of_reads(s3: S3Client) -> None:
    etag = s3.put_object(**WHERE, Body=b"bar")["ETag"]
    modified = s3.head_object(**WHERE)["LastModified"]
    second = datetime.timedelta(seconds=1)
    assert body_of(s3, IfMatch=etag) == b"bar"
    assert body_of(s3, IfNoneMatch="ABCORZ") == b"bar"
    assert body_of(s3, IfModifiedSince=modified - second) == b"bar"
    assert body_of(s3, IfUnmodifiedSince=modified + second) == b"bar"
    # RFC 9110: an ETag that matches outranks a date that does not.
    assert body_of(s3, IfMatch=etag, IfUnmodifiedSince=modified - second) == b"bar"
    assert refusal(s3.get_object, **WHERE, IfMatch='"ABCORZ"') == (412, "PreconditionFailed")
    assert refusal(s3.get_object, **WHERE, IfNoneMatch=etag)[0] == 304
    assert refusal(s3.get_object, **WHERE, IfModifiedSince=modified)[0] == 304
    failed = refusal(s3.get_object, **WHERE, IfUnmodifiedSince=modified - second)
    assert failed == (412, "PreconditionFailed")
    assert refusal(s3.head_object, **WHERE, IfMatch='"ABCORZ"')[0] == 412
    assert refusal(s3.head_object, **WHERE, IfNoneMatch=etag)[0] == 304


def test_conditions_of_writes(s3: S3Client) -> None:
    absent, failed = (404, "NoSuchKey"), (412, "PreconditionFailed")
    put = s3.put_object
    assert refusal(put, **WHERE, IfMatch="*") == absent
    assert refusal(put, **WHERE, IfMatch='"ABC"') == absent
    etag = put(**WHERE, Body=b"1", IfNoneMatch="*")["ETag"]
    assert refusal(put, **WHERE, IfNoneMatch="*") == failed
    assert refusal(put, **WHERE, IfMatch='"ABC"') == failed
    assert refusal(put, **WHERE, IfNoneMatch=etag) == (501, "NotImplemented")
    put(**WHERE, Body=b"2", IfMatch=etag)
    put(**WHERE, Body=b"3", IfMatch="*")
    assert body_of(s3) == b"3"


def test_conditions_of_deletes(s3: S3Client) -> None:
    etag = s3.put_object(**WHERE, Body=b"1")["ETag"]
    failed, absent = (412, "PreconditionFailed"), (404, "NoSuchKey")
    assert refusal(s3.delete_object, **WHERE, IfMatch='"ABC"') == failed
    s3.delete_object(**WHERE, IfMatch=etag)
    assert refusal(s3.delete_object, **WHERE, IfMatch=etag) == absent
    assert refusal(s3.delete_object, **WHERE, IfMatchSize=1) == (501, "NotImplemented")
    etag = s3.put_object(**WHERE, Body=b"1")["ETag"]
    many: Any = {"Objects": [{"Key": "k", "ETag": '"ABC"'}]}
    (error,) = s3.delete_objects(Bucket=BUCKET, Delete=many)["Errors"]
    assert error["Code"] == "PreconditionFailed"
    many = {"Objects": [{"Key": "k", "ETag": etag}]}
    assert len(s3.delete_objects(Bucket=BUCKET, Delete=many)["Deleted"]) == 1


def test_deletes_of_many(s3: S3Client) -> None:
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    many: Any = {"Objects": [{"Key": key} for key in ("a", "b", "c")]}
    for _ in range(2):  # what is not there is deleted all the same
        answer = s3.delete_objects(Bucket=BUCKET, Delete=many)
        assert len(answer["Deleted"]) == 3
        assert "Errors" not in answer
    too_many: Any = {"Objects": [{"Key": str(number)} for number in range(1001)]}
    refused = refusal(s3.delete_objects, Bucket=BUCKET, Delete=too_many)
    assert refused == (400, "MalformedXML")


def test_copies(s3: S3Client) -> None:
    s3.put_object(**WHERE, Body=b"foo", ContentType="text/bla", Metadata={"a": "1"})
    s3.create_bucket(Bucket="other")
    for bucket in (BUCKET, "other"):
        s3.copy_object(Bucket=bucket, Key="copy", **SOURCE)
        copy = s3.get_object(Bucket=bucket, Key="copy")
        assert (copy["Body"].read(), copy["ContentType"], copy["Metadata"]) == (
            b"foo",
            "text/bla",
            {"a": "1"},
        )
    replaced: Any = {"MetadataDirective": "REPLACE", "Metadata": {"b": "2"}, "ContentType": "x/y"}
    s3.copy_object(Bucket=BUCKET, Key="copy", **SOURCE, **replaced)
    head = s3.head_object(Bucket=BUCKET, Key="copy")
    assert (head["Metadata"], head["ContentType"]) == ({"b": "2"}, "x/y")
    s3.put_object(**WHERE, Body=b"")
    s3.copy_object(Bucket=BUCKET, Key="copy", **SOURCE)
    assert s3.head_object(Bucket=BUCKET, Key="copy")["ContentLength"] == 0


def test_copies_that_are_refused(s3: S3Client) -> None:
    etag = s3.put_object(**WHERE, Body=b"foo")["ETag"]
    assert refusal(s3.copy_object, **WHERE, **SOURCE) == (400, "InvalidRequest")
    s3.copy_object(**WHERE, **SOURCE, MetadataDirective="REPLACE", Metadata={"a": "1"})
    assert s3.head_object(**WHERE)["Metadata"] == {"a": "1"}
    copy: dict[str, Any] = {"Bucket": BUCKET, "Key": "copy"}
    for source, code in (("nowhere/k", "NoSuchBucket"), (f"{BUCKET}/none", "NoSuchKey")):
        assert refusal(s3.copy_object, **copy, CopySource=source) == (404, code)
    s3.copy_object(**copy, **SOURCE, CopySourceIfMatch=etag)
    s3.copy_object(**copy, **SOURCE, CopySourceIfNoneMatch="ABCORZ")
    for condition in ({"CopySourceIfMatch": "ABCORZ"}, {"CopySourceIfNoneMatch": etag}):
        refused = refusal(s3.copy_object, **copy, **SOURCE, **condition)
        assert refused == (412, "PreconditionFailed")
    version = {"CopySource": f"{BUCKET}/k?versionId=1"}
    assert refusal(s3.copy_object, **copy, **version) == (501, "NotImplemented")


def test_tags_of_an_object(s3: S3Client) -> None:
    s3.put_object(**WHERE, Body=b"1")

    def put(count: int, name: int = 1, value: int = 1) -> None:
        tags = [{"Key": f"{n}" * name, "Value": "v" * value} for n in range(count)]
        s3.put_object_tagging(**WHERE, Tagging={"TagSet": tags})  # type: ignore[typeddict-item]

    put(10, 128, 256)
    kept = s3.get_object_tagging(**WHERE)["TagSet"]
    assert len(kept) == 10
    assert s3.head_object(**WHERE)["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "10"
    for wrong in ((11, 1, 1), (1, 129, 1), (1, 1, 257)):
        with pytest.raises(s3.exceptions.ClientError, match="InvalidTag"):
            put(*wrong)
    assert refusal(s3.put_object, **WHERE, Body=b"2", Tagging="a=%01") == (400, "InvalidTag")
    assert s3.get_object_tagging(**WHERE)["TagSet"] == kept
    s3.delete_object_tagging(**WHERE)
    assert s3.get_object_tagging(**WHERE)["TagSet"] == []
    s3.put_object(**WHERE, Body=b"1", Tagging="foo=bar&bar")
    tags = {each["Key"]: each["Value"] for each in s3.get_object_tagging(**WHERE)["TagSet"]}
    assert tags == {"foo": "bar", "bar": ""}
    copy: Any = {"Bucket": BUCKET, "Key": "copy", "TaggingDirective": "REPLACE", "Tagging": "x=y"}
    s3.copy_object(**copy, **SOURCE)
    (tag,) = s3.get_object_tagging(Bucket=BUCKET, Key="copy")["TagSet"]
    assert tag == {"Key": "x", "Value": "y"}


def test_encryption_headers(s3: S3Client) -> None:
    s3.put_object(**WHERE, Body=b"1", ServerSideEncryption="aws:kms")  # as the SageMaker SDK does
    s3.put_object(**WHERE, Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId="key")
    head = s3.head_object(**WHERE)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "key")
    wrong: Any
    for wrong in ({"ServerSideEncryption": "aes:kms"}, {"SSEKMSKeyId": "key"},
                  {"ServerSideEncryption": "AES256", "SSEKMSKeyId": "key"}):  # fmt: skip
        assert refusal(s3.put_object, **WHERE, Body=b"2", **wrong) == (400, "InvalidArgument")
    assert body_of(s3) == b"1"


def test_reading_does_not_take_encryption_headers(s3: S3Client, port: int) -> None:
    s3.put_object(**WHERE, Body=b"1")
    refused = ask(port, "GET", f"/{BUCKET}/k", x_amz_server_side_encryption="aws:kms")
    assert refused[:2] == (400, "InvalidArgument")

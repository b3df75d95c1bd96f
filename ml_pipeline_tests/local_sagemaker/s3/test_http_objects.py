"""Objects through boto3 with default settings."""

from __future__ import annotations

import gzip
import hashlib
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

from local_sagemaker.s3.http import S3Handler
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of, make_client, serve

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def test_put_get_and_head(s3: S3Client, store: ObjectStore) -> None:
    before = time.time()
    put = s3.put_object(Bucket=BUCKET, Key="k", Body=b"data", Metadata={"Name": "v"})
    assert put["ETag"] == '"8d777f385d3dfec8815d20f7496026dc"'
    got = s3.get_object(Bucket=BUCKET, Key="k")
    assert got["Body"].read() == b"data"
    head = s3.head_object(Bucket=BUCKET, Key="k")
    for answer in (got, head):
        assert answer["ContentLength"] == 4
        assert answer["ContentType"] == "binary/octet-stream"
        assert answer["ETag"] == put["ETag"]
        assert answer["Metadata"] == {"name": "v"}
        assert abs(answer["LastModified"].timestamp() - before) < 60
    assert store.read_bytes(BUCKET, "k") == b"data"


def test_what_is_attached_outlives_the_server(store: ObjectStore) -> None:
    attached: Any = {
        "ContentType": "text/csv; charset=utf-8",
        "CacheControl": "no-store",
        "ContentDisposition": 'attachment; filename="a b.csv"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "en",
        "ServerSideEncryption": "aws:kms",
        "StorageClass": "STANDARD_IA",
        "Metadata": {"a": "1", "b-c": "two words"},
    }
    body = gzip.compress(b"x" * 1000)
    with serve(S3Handler(store).handle) as port:
        answer = make_client(port).put_object(
            Bucket=BUCKET, Key="k", Body=body, ExpectedBucketOwner="000000000000", **attached
        )
        assert answer["ServerSideEncryption"] == "aws:kms"
    with serve(S3Handler(ObjectStore(store.root)).handle) as port:
        got = make_client(port).get_object(Bucket=BUCKET, Key="k")
        assert {name: got.get(name) for name in attached} == attached
        assert got["Body"].read() == body  # as it was sent: neither side unpacks it


@pytest.mark.parametrize(
    "key",
    [
        "a b", "a+b", "a%20b", "a%b", "a//b", "/a", "//", "a/", ".", "a/../b", "é😀", "a?b&c=d",
        "a#b", "a\nb", "\x01", "a;b,c:d@e=f", "~-_.!*'()", "k" * 1024, "é" * 512,
    ],
)  # fmt: skip
def test_any_key(s3: S3Client, key: str) -> None:
    s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == [key]
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource={"Bucket": BUCKET, "Key": key})
    assert s3.get_object(Bucket=BUCKET, Key="copy")["Body"].read() == key.encode()
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["copy"]


def test_a_key_may_be_another_key_s_prefix(s3: S3Client) -> None:
    for key in ("a", "a/", "a/b", "a/b/c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    for key in ("a", "a/", "a/b", "a/b/c"):
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode()


def test_a_key_that_is_too_long(s3: S3Client, store: ObjectStore) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=BUCKET, Key="é" * 512 + "a", Body=b"")
    assert code(error) == "KeyTooLongError"
    assert files_of(store.root) == []


@pytest.mark.parametrize(
    ("header", "expected", "content_range"),
    [
        ("bytes=0-1", b"da", "bytes 0-1/4"),
        ("bytes=2-", b"ta", "bytes 2-3/4"),
        ("bytes=-1", b"a", "bytes 3-3/4"),
        ("bytes=0-99", b"data", "bytes 0-3/4"),
    ],
)
def test_a_range_comes_without_the_whole_object_s_checksum(
    s3: S3Client, header: str, expected: bytes, content_range: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"data")
    got = s3.get_object(Bucket=BUCKET, Key="k", Range=header, ChecksumMode="ENABLED")
    assert got["Body"].read() == expected
    assert got["ContentRange"] == content_range
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert "ChecksumCRC32" not in got


def test_a_range_without_a_byte(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"data")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=BUCKET, Key="k", Range="bytes=4-")
    assert code(error) == "InvalidRange"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 416


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256", "SHA512"])
def test_checksums_are_kept_and_given_back(s3: Any, algorithm: str) -> None:
    put = s3.put_object(Bucket=BUCKET, Key="k", Body=b"data", ChecksumAlgorithm=algorithm)
    field = f"Checksum{algorithm}"
    got = s3.get_object(Bucket=BUCKET, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"data"  # botocore verifies it here
    assert put[field] == got[field]
    assert got["ChecksumType"] == "FULL_OBJECT"
    assert field not in s3.head_object(Bucket=BUCKET, Key="k")


def test_checksums_that_are_only_stored(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"data", ChecksumXXHASH3="AAAAAAAAAAA=")
    head = s3.head_object(Bucket=BUCKET, Key="k", ChecksumMode="ENABLED")
    assert head["ChecksumXXHASH3"] == "AAAAAAAAAAA="


@pytest.mark.parametrize(
    "wrong",
    [
        {"ChecksumCRC32": "AAAAAA=="},
        {"ChecksumCRC32C": "AAAAAA=="},
        {"ChecksumCRC64NVME": "AAAAAAAAAAA="},
        {"ContentMD5": "A" * 22 + "=="},
    ],
)
def test_a_wrong_digest_stores_nothing(
    s3: S3Client, store: ObjectStore, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"data", **wrong)
    assert code(error) == "BadDigest"
    assert (list(store.list(BUCKET)), files_of(store.root)) == ([], [])


def test_conditional_writes(s3: S3Client) -> None:
    with pytest.raises(ClientError) as missing:
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"1", IfMatch='"0"')
    first = s3.put_object(Bucket=BUCKET, Key="k", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as exists:
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"2", IfNoneMatch="*")
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"3", IfMatch=first["ETag"])
    with pytest.raises(ClientError) as changed:
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"4", IfMatch=first["ETag"])
    with pytest.raises(ClientError) as delete:
        s3.delete_object(Bucket=BUCKET, Key="k", IfMatch=first["ETag"])
    assert [code(each) for each in (missing, exists, changed, delete)] == [
        "NoSuchKey",
        "PreconditionFailed",
        "PreconditionFailed",
        "PreconditionFailed",
    ]
    assert s3.get_object(Bucket=BUCKET, Key="k")["Body"].read() == b"3"


def test_conditional_reads(s3: S3Client) -> None:
    etag = s3.put_object(Bucket=BUCKET, Key="k", Body=b"1")["ETag"]
    long_ago = datetime(2001, 1, 1, tzinfo=timezone.utc)
    now = s3.head_object(Bucket=BUCKET, Key="k")["LastModified"]
    s3.get_object(Bucket=BUCKET, Key="k", IfMatch=etag, IfUnmodifiedSince=long_ago)
    s3.get_object(Bucket=BUCKET, Key="k", IfNoneMatch='"0"', IfModifiedSince=now)
    s3.get_object(Bucket=BUCKET, Key="k", IfModifiedSince=long_ago)
    for condition, status in (
        ({"IfMatch": '"0"'}, 412),
        ({"IfUnmodifiedSince": long_ago}, 412),
        ({"IfNoneMatch": etag}, 304),
        ({"IfModifiedSince": now}, 304),
    ):
        with pytest.raises(ClientError) as error:
            s3.get_object(Bucket=BUCKET, Key="k", **condition)
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_copies(s3: S3Client) -> None:
    s3.create_bucket(Bucket="another")
    s3.put_object(
        Bucket=BUCKET, Key="k", Body=b"data", ContentType="a/b", Metadata={"a": "1"}, Tagging="x=y"
    )
    source: Any = {"Bucket": BUCKET, "Key": "k"}
    copied = s3.copy_object(Bucket="another", Key="kept", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"data").hexdigest()}"'
    s3.copy_object(
        Bucket="another",
        Key="replaced",
        CopySource=source,
        MetadataDirective="REPLACE",
        TaggingDirective="REPLACE",
        Metadata={"b": "2"},
    )
    kept = s3.get_object(Bucket="another", Key="kept", ChecksumMode="ENABLED")
    replaced = s3.head_object(Bucket="another", Key="replaced")
    assert kept["Body"].read() == b"data"
    assert (kept["ContentType"], kept["Metadata"], kept["TagCount"]) == ("a/b", {"a": "1"}, 1)
    assert (replaced["ContentType"], replaced["Metadata"]) == ("binary/octet-stream", {"b": "2"})
    assert "TagCount" not in replaced
    assert kept["ChecksumCRC32"]


def test_an_object_may_be_copied_onto_itself_only_to_change_it(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"data")
    source: Any = {"Bucket": BUCKET, "Key": "k"}
    with pytest.raises(ClientError) as error:
        s3.copy_object(Bucket=BUCKET, Key="k", CopySource=source)
    assert code(error) == "InvalidRequest"
    s3.copy_object(
        Bucket=BUCKET,
        Key="k",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"a": "1"},
    )
    got = s3.get_object(Bucket=BUCKET, Key="k")
    assert (got["Body"].read(), got["Metadata"]) == (b"data", {"a": "1"})


def test_a_copy_s_conditions(s3: S3Client) -> None:
    etag = s3.put_object(Bucket=BUCKET, Key="k", Body=b"data")["ETag"]
    source: Any = {"Bucket": BUCKET, "Key": "k"}
    conditions: list[Any] = [{"CopySourceIfMatch": '"0"'}, {"CopySourceIfNoneMatch": etag}]
    for condition in conditions:
        with pytest.raises(ClientError) as error:
            s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source, **condition)
        assert code(error) == "PreconditionFailed"
    with pytest.raises(ClientError) as missing:
        s3.copy_object(Bucket=BUCKET, Key="c", CopySource={"Bucket": BUCKET, "Key": "none"})
    assert code(missing) == "NoSuchKey"


def test_deleting_many(s3: S3Client) -> None:
    keys = ["a", "b&<>", "c\r\n", "é"]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
    objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in (*keys[1:], "absent")]
    answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    assert [each["Key"] for each in answer["Deleted"]] == [*keys[1:], "absent"]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET)["Contents"]] == ["a"]
    quiet = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "a"}], "Quiet": True})
    assert "Deleted" not in quiet
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0


def test_what_is_not_there(s3: S3Client) -> None:
    calls: list[tuple[Callable[[], Any], int, str]] = [
        (lambda: s3.get_object(Bucket=BUCKET, Key="k"), 404, "NoSuchKey"),
        (lambda: s3.head_object(Bucket=BUCKET, Key="k"), 404, "404"),
        (lambda: s3.head_bucket(Bucket="no-bucket"), 404, "404"),
        (lambda: s3.get_object(Bucket="no-bucket", Key="k"), 404, "NoSuchBucket"),
        (lambda: s3.put_object(Bucket="no-bucket", Key="k", Body=b"x"), 404, "NoSuchBucket"),
        (lambda: s3.list_objects_v2(Bucket="no-bucket"), 404, "NoSuchBucket"),
        (lambda: s3.delete_bucket(Bucket="no-bucket"), 404, "NoSuchBucket"),
    ]
    for call, status, expected in calls:
        with pytest.raises(ClientError) as error:
            call()
        assert code(error) == expected
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    s3.delete_object(Bucket=BUCKET, Key="k")


@pytest.mark.parametrize("signature", ["s3", "s3v4"])
def test_presigned_urls(port: int, s3: S3Client, signature: str) -> None:
    signer = make_client(port, signature_version=signature)
    names: Any = {"Bucket": BUCKET, "Key": "a b/é"}
    attached = {"Metadata": {"a": "1"}}
    put = signer.generate_presigned_url("put_object", Params=names | attached)
    # Version 2 moves the metadata into the query, version 4 leaves it to the client to send.
    headers = {"x-amz-meta-a": "1"} if signature == "s3v4" else {}
    request = urllib.request.Request(put, b"data", headers, method="PUT")
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
    assert s3.head_object(**names)["Metadata"] == {"a": "1"}
    overridden = signer.generate_presigned_url(
        "get_object", Params={**names, "ResponseContentType": "text/x-test"}
    )
    with urllib.request.urlopen(overridden) as answer:
        assert (answer.read(), answer.headers["Content-Type"]) == (b"data", "text/x-test")
    late = signer.generate_presigned_url("get_object", Params=names, ExpiresIn=-10)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(late)


def test_tags(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"", Tagging="a=1&b=x%20y")
    names: Any = {"Bucket": BUCKET, "Key": "k"}
    assert s3.get_object_tagging(**names)["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "x y"},
    ]
    s3.put_object_tagging(**names, Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object_tagging(**names)["TagSet"] == [{"Key": "c", "Value": ""}]
    s3.delete_object_tagging(**names)
    assert s3.get_object_tagging(**names)["TagSet"] == []
    with pytest.raises(ClientError) as error:
        s3.get_bucket_tagging(Bucket=BUCKET)
    assert code(error) == "NoSuchTagSet"
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "d", "Value": "1"}]})
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == [{"Key": "d", "Value": "1"}]

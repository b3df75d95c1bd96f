"""Multipart uploads through boto3 and its transfer manager."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError
from mypy_boto3_s3.type_defs import CopySourceTypeDef

from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1 << 20
NAMES: Any = {"Bucket": BUCKET, "Key": "k"}


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def send(s3: S3Client, upload: str, number: int, data: bytes) -> dict[str, Any]:
    answer = s3.upload_part(**NAMES, UploadId=upload, PartNumber=number, Body=data)
    return {"PartNumber": number, "ETag": answer["ETag"]}


def complete(s3: S3Client, upload: str, *parts: Any, **more: Any) -> Any:
    return s3.complete_multipart_upload(
        **NAMES,
        UploadId=upload,
        MultipartUpload={"Parts": list(parts)},
        **more,
    )


@pytest.fixture
def upload(s3: S3Client) -> str:
    return s3.create_multipart_upload(**NAMES)["UploadId"]


def test_the_transfer_manager(s3: S3Client, store: ObjectStore, tmp_path: Path) -> None:
    source, destination = tmp_path / "source", tmp_path / "destination"
    source.write_bytes(os.urandom(30 * MIB + 17))
    extra = {"Metadata": {"a": "1"}, "ServerSideEncryption": "aws:kms"}
    s3.upload_file(str(source), BUCKET, "k", ExtraArgs=extra)
    s3.download_file(BUCKET, "k", str(destination))
    assert destination.read_bytes() == source.read_bytes()
    head = s3.head_object(**NAMES, ChecksumMode="ENABLED")
    assert head["ETag"].endswith('-4"')
    assert (head["ChecksumType"], head["ChecksumCRC32"][-2:]) == ("COMPOSITE", "-4")
    assert (head["Metadata"], head["ServerSideEncryption"]) == ({"a": "1"}, "aws:kms")
    store.copy_out(BUCKET, "k", destination)
    assert destination.read_bytes() == source.read_bytes()
    assert len(files_of(store.root)) == 1


def test_a_full_object_checksum(s3: S3Client, tmp_path: Path) -> None:
    source = tmp_path / "source"
    data = os.urandom(17 * MIB)
    source.write_bytes(data)
    s3.upload_file(str(source), BUCKET, "k", ExtraArgs={"ChecksumCRC32": crc32(data)})
    head = s3.head_object(**NAMES, ChecksumMode="ENABLED")
    assert (head["ChecksumType"], head["ChecksumCRC32"]) == ("FULL_OBJECT", crc32(data))
    with pytest.raises(S3UploadFailedError, match="BadDigest"):
        s3.upload_file(str(source), BUCKET, "k2", ExtraArgs={"ChecksumCRC32": crc32(b"other")})


def test_parts_in_any_order_some_of_them_again_some_left_out(s3: S3Client, upload: str) -> None:
    send(s3, upload, 9, b"left out")
    last = send(s3, upload, 5, b"end")
    send(s3, upload, 2, b"wrong" * MIB)
    first = send(s3, upload, 2, b"b" * 5 * MIB)
    listed = s3.list_parts(**NAMES, UploadId=upload)["Parts"]
    assert [(each["PartNumber"], each["Size"]) for each in listed] == [(2, 5 * MIB), (5, 3), (9, 8)]
    complete(s3, upload, first, last)
    assert s3.get_object(**NAMES)["Body"].read() == b"b" * 5 * MIB + b"end"
    across = s3.get_object(**NAMES, Range=f"bytes={5 * MIB - 1}-{5 * MIB}")
    assert across["Body"].read() == b"be"
    part = s3.get_object(**NAMES, PartNumber=2)
    assert (part["Body"].read(), part["PartsCount"]) == (b"end", 2)


def test_an_object_is_nothing_until_it_is_complete(s3: S3Client, upload: str) -> None:
    part = send(s3, upload, 1, b"x")
    with pytest.raises(ClientError, match="404"):
        s3.head_object(**NAMES)
    (listed,) = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    assert (listed["Key"], listed["UploadId"]) == ("k", upload)
    done = complete(s3, upload, part)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)
    assert complete(s3, upload, part)["ETag"] == done["ETag"]  # the first answer may have been lost


def test_aborting(s3: S3Client, store: ObjectStore, upload: str) -> None:
    send(s3, upload, 1, b"x")
    s3.abort_multipart_upload(**NAMES, UploadId=upload)
    assert files_of(store.root) == []
    for call in (
        lambda: send(s3, upload, 2, b"x"),
        lambda: s3.list_parts(**NAMES, UploadId=upload),
        lambda: s3.abort_multipart_upload(**NAMES, UploadId=upload),
        lambda: complete(s3, upload, {"PartNumber": 1, "ETag": "x"}),
    ):
        with pytest.raises(ClientError, match="NoSuchUpload"):
            call()


def test_what_cannot_be_completed_goes_on(s3: S3Client, upload: str) -> None:
    small, end = send(s3, upload, 1, b"x"), send(s3, upload, 2, b"y")
    for parts, code in (
        ((end, small), "InvalidPartOrder"),
        ((small, small), "InvalidPartOrder"),
        ((small, {"PartNumber": 3, "ETag": "x"}), "InvalidPart"),
        (({"PartNumber": 1, "ETag": hashlib.md5(b"z").hexdigest()},), "InvalidPart"),
        ((small, end), "EntityTooSmall"),
        ((), "MalformedXML"),
    ):
        with pytest.raises(ClientError, match=code):
            complete(s3, upload, *parts)
    complete(s3, upload, end)
    assert s3.get_object(**NAMES)["Body"].read() == b"y"


def test_conditions_when_completing(s3: S3Client, store: ObjectStore, upload: str) -> None:
    part = send(s3, upload, 1, b"new")
    etag = s3.put_object(**NAMES, Body=b"old")["ETag"]
    with pytest.raises(ClientError, match="PreconditionFailed"):
        complete(s3, upload, part, IfNoneMatch="*")
    complete(s3, upload, part, IfMatch=etag)
    assert s3.get_object(**NAMES)["Body"].read() == b"new"
    assert len(files_of(store.root)) == 1


def test_copying_parts(s3: S3Client, upload: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="source", Body=b"0123456789" * MIB)
    source: CopySourceTypeDef = {"Bucket": BUCKET, "Key": "source"}
    parts: list[dict[str, Any]] = []
    for number, span in ((1, f"bytes=5-{5 * MIB + 4}"), (2, "bytes=0-2")):
        result = s3.upload_part_copy(
            **NAMES,
            UploadId=upload,
            PartNumber=number,
            CopySource=source,
            CopySourceRange=span,
        )["CopyPartResult"]
        parts.append({"PartNumber": number, "ETag": result["ETag"]})
    complete(s3, upload, *parts)
    expected = (b"0123456789" * MIB)[5 : 5 * MIB + 5] + b"012"
    assert s3.get_object(**NAMES)["Body"].read() == expected


def test_an_object_in_parts_is_copied_into_one_piece(s3: S3Client, upload: str) -> None:
    end, first = send(s3, upload, 2, b"b"), send(s3, upload, 1, b"a" * 5 * MIB)
    complete(s3, upload, first, end)
    s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=NAMES)
    got = s3.get_object(Bucket=BUCKET, Key="copy")
    data = got["Body"].read()
    assert data == b"a" * 5 * MIB + b"b"
    assert got["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'


def test_a_part_with_a_wrong_checksum_is_no_part(s3: S3Client, upload: str) -> None:
    with pytest.raises(ClientError, match="BadDigest"):
        s3.upload_part(**NAMES, UploadId=upload, PartNumber=1, Body=b"x", ChecksumCRC32=crc32(b"y"))
    assert "Parts" not in s3.list_parts(**NAMES, UploadId=upload)


def test_deleting_a_bucket_aborts_its_uploads(s3: S3Client, store: ObjectStore) -> None:
    s3.create_bucket(Bucket="another")
    s3.create_multipart_upload(Bucket="another", Key="k")
    s3.delete_bucket(Bucket="another")
    assert files_of(store.root) == []


def test_uploads_are_listed_page_by_page(s3: S3Client) -> None:
    keys = ["a", "a", "b/1", "b/2"]
    for key in keys:
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)
    paginator = s3.get_paginator("list_multipart_uploads")
    for prefix, expected in (("", keys), ("b/", keys[2:])):
        pages = paginator.paginate(Bucket=BUCKET, Prefix=prefix, PaginationConfig={"PageSize": 1})
        assert [each["Key"] for page in pages for each in page.get("Uploads", [])] == expected

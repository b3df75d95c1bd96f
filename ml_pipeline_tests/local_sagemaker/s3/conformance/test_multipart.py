"""Multipart uploads, at every size and with every mistake."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conformance.clients import ask, refusal
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MIB = 1 << 20
DATA = random.Random(7).randbytes(11 * MIB)
WHERE: dict[str, Any] = {"Bucket": BUCKET, "Key": "k"}
Parts = list[dict[str, Any]]


def start(s3: S3Client, **arguments: Any) -> dict[str, Any]:
    return {**WHERE, "UploadId": s3.create_multipart_upload(**WHERE, **arguments)["UploadId"]}


def send(s3: S3Client, upload: dict[str, Any], data: bytes, resend: bool = False) -> Parts:
    parts: Parts = []
    for number, low in enumerate(range(0, len(data), 5 * MIB), 1):
        piece = data[low : low + 5 * MIB]
        if resend:
            s3.upload_part(**upload, PartNumber=number, Body=bytes(len(piece)))
        sent = s3.upload_part(**upload, PartNumber=number, Body=piece)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
    return parts


def finish(s3: S3Client, upload: dict[str, Any], parts: Parts, **more: Any) -> Any:
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, **more)  # type: ignore[typeddict-item]


def body(s3: S3Client, **arguments: Any) -> bytes:
    return s3.get_object(**WHERE, **arguments)["Body"].read()


@pytest.mark.parametrize("size", [1, 5 * MIB, 5 * MIB + 100_000, 10 * MIB, 10 * MIB + 600_000])
@pytest.mark.parametrize("resend", [False, True])
def test_sizes(s3: S3Client, size: int, resend: bool) -> None:
    s3.put_object(**WHERE, Body=b"what is replaced")
    upload = start(s3, ContentType="text/bla", Metadata={"foo": "bar"}, Tagging="a=b")
    parts = send(s3, upload, DATA[:size], resend)
    assert body(s3) == b"what is replaced"
    done = finish(s3, upload, parts)
    got = s3.get_object(**WHERE)
    assert got["Body"].read() == DATA[:size]
    assert (got["ContentType"], got["Metadata"]) == ("text/bla", {"foo": "bar"})
    assert got["ETag"] == done["ETag"]
    assert done["ETag"].endswith(f'-{len(parts)}"')
    assert s3.get_object_tagging(**WHERE)["TagSet"] == [{"Key": "a", "Value": "b"}]
    low = max(0, size - 1_000_000)
    assert body(s3, Range=f"bytes={low}-") == DATA[low:size]
    # An answer may be lost: to ask again does no harm.
    assert finish(s3, upload, parts)["ETag"] == done["ETag"]


def test_parts_can_be_read(s3: S3Client) -> None:
    upload = start(s3)
    finish(s3, upload, send(s3, upload, DATA))
    for number, low in ((1, 0), (2, 5 * MIB), (3, 10 * MIB)):
        got = s3.get_object(**WHERE, PartNumber=number)
        assert got["PartsCount"] == 3
        assert got["Body"].read() == DATA[low : low + 5 * MIB]
        assert s3.head_object(**WHERE, PartNumber=number)["PartsCount"] == 3
    assert refusal(s3.get_object, **WHERE, PartNumber=4) == (416, "InvalidPartNumber")
    s3.put_object(**WHERE, Body=b"whole")
    assert body(s3, PartNumber=1) == b"whole"
    assert refusal(s3.get_object, **WHERE, PartNumber=2) == (416, "InvalidPartNumber")


def test_what_cannot_be_completed(s3: S3Client, port: int) -> None:
    upload = start(s3)
    assert refusal(finish, s3=s3, upload=upload, parts=[]) == (400, "MalformedXML")
    first = send(s3, upload, b"\0")
    wrong: Parts = [{"PartNumber": 9999, "ETag": first[0]["ETag"]}]
    assert refusal(finish, s3=s3, upload=upload, parts=wrong) == (400, "InvalidPart")
    wrong = [{"PartNumber": 1, "ETag": '"' + "f" * 32 + '"'}]
    assert refusal(finish, s3=s3, upload=upload, parts=wrong) == (400, "InvalidPart")
    sent = s3.upload_part(**upload, PartNumber=2, Body=b"2")
    both: Parts = [*first, {"PartNumber": 2, "ETag": sent["ETag"]}]
    assert refusal(finish, s3=s3, upload=upload, parts=both) == (400, "EntityTooSmall")
    assert refusal(finish, s3=s3, upload=upload, parts=both[::-1]) == (400, "InvalidPartOrder")
    unknown = {**upload, "UploadId": "56788"}
    for call in (s3.abort_multipart_upload, s3.list_parts):
        assert refusal(call, **unknown) == (404, "NoSuchUpload")
    assert refusal(s3.upload_part, **unknown, PartNumber=1) == (404, "NoSuchUpload")
    assert refusal(finish, s3=s3, upload=unknown, parts=first) == (404, "NoSuchUpload")
    for number in (0, 10_001):
        refused = refusal(s3.upload_part, **upload, PartNumber=number)
        assert refused == (400, "InvalidArgument")
    target = f"/{BUCKET}/k?uploadId={upload['UploadId']}&partNumber=x"
    assert ask(port, "PUT", target, b"")[:2] == (400, "InvalidArgument")
    finish(s3, upload, first)
    assert body(s3) == b"\0"


def test_an_aborted_upload_leaves_nothing(s3: S3Client, store: ObjectStore) -> None:
    s3.put_object(**WHERE, Body=b"old")
    before = files_of(store.root)
    upload = start(s3)
    send(s3, upload, DATA[:100])
    s3.abort_multipart_upload(**upload)
    assert refusal(s3.abort_multipart_upload, **upload) == (404, "NoSuchUpload")
    assert (body(s3), files_of(store.root)) == (b"old", before)


def test_uploads_and_parts_are_listed(s3: S3Client) -> None:
    uploads = [start(s3), start(s3)]
    other = s3.create_multipart_upload(Bucket=BUCKET, Key="other")["UploadId"]
    found = s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]
    ids = {each["UploadId"] for each in uploads} | {other}
    assert {each["UploadId"] for each in found} == ids
    assert all(each["Initiator"] == each["Owner"] for each in found)
    send(s3, uploads[0], DATA)
    page = s3.list_parts(**uploads[0], MaxParts=2)
    assert [part["Size"] for part in page["Parts"]] == [5 * MIB, 5 * MIB]
    assert page["IsTruncated"] is True
    rest = s3.list_parts(**uploads[0], PartNumberMarker=page["NextPartNumberMarker"])
    assert [part["PartNumber"] for part in rest["Parts"]] == [3]


@pytest.mark.parametrize(
    "header",
    ["0-2", "bytes=0", "bytes=hello-world", "bytes=0-bar", "bytes=hello-", "bytes=0-2,3-5",
     "bytes=0-", "bytes=-2", "bytes=3-1", "bytes = 0-1"],
)  # fmt: skip
def test_improper_ranges_of_copies(s3: S3Client, header: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="source", Body=b"12345")
    copy: Any = {**start(s3), "PartNumber": 1, "CopySource": f"{BUCKET}/source"}
    refused = refusal(s3.upload_part_copy, **copy, CopySourceRange=header)
    assert refused == (400, "InvalidArgument")


def test_copies_of_ranges(s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="source", Body=DATA)
    upload = start(s3)
    copy: Any = {**upload, "CopySource": f"{BUCKET}/source"}
    refused = refusal(
        s3.upload_part_copy, **copy, PartNumber=1, CopySourceRange=f"bytes=0-{len(DATA)}"
    )
    assert refused == (416, "InvalidRange")
    parts: Parts = []
    for number, span in ((1, f"bytes=0-{5 * MIB - 1}"), (2, f"bytes={5 * MIB}-{len(DATA) - 1}")):
        made = s3.upload_part_copy(**copy, PartNumber=number, CopySourceRange=span)
        parts.append({"PartNumber": number, "ETag": made["CopyPartResult"]["ETag"]})
    finish(s3, upload, parts)
    assert body(s3) == DATA


def test_conditions_of_completion(s3: S3Client) -> None:
    upload = start(s3)
    parts = send(s3, upload, b"1")
    arguments: Any = {"s3": s3, "upload": upload, "parts": parts}
    assert refusal(finish, **arguments, IfMatch="*") == (404, "NoSuchKey")
    etag = s3.put_object(**WHERE, Body=b"old")["ETag"]
    assert refusal(finish, **arguments, IfMatch='"ABC"') == (412, "PreconditionFailed")
    assert refusal(finish, **arguments, IfNoneMatch="*") == (412, "PreconditionFailed")
    finish(s3, upload, parts, IfMatch=etag)
    assert body(s3) == b"1"

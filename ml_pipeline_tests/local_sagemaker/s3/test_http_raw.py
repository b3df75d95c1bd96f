"""What no well-behaved client does, and what boto3 does only over TLS: requests by hand."""

from __future__ import annotations

import base64
import errno
import http.client
import os
import socket
import zlib
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of
from ml_pipeline_tests.local_sagemaker.s3.test_aws_chunked import encode

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def ask(
    port: int, method: str, target: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, target, body, named)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data, answer.headers


def code(body: bytes) -> str | None:
    return ElementTree.fromstring(body).findtext("Code")


@pytest.mark.parametrize(
    "kind",
    [
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    ],
)
def test_chunked_bodies_and_their_trailers(
    port: int, s3: S3Client, store: ObjectStore, kind: str
) -> None:
    data = bytes(range(256)) * 10_000
    checksum = base64.b64encode(zlib.crc32(data).to_bytes(4, "big"))
    chunks = [data[low : low + 65_536] for low in range(0, len(data), 65_536)]

    def put(key: str, checksum: bytes) -> tuple[int, bytes, http.client.HTTPMessage]:
        with_trailer = kind.endswith("TRAILER")
        trailer = b"x-amz-checksum-crc32:" + checksum + b"\r\n" if with_trailer else b""
        extension = b";chunk-signature=" + b"0" * 64 if "HMAC" in kind else b""
        headers = {"x_amz_trailer": "x-amz-checksum-crc32"} if with_trailer else {}
        return ask(
            port,
            "PUT",
            f"/{BUCKET}/{key}",
            encode(chunks, trailer, extension),
            x_amz_content_sha256=kind,
            x_amz_decoded_content_length=str(len(data)),
            content_encoding="aws-chunked",
            **headers,
        )

    status, _, _ = put("k", checksum)
    assert status == 200
    got = s3.get_object(Bucket=BUCKET, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == data
    assert "ContentEncoding" not in got
    if kind.endswith("TRAILER"):
        assert got["ChecksumCRC32"] == checksum.decode()
        status, body, _ = put("wrong", b"AAAAAA==")
        assert (status, code(body)) == (400, "BadDigest")
        assert len(files_of(store.root)) == 1


def test_a_chunked_body_that_is_shorter_than_it_says(port: int, store: ObjectStore) -> None:
    for size in ("7", "5"):
        status, body, _ = ask(
            port,
            "PUT",
            f"/{BUCKET}/k",
            encode([b"sixsix"]),
            x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            x_amz_decoded_content_length=size,
        )
        assert (status, code(body)) == (400, "IncompleteBody")
    assert (list(store.list(BUCKET)), files_of(store.root)) == ([], [])


@pytest.mark.parametrize("target", ["/a-bucket/k", "/a-bucket/k?partNumber=1&uploadId={upload}"])
def test_a_client_that_goes_away_leaves_nothing(
    port: int, s3: S3Client, store: ObjectStore, target: str
) -> None:
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="k")["UploadId"]
    with socket.create_connection(("127.0.0.1", port)) as client:
        head = f"PUT {target.format(upload=upload)} HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000"
        client.sendall(head.encode() + b"\r\n\r\n" + b"x" * 3_000_000)
    # The next answer may come before the server has noticed; one more write to the same pool waits.
    for _ in range(100):
        s3.put_object(Bucket=BUCKET, Key="other", Body=b"")
        if len(files_of(store.root)) == 2:
            break
    assert [info.key for info in store.list(BUCKET)] == ["other"]
    assert len(files_of(store.root)) == 2  # of the upload and of the other object
    assert "Parts" not in s3.list_parts(Bucket=BUCKET, Key="k", UploadId=upload)


def test_expect_100_continue(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        head = f"PUT /{BUCKET}/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nExpect: 100-continue"
        client.sendall(head.encode() + b"\r\n\r\n")
        assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"x")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_missing_length(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("PUT", f"/{BUCKET}/k", iter([b"x"]), encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, code(answer.read())) == (411, "MissingContentLength")
    connection.close()


@pytest.mark.parametrize("target", ["/a-bucket/%zz", "/a-bucket/%ff", "/a-bucket?prefix=%e9", "/%"])
def test_broken_percent_encoding(port: int, target: str) -> None:
    status, body, _ = ask(port, "GET", target)
    assert (status, code(body)) == (400, "InvalidURI")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        *(
            ("GET", f"/{BUCKET}?{name}")
            for name in ("acl", "policy", "lifecycle", "cors", "versions")
        ),
        ("PUT", f"/{BUCKET}?versioning"),
        ("GET", f"/{BUCKET}/k?acl"),
        ("PUT", f"/{BUCKET}/k?acl"),
        ("GET", f"/{BUCKET}/k?versionId=1"),
        ("DELETE", f"/{BUCKET}/k?versionId=1"),
        ("POST", f"/{BUCKET}/k?select&select-type=2"),
        ("POST", f"/{BUCKET}/k?restore"),
        ("POST", f"/{BUCKET}"),
        ("PATCH", f"/{BUCKET}/k"),
        ("PUT", "/"),
    ],
)
def test_what_is_not_offered_says_so(
    port: int, store: ObjectStore, method: str, target: str
) -> None:
    store.put_bytes(BUCKET, "k", b"kept")
    status, body, _ = ask(port, method, target)
    assert (status, code(body)) == (501, "NotImplemented")
    assert store.read_bytes(BUCKET, "k") == b"kept"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("x_amz_server_side_encryption_customer_algorithm", "AES256"),
        ("x_amz_object_lock_mode", "GOVERNANCE"),
        ("x_amz_website_redirect_location", "/"),
        ("x_amz_storage_class", "GLACIER"),
        ("x_amz_grant_read", "id=1"),
        ("if_none_match", '"etag"'),
    ],
)
def test_headers_that_would_be_ignored_are_refused(
    port: int, store: ObjectStore, header: str, value: str
) -> None:
    status, body, _ = ask(port, "PUT", f"/{BUCKET}/k", b"x", **{header: value})
    assert (status, code(body)) == (501, "NotImplemented")
    assert list(store.list(BUCKET)) == []


def test_a_payload_hash_that_is_wrong(port: int, store: ObjectStore) -> None:
    status, body, _ = ask(port, "PUT", f"/{BUCKET}/k", b"x", x_amz_content_sha256="0" * 64)
    assert (status, code(body)) == (400, "XAmzContentSHA256Mismatch")
    assert files_of(store.root) == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content_md5": "???"}, "InvalidDigest"),
        ({"content_md5": "AAAA"}, "InvalidDigest"),
        ({"x_amz_checksum_crc32c": "???"}, "InvalidRequest"),
        ({"x_amz_checksum_crc32": "AAAAAA==", "x_amz_checksum_sha1": "AA=="}, "InvalidRequest"),
        ({"x_amz_sdk_checksum_algorithm": "ROT13"}, "InvalidRequest"),
        ({"x_amz_meta_a": "x" * 2100}, "MetadataTooLarge"),
        ({"x_amz_tagging": "a=1&a=2"}, "InvalidTag"),
    ],
)
def test_headers_that_make_no_sense(port: int, headers: dict[str, str], expected: str) -> None:
    status, body, _ = ask(port, "PUT", f"/{BUCKET}/k", b"x", **headers)
    assert (status, code(body)) == (400, expected)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<Delete",
        b"<Other/>",
        b"<Delete/>",
        b"<Delete><Object/></Delete>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><Delete><Object><Key>&b;</Key></Object></Delete>',
        b"<Delete>" + b"<Object><Key>k</Key></Object>" * 1001 + b"</Delete>",
        "<Delete/>".encode("utf-16"),
    ],
)
def test_xml_that_makes_no_sense(port: int, document: bytes) -> None:
    status, body, _ = ask(port, "POST", f"/{BUCKET}?delete", document)
    assert (status, code(body)) == (400, "MalformedXML")


def test_a_document_of_any_size_is_not_read_into_memory(port: int) -> None:
    status, body, _ = ask(port, "POST", f"/{BUCKET}?delete", b"x" * (9 << 20))
    assert (status, code(body)) == (400, "MaxMessageLengthExceeded")


def test_head_answers_without_a_body(port: int, store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"data")
    status, body, headers = ask(port, "HEAD", f"/{BUCKET}/k")
    assert (status, body, headers["Content-Length"]) == (200, b"", "4")
    for target in (f"/{BUCKET}/none", "/no-bucket", "/no-bucket/k"):
        assert ask(port, "HEAD", target)[:2] == (404, b"")


def test_the_shape_of_an_error(port: int) -> None:
    status, body, headers = ask(port, "GET", f"/{BUCKET}/a%20b%3C")
    tree = ElementTree.fromstring(body)
    assert status == 404
    assert headers["Content-Type"] == "application/xml"
    assert {child.tag: child.text for child in tree} == {
        "Code": "NoSuchKey",
        "Message": "The specified key does not exist.",
        "BucketName": BUCKET,
        "Key": "a b<",
        "Resource": f"/{BUCKET}/a%20b%3C",
        "RequestId": headers["x-amz-request-id"],
        "HostId": "local",
    }


def test_a_connection_serves_on_after_an_error(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for number in range(3):
        connection.request("PUT", f"/no-bucket/{number}", b"x" * 100_000)
        answer = connection.getresponse()
        assert (answer.status, code(answer.read())) == (404, "NoSuchBucket")
    connection.request("GET", f"/{BUCKET}")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_full_disk(
    port: int, s3: S3Client, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pwrite(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    s3.put_object(Bucket=BUCKET, Key="k", Body=b"old")
    monkeypatch.setattr(os, "pwrite", pwrite)  # a disk cannot be filled in a test
    status, body, _ = ask(port, "PUT", f"/{BUCKET}/k", b"new")
    assert (status, code(body)) == (507, "InsufficientStorage")
    assert str(store.root) in body.decode()
    assert store.read_bytes(BUCKET, "k") == b"old"
    assert len(files_of(store.root)) == 1


def test_an_object_cut_off_on_the_disk_is_not_passed_off_as_whole(
    port: int, store: ObjectStore
) -> None:
    store.put_bytes(BUCKET, "k", b"x" * 1_000_000)
    os.truncate(files_of(store.root)[0], 500_000)
    with pytest.raises(http.client.IncompleteRead):
        ask(port, "GET", f"/{BUCKET}/k")

"""Requests by hand: headers that are missing, wrong or strange, presigned URLs, interim answers."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from local_sagemaker.s3.http import body
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conformance.clients import ask
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET, files_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def exchange(port: int, data: bytes, wait_for: bytes = b"\r\n\r\n") -> bytes:
    """Send bytes, and read until the answer holds some others or ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(data)
        answer = b""
        while wait_for not in answer and (piece := connection.recv(65536)):
            answer += piece
        return answer


def put(port: int, *headers: str, data: bytes = b"") -> int:
    lines = (f"PUT /{BUCKET}/k HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers)
    return int(exchange(port, "\r\n".join(lines).encode() + b"\r\n\r\n" + data).split()[1])


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("YWJyYWNhZGFicmE=", 400, "InvalidDigest"),
        ("rL0Y20xC+Fzt72VPzMSk2A==", 400, "BadDigest"),
        ("", 400, "InvalidDigest"),
        ("\x07", 400, ""),
    ],
)
def test_md5s(port: int, store: ObjectStore, header: str, status: int, code: str) -> None:
    assert ask(port, "PUT", f"/{BUCKET}/k", b"bar", Content_MD5=header)[:2] == (status, code)
    assert files_of(store.root) == []


def test_lengths(port: int, store: ObjectStore) -> None:
    assert put(port) == 411
    assert put(port, "Content-Length: -1") == 400
    assert put(port, "Content-Length: ") == 400
    assert put(port, "Content-Length: 1e1") == 400
    assert put(port, "Content-Length: 3", "Content-Length: 4", data=b"abcd") == 400
    assert put(port, "Content-Length: 3", "Transfer-Encoding: chunked", data=b"0\r\n\r\n") == 400
    # Neither does S3 take a body whose length nobody knows.
    assert put(port, "Transfer-Encoding: chunked", data=b"0\r\n\r\n") == 411
    assert put(port, f"Content-Length: {(5 << 30) + 1}") == 400
    assert list(store.list(BUCKET)) == []
    assert put(port, "Content-Length: 3", data=b"abc") == 200


@pytest.mark.parametrize(
    "header", ["Content-Type: ", "Content-Type: text/plain", "User-Agent: ", "Date: Bad Date",
               "X-Amz-Date: Bad Date", "Expect: 200", "Expect: ", "Authorization: "],
)  # fmt: skip
def test_headers_that_do_no_harm(port: int, header: str) -> None:
    assert put(port, header, "Content-Length: 3", data=b"abc") == 200


def test_a_client_is_told_to_go_on(port: int, store: ObjectStore) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        lines = (f"PUT /{BUCKET}/k HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Length: 3")
        connection.sendall("\r\n".join([*lines, "Expect: 100-continue", "", ""]).encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
        connection.sendall(b"abc")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    assert store.read_bytes(BUCKET, "k") == b"abc"


def test_a_body_that_ends_early(port: int, store: ObjectStore) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        lines = (f"PUT /{BUCKET}/k HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Length: 9")
        connection.sendall("\r\n".join([*lines, "", "abc"]).encode())
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1000)
    # The service may take the request up only now: nothing is left, and stays so.
    deadline = time.monotonic() + 60
    clean_since = time.monotonic()
    while time.monotonic() < min(clean_since + 0.5, deadline):
        time.sleep(0.01)
        if files_of(store.root):
            clean_since = time.monotonic()
    assert (files_of(store.root), list(store.list(BUCKET))) == ([], [])


def test_a_body_that_never_comes(
    port: int, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "IDLE_SECONDS", 0.2)
    lines = f"PUT /{BUCKET}/k HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 9\r\n\r\nabc"
    answer = exchange(port, lines.encode(), b"</Error>")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"<Code>RequestTimeout</Code>" in answer
    assert files_of(store.root) == []


def test_a_bucket_that_goes_while_a_body_comes(port: int, store: ObjectStore) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        lines = (f"PUT /{BUCKET}/k HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Length: 6")
        connection.sendall("\r\n".join([*lines, "", "abc"]).encode())
        deadline = time.monotonic() + 60
        while not files_of(store.root) and time.monotonic() < deadline:
            time.sleep(0.01)
        store.delete_bucket(BUCKET)
        connection.sendall(b"def")
        assert connection.recv(100).startswith(b"HTTP/1.1 404")
    assert files_of(store.root) == []


def test_a_writer_that_is_overtaken(port: int, s3: S3Client, store: ObjectStore) -> None:
    """Who ends last wins, and each object is of one piece."""
    first, second = b"A" * (1 << 20), b"B" * (1 << 20)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("PUT", f"/{BUCKET}/k")
    connection.putheader("Content-Length", str(len(first)))
    connection.endheaders()
    connection.send(first[:1000])
    s3.put_object(Bucket=BUCKET, Key="k", Body=second)
    assert store.read_bytes(BUCKET, "k") == second
    connection.send(first[1000:])
    assert connection.getresponse().status == 200
    connection.close()
    assert store.read_bytes(BUCKET, "k") == first


def test_a_reader_keeps_what_it_began_to_read(port: int, s3: S3Client) -> None:
    s3.put_object(Bucket=BUCKET, Key="k", Body=b"A" * (4 << 20))
    reading = s3.get_object(Bucket=BUCKET, Key="k")["Body"]
    start = reading.read(1000)
    writer = threading.Thread(target=lambda: s3.put_object(Bucket=BUCKET, Key="k", Body=b"B"))
    writer.start()
    writer.join()
    s3.delete_object(Bucket=BUCKET, Key="k")
    assert start + reading.read() == b"A" * (4 << 20)


@pytest.mark.parametrize("seconds", ["0", "-7", "604801", "nonsense", "9" * 30])
def test_lives_that_a_presigned_url_cannot_have(
    port: int, s3: S3Client, store: ObjectStore, seconds: str
) -> None:
    store.put_bytes(BUCKET, "k", b"bar")
    date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    query = f"X-Amz-Date={date}&X-Amz-Signature=0&X-Amz-Expires="
    assert ask(port, "GET", f"/{BUCKET}/k?{query}{seconds}")[:2] == (403, "AccessDenied")
    assert ask(port, "GET", f"/{BUCKET}/k?{query}604800")[0] == 200


def test_the_request_id_is_in_header_and_body(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/{BUCKET}/none")
    answer = connection.getresponse()
    told = ElementTree.fromstring(answer.read()).findtext("RequestId")
    assert told == answer.headers["x-amz-request-id"]
    connection.close()


@pytest.mark.parametrize("key", ["%AE%8A-", "a%", "%zz", "%ED%A0%80"])
def test_keys_that_are_no_text(port: int, key: str) -> None:
    assert ask(port, "GET", f"/{BUCKET}/{key}")[:2] == (400, "InvalidURI")


def test_overrides_of_answers(port: int, store: ObjectStore) -> None:
    store.put_bytes(BUCKET, "k", b"bar")
    query = "&".join(
        f"response-{name}={value}"
        for name, value in (
            ("content-type", "foo/bar"),
            ("content-disposition", "bla"),
            ("content-language", "esperanto"),
            ("content-encoding", "aaa"),
            ("expires", "123"),
            ("cache-control", "no-cache"),
        )
    )
    _, _, headers = ask(port, "GET", f"/{BUCKET}/k?{query}")
    assert headers["Content-Type"] == "foo/bar"
    assert headers["Content-Disposition"] == "bla"
    assert headers["Content-Language"] == "esperanto"
    assert headers["Content-Encoding"] == "aaa"
    assert headers["Expires"] == "123"
    assert headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("value", ["a%0d%0aX-Injected:%201", "a%00b", "a%0ab"])
def test_overrides_cannot_add_headers(port: int, store: ObjectStore, value: str) -> None:
    store.put_bytes(BUCKET, "k", b"bar")
    status, _, headers = ask(port, "GET", f"/{BUCKET}/k?response-content-type={value}")
    assert (status, headers["X-Injected"]) == (400, None)

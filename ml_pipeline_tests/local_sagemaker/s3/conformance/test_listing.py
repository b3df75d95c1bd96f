"""What a listing must tell, in both versions of ListObjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conformance.clients import ask, refusal
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

VERSIONS = pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])


def fill(store: ObjectStore, *keys: str) -> None:
    for key in keys:
        store.put_bytes(BUCKET, key, key.encode())


def listed(page: dict[str, Any]) -> tuple[list[str], list[str]]:
    keys = [each["Key"] for each in page.get("Contents", [])]
    return keys, [each["Prefix"] for each in page.get("CommonPrefixes", [])]


@VERSIONS
@pytest.mark.parametrize(
    ("keys", "arguments", "expected"),
    [
        ([], {}, ([], [])),
        (["dir/a", "dir/b/c", "other/d", "top"], {"Delimiter": "/"}, (["top"], ["dir/", "other/"])),
        (["one", "ono", "two"], {"Delimiter": "n"}, (["two"], ["on"])),
        (["a%b", "a%c", "d"], {"Delimiter": "%"}, (["d"], ["a%"])),
        (["a b", "a c", "d"], {"Delimiter": " "}, (["d"], ["a "])),
        (["a.b", "a.c", "d"], {"Delimiter": "."}, (["d"], ["a."])),
        (["a", "b"], {"Delimiter": "\n"}, (["a", "b"], [])),
        (["a/b", "c"], {"Delimiter": ""}, (["a/b", "c"], [])),
        (["dir/"], {"Prefix": "dir/", "Delimiter": "/"}, (["dir/"], [])),
        (["dir/", *(f"dir/{n}" for n in range(5)), "dir#", "dis"],
         {"Delimiter": "/"}, (["dir#", "dis"], ["dir/"])),
        (["dir/a", "dir/b", "x"], {"Prefix": "dir/"}, (["dir/a", "dir/b"], [])),
        (["bar", "baz", "foo"], {"Prefix": "ba"}, (["bar", "baz"], [])),
        (["dir/a", "x"], {"Prefix": ""}, (["dir/a", "x"], [])),
        (["dir/a", "x"], {"Prefix": "none"}, ([], [])),
        (["dir/a", "x"], {"Prefix": "\n"}, ([], [])),
        (["dir/a", "dir/b/c", "x"], {"Prefix": "dir/", "Delimiter": "/"}, (["dir/a"], ["dir/b/"])),
        (["bar", "bazar", "cab"], {"Prefix": "ba", "Delimiter": "a"}, (["bar"], ["baza"])),
        (["b/a/c", "b/a/r", "g"], {"Prefix": "d", "Delimiter": "/"}, ([], [])),
        (["b/a/c", "b/g", "g"], {"Prefix": "b", "Delimiter": "z"}, (["b/a/c", "b/g"], [])),
        (["_a/1", "_b", "a"], {"Prefix": "_", "Delimiter": "/"}, (["_b"], ["_a/"])),
        (["a+b/1", "a+b/2+3", "é ü/1"], {"Delimiter": "/"}, ([], ["a+b/", "é ü/"])),
        (["x\ry", "x\x01y"], {}, (["x\x01y", "x\ry"], [])),
    ],
)  # fmt: skip
def test_prefixes_and_delimiters(
    s3: S3Client,
    store: ObjectStore,
    operation: str,
    keys: list[str],
    arguments: dict[str, str],
    expected: tuple[list[str], list[str]],
) -> None:
    fill(store, *keys)
    page = getattr(s3, operation)(Bucket=BUCKET, **arguments)
    assert listed(page) == expected
    assert page["IsTruncated"] is False
    assert page["Prefix"] == arguments.get("Prefix", "")
    assert page.get("Delimiter") == (arguments.get("Delimiter") or None)


@VERSIONS
def test_pages_of_keys_and_prefixes(s3: S3Client, store: ObjectStore, operation: str) -> None:
    fill(store, "asdf", "boo/bar", "boo/baz/x", "cquux/bla", "cquux/thud")

    def pages(size: int, **arguments: str) -> list[tuple[list[str], list[str]]]:
        found: list[tuple[list[str], list[str]]] = []
        more: dict[str, str] = {}
        while True:
            page = getattr(s3, operation)(Bucket=BUCKET, MaxKeys=size, **arguments, **more)
            found.append(listed(page))
            if operation == "list_objects":
                more = {"Marker": page.get("NextMarker", "")}
            else:
                more = {"ContinuationToken": page.get("NextContinuationToken", "")}
            assert page["IsTruncated"] is any(more.values())
            if not page["IsTruncated"]:
                return found

    assert pages(1, Delimiter="/") == [(["asdf"], []), ([], ["boo/"]), ([], ["cquux/"])]
    assert pages(2, Delimiter="/") == [(["asdf"], ["boo/"]), ([], ["cquux/"])]
    assert pages(1, Delimiter="/", Prefix="boo/") == [(["boo/bar"], []), ([], ["boo/baz/"])]
    assert pages(2, Delimiter="/", Prefix="boo/") == [(["boo/bar"], ["boo/baz/"])]


def test_markers(s3: S3Client, store: ObjectStore) -> None:
    fill(store, "bar", "baz", "foo", "quxx")

    def after(marker: str) -> list[str]:
        page = s3.list_objects(Bucket=BUCKET, Marker=marker)
        assert page["Marker"] == marker
        return [each["Key"] for each in page.get("Contents", [])]

    assert after("") == ["bar", "baz", "foo", "quxx"]
    assert after("\n") == ["bar", "baz", "foo", "quxx"]
    assert after("blah") == ["foo", "quxx"]
    assert after("foo") == ["quxx"]
    assert after("zzz") == []
    page = s3.list_objects(Bucket=BUCKET, MaxKeys=2)
    assert page["IsTruncated"] is True
    assert "NextMarker" not in page  # only with a delimiter; the last key is what to go on from


def test_start_after_and_tokens(s3: S3Client, store: ObjectStore) -> None:
    fill(store, "bar", "baz", "foo", "quxx")
    first = s3.list_objects_v2(Bucket=BUCKET, StartAfter="bar", MaxKeys=1)
    assert (listed(dict(first))[0], first["KeyCount"]) == (["baz"], 1)
    token = first["NextContinuationToken"]
    second = s3.list_objects_v2(Bucket=BUCKET, StartAfter="bar", ContinuationToken=token)
    assert listed(dict(second))[0] == ["foo", "quxx"]
    assert (second["StartAfter"], second["ContinuationToken"]) == ("bar", token)
    assert second["IsTruncated"] is False
    whole = s3.list_objects_v2(Bucket=BUCKET, ContinuationToken="")
    assert (whole["ContinuationToken"], whole["KeyCount"]) == ("", 4)
    for start, expected in (("\n", 4), ("blah", 2), ("zzz", 0)):
        page = s3.list_objects_v2(Bucket=BUCKET, StartAfter=start)
        assert (page["StartAfter"], page["KeyCount"]) == (start, expected)
    assert refusal(s3.list_objects_v2, Bucket=BUCKET, ContinuationToken="?") == (
        400,
        "InvalidArgument",
    )


@VERSIONS
def test_sizes_of_pages(s3: S3Client, store: ObjectStore, port: int, operation: str) -> None:
    fill(store, "bar", "baz", "foo")
    ask_for = getattr(s3, operation)
    assert ask_for(Bucket=BUCKET)["MaxKeys"] == 1000
    one = ask_for(Bucket=BUCKET, MaxKeys=1)
    assert (listed(one)[0], one["IsTruncated"]) == (["bar"], True)
    none = ask_for(Bucket=BUCKET, MaxKeys=0)
    assert (listed(none)[0], none["IsTruncated"]) == ([], False)
    assert ask_for(Bucket=BUCKET, MaxKeys=5000)["MaxKeys"] == 1000
    query = "" if operation == "list_objects" else "list-type=2&"
    for value in ("blah", "-1", "1e3", "%00", "9" * 500):
        status, code, _ = ask(port, "GET", f"/{BUCKET}?{query}max-keys={value}")
        assert (status, code) == (400, "InvalidArgument"), value


def test_keys_that_xml_cannot_hold_are_encoded_on_request(port: int, store: ObjectStore) -> None:
    fill(store, "foo+1/bar", "foo/bar/xyz", "quux ab/thud", "asdf+b", "x\x02")
    for version in ("", "list-type=2&"):
        target = f"/{BUCKET}?{version}delimiter=/&encoding-type=url"
        assert ask(port, "GET", target)[0] == 200
        assert ask(port, "GET", f"/{BUCKET}?{version}encoding-type=base64")[1] == "InvalidArgument"


@VERSIONS
def test_what_is_told_of_each_object(s3: S3Client, operation: str) -> None:
    s3.put_object(Bucket=BUCKET, Key="bar", Body=b"bar", StorageClass="STANDARD_IA")
    head = s3.head_object(Bucket=BUCKET, Key="bar")
    (entry,) = getattr(s3, operation)(Bucket=BUCKET)["Contents"]
    assert (entry["ETag"], entry["Size"]) == (head["ETag"], head["ContentLength"])
    assert entry["LastModified"].replace(microsecond=0) == head["LastModified"]
    assert entry["StorageClass"] == head["StorageClass"] == "STANDARD_IA"
    assert ("Owner" in entry) == (operation == "list_objects")
    if operation == "list_objects_v2":
        page = s3.list_objects_v2(Bucket=BUCKET, FetchOwner=True)
        assert page["Contents"][0]["Owner"]["ID"]
        assert "Owner" not in s3.list_objects_v2(Bucket=BUCKET, FetchOwner=False)["Contents"][0]


@VERSIONS
def test_a_bucket_that_is_not_there(s3: S3Client, operation: str) -> None:
    assert refusal(getattr(s3, operation), Bucket="nowhere") == (404, "NoSuchBucket")

"""What is not offered says so, and changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.s3.http.operations import OPERATIONS
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.s3.conformance.clients import ask, refusal
from ml_pipeline_tests.local_sagemaker.s3.conftest import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OFFERED = {
    *("ListBuckets", "CreateBucket", "HeadBucket", "DeleteBucket", "GetBucketLocation"),
    *("GetBucketVersioning", "GetBucketTagging", "PutBucketTagging", "DeleteBucketTagging"),
    *("ListObjects", "ListObjectsV2", "ListMultipartUploads", "PutObject", "GetObject"),
    *("HeadObject", "CopyObject", "DeleteObject", "DeleteObjects", "GetObjectTagging"),
    *("PutObjectTagging", "DeleteObjectTagging", "CreateMultipartUpload", "UploadPart"),
    *("UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload", "ListParts"),
}


def operations() -> list[str]:
    import botocore.session

    model = botocore.session.get_session().get_service_model("s3")
    # But for the host, ListDirectoryBuckets is the same request as ListBuckets.
    return sorted(set(model.operation_names) - OFFERED - {"ListDirectoryBuckets"})


def target(uri: str) -> str:
    """An operation's path and query, of the bucket and key that are there."""
    return uri.replace("{Bucket}", BUCKET).replace("{Key+}", "k")


@pytest.mark.parametrize("name", operations())
def test_every_other_operation_of_s3(port: int, store: ObjectStore, name: str) -> None:
    import botocore.session

    store.put_bytes(BUCKET, "k", b"kept")
    model = botocore.session.get_session().get_service_model("s3").operation_model(name)
    uri = target(model.http["requestUri"])
    shape = model.input_shape
    required = [] if shape is None else shape.required_members
    members = {} if shape is None else shape.members
    query = [
        f"{member.serialization['name']}=1"
        for key in required
        if (member := members[key]).serialization.get("location") == "querystring"
    ]
    # Where the query alone does not tell an operation, a required header does.
    headers = {
        member.serialization["name"].replace("-", "_"): "1"
        for key in required
        if (member := members[key]).serialization.get("location") == "header"
    }
    if query:
        uri += ("&" if "?" in uri else "?") + "&".join(query)
    if name == "WriteGetObjectResponse":
        uri = "/WriteGetObjectResponse"
    if name == "CreateSession":
        uri = f"/{BUCKET}?session"
    status, code, _ = ask(port, model.http["method"], uri, b"", **headers)
    if model.http["method"] == "HEAD":
        assert status == 501
    else:
        assert (status, code) == (501, "NotImplemented"), uri
    assert store.read_bytes(BUCKET, "k") == b"kept"


def test_as_many_operations_as_the_list_says() -> None:
    assert len(OPERATIONS) == len(OFFERED)


@pytest.mark.parametrize(
    "arguments",
    [
        {"ACL": "public-read"},
        {"ACL": "public-read-write"},
        {"ACL": "authenticated-read"},
        {"GrantRead": "id=1"},
        {"ObjectLockMode": "GOVERNANCE"},
        {"ObjectLockLegalHoldStatus": "ON"},
        {"WebsiteRedirectLocation": "/x"},
        {"StorageClass": "GLACIER"},
        {"StorageClass": "DEEP_ARCHIVE"},
        {"WriteOffsetBytes": 0},
    ],
)
def test_options_of_a_write(s3: S3Client, store: ObjectStore, arguments: dict[str, Any]) -> None:
    refused = refusal(s3.put_object, Bucket=BUCKET, Key="k", Body=b"x", **arguments)
    assert refused == (501, "NotImplemented")
    if arguments.keys() != {"WriteOffsetBytes"}:
        with pytest.raises(ClientError, match="NotImplemented"):
            s3.create_multipart_upload(Bucket=BUCKET, Key="k", **arguments)
    assert list(store.list(BUCKET)) == []


def test_a_customer_s_key(port: int, store: ObjectStore) -> None:
    for header in ("algorithm", "key", "key_MD5"):
        name = f"x_amz_server_side_encryption_customer_{header}"
        refused = ask(port, "PUT", f"/{BUCKET}/k", b"x", **{name: "AES256"})
        assert refused[:2] == (501, "NotImplemented")
    assert list(store.list(BUCKET)) == []


def test_options_of_a_bucket(s3: S3Client, store: ObjectStore) -> None:
    for arguments in (
        {"ACL": "public-read"},
        {"ObjectLockEnabledForBucket": True},
        {"ObjectOwnership": "ObjectWriter"},
        {"GrantRead": "id=1"},
    ):
        refused = refusal(s3.create_bucket, Bucket="another", **arguments)
        assert refused == (501, "NotImplemented")
    assert not store.bucket_exists("another")


def test_acls_that_change_nothing_are_accepted(s3: S3Client) -> None:
    for acl in ("private", "bucket-owner-full-control"):
        s3.put_object(Bucket=BUCKET, Key="k", Body=b"x", ACL=acl)


def test_a_form_is_no_upload(port: int, store: ObjectStore) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--x--\r\n'
    kind = "multipart/form-data; boundary=x"
    refused = ask(port, "POST", f"/{BUCKET}", form, Content_Type=kind)
    assert refused[:2] == (501, "NotImplemented")
    assert list(store.list(BUCKET)) == []


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "TRACE", "COPY"])
def test_methods_that_s3_does_not_have(port: int, method: str) -> None:
    status, code, _ = ask(port, method, f"/{BUCKET}/k")
    assert (status, code) == (501, "NotImplemented")

"""What a client sees of faults in S3."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.conftest import LocalService

BUCKET = "troubled"


@pytest.fixture
def s3(scripted_service: LocalService) -> Iterator[Any]:
    client = scripted_service.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="raw/one", Body=b"one")
    yield client
    for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=entry["Key"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def faults(s3: Any, faults: FaultsClient) -> Iterator[FaultsClient]:
    yield faults
    faults.clear()  # Before the bucket is emptied.


def code(call: Any, **members: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(Bucket=BUCKET, **members)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_s3_fails_by_operation_bucket_and_key(s3: Any, faults: FaultsClient) -> None:
    faults.add("throttling", operation="s3:GetObject", key_prefix="raw/", times=1)
    faults.add("error", operation="s3:PutObject", bucket=BUCKET, key_prefix="models/")
    faults.add("error", operation="List*", bucket="trou*", code="AccessDenied")
    assert code(s3.get_object, Key="raw/one") == ("SlowDown", 503)
    assert s3.get_object(Bucket=BUCKET, Key="raw/one")["Body"].read() == b"one"
    assert code(s3.put_object, Key="models/m", Body=b"m") == ("InternalError", 500)
    s3.put_object(Bucket=BUCKET, Key="raw/two", Body=b"two")
    assert code(s3.list_objects_v2) == ("AccessDenied", 403)
    s3.list_buckets()
    assert [fault["hits"] for fault in faults.list()] == [1, 1, 1]


def test_a_write_whose_answer_is_lost_is_there(s3: Any, faults: FaultsClient) -> None:
    faults.add("error", operation="s3:PutObject", after=True, times=1)
    claim = {"Key": "claim", "Body": b"mine", "IfNoneMatch": "*"}
    assert code(s3.put_object, **claim) == ("InternalError", 500)
    assert code(s3.put_object, **claim) == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=BUCKET, Key="claim")["Body"].read() == b"mine"


def test_a_write_that_is_refused_is_not(s3: Any, faults: FaultsClient) -> None:
    faults.add("error", operation="s3:PutObject", code="SlowDown", times=1)
    assert code(s3.put_object, Key="refused", Body=b"x" * 3_000_000) == ("SlowDown", 503)
    assert code(s3.head_object, Key="refused") == ("404", 404)


def test_connections_that_are_cut(s3: Any, faults: FaultsClient) -> None:
    faults.add("drop", operation="s3:GetObject", times=1)
    with pytest.raises(ConnectionClosedError):
        s3.get_object(Bucket=BUCKET, Key="raw/one")
    assert s3.get_object(Bucket=BUCKET, Key="raw/one")["Body"].read() == b"one"
    faults.add("drop", operation="s3:PutObject", after=True, times=1)
    with pytest.raises(ConnectionClosedError):
        s3.put_object(Bucket=BUCKET, Key="raw/two", Body=b"two")
    assert s3.get_object(Bucket=BUCKET, Key="raw/two")["Body"].read() == b"two"


def test_bodies_come_and_go_slowly(s3: Any, faults: FaultsClient) -> None:
    faults.add("slow", bytes_per_second=1_000_000, key_prefix="slow/")
    data = bytes(range(256)) * 1200
    begun = time.monotonic()
    s3.put_object(Bucket=BUCKET, Key="slow/x", Body=data)
    put = time.monotonic()
    assert s3.get_object(Bucket=BUCKET, Key="slow/x")["Body"].read() == data
    got = time.monotonic()
    least = len(data) / 1_000_000
    assert (put - begun >= 0.9 * least, got - put >= 0.9 * least) == (True, True)
    assert (
        s3.get_object(Bucket=BUCKET, Key="slow/x", Range="bytes=5-9")["Body"].read() == data[5:10]
    )


def test_faults_of_s3_alone_leave_sagemaker_alone(
    scripted_service: LocalService, faults: FaultsClient
) -> None:
    faults.add("error", bucket="*")
    faults.add("error", operation="s3:*")
    scripted_service.client("sagemaker").list_training_jobs()
    faults.clear()

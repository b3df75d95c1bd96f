import errno
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_sagemaker.api.aws_json import JsonService
from local_sagemaker.service_errors import ServiceError
from ml_pipeline_tests.local_sagemaker.daemons import processing_request

DESCRIBE = "SageMaker.DescribeProcessingJob"
BODY = b'{"ProcessingJobName": "job"}'


def answer(
    operation: Any = lambda request: {},
    target: str = DESCRIBE,
    body: bytes = BODY,
) -> tuple[int, Any]:
    operations = {"DescribeProcessingJob": operation}
    service = JsonService("sagemaker", "SageMaker", operations, "ValidationException")
    found = service.answer(target, body)
    return found.status, json.loads(found.body or b"null")


def test_members_that_are_null_are_absent() -> None:
    request = processing_request("job", StoppingCondition=None)
    request["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] = None
    seen: list[Mapping[str, Any]] = []
    operations = {"CreateProcessingJob": seen.append}
    service = JsonService("sagemaker", "SageMaker", operations, "ValidationException")
    found = service.answer("SageMaker.CreateProcessingJob", json.dumps(request).encode())
    assert (found.status, found.body) == (200, b"")
    assert seen == [processing_request("job")]


def test_errors_have_the_shape_that_clients_read() -> None:
    def refuse(request: Mapping[str, Any]) -> None:
        raise ServiceError("ResourceInUse", "taken")

    status, error = answer(refuse)
    assert (status, error["__type"], error["message"]) == (400, "ResourceInUse", "taken")


@pytest.mark.parametrize("target", ["", "SageMaker", "SageMaker.Fly", "Logs_20140328.Fly", "é"])
def test_operations_that_do_not_exist(target: str) -> None:
    status, error = answer(target=target)
    assert (status, error["__type"]) == (400, "UnknownOperationException")


def test_operations_that_are_not_offered() -> None:
    status, error = answer(target="SageMaker.CreateModel")
    assert (status, error["__type"]) == (400, "ValidationException")
    assert error["message"].startswith(
        "CreateModel is not supported by the local SageMaker, which has: DescribeProcessingJob. "
    )
    assert "docs/supported.md" in error["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"5",
        b"\xff\xfe",
        b'{"ProcessingJobName": NaN}',
        b'{"ProcessingJobName": "\\ud800"}',
        b'{"ProcessingJobName": ' + b"[" * 100_000,
        b'{"ProcessingJobName": ' + b"1" * 10_000 + b"}",
    ],
)
def test_garbage_is_the_clients_fault(body: bytes) -> None:
    status, error = answer(body=body)
    assert status == 400
    assert error["__type"] in {"SerializationException", "ValidationException"}


@settings(max_examples=60, deadline=None)
@given(body=st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(lambda value: json.dumps({"ProcessingJobName": value}).encode()))  # fmt: skip
def test_nothing_that_is_sent_is_the_services_fault(body: bytes) -> None:
    assert answer(lambda request: None, body=body)[0] in {200, 400}


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EROFS, "Read-only file system"),
        sqlite3.OperationalError("database or disk is full"),
        sqlite3.OperationalError("attempt to write a readonly database"),
    ],
)
def test_a_full_disk_says_so_and_is_not_tried_again(error: Exception) -> None:
    def fail(request: Mapping[str, Any]) -> None:
        raise error

    status, told = answer(fail)
    assert status == 507
    assert "cannot write to its home directory" in told["message"]
    assert str(error) in told["message"]


def test_a_fault_of_ours_says_where_to_look() -> None:
    def fail(request: Mapping[str, Any]) -> None:
        raise KeyError("secret")

    status, told = answer(fail)
    assert (status, told["__type"]) == (500, "InternalFailure")
    assert "daemon.log" in told["message"]

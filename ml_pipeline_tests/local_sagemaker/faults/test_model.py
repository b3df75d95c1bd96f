"""What is a fault, and what is none."""

from typing import Any

import pytest

from local_sagemaker.faults.fault_types import FAULT_TYPES, MEMBERS
from local_sagemaker.faults.model import Fault
from local_sagemaker.faults.parsing import InvalidFaultError, parse


@pytest.mark.parametrize(
    "text",
    [
        {"fault": "quota", "limit": 0},
        {"fault": "quota", "limit": 2, "instance_type": "ml.p3.*", "job": "training"},
        {"fault": "error", "operation": "Create*", "after": True, "times": 1},
        {"fault": "throttling", "rate": 2.5, "burst": 3},
        {"fault": "slow", "bytes_per_second": 10, "bucket": "b*", "key_prefix": "raw/"},
        {"fault": "drop", "probability": 0.5, "seed": 0},
    ],
)
def test_a_fault_is_described_as_it_was_given(text: dict[str, Any]) -> None:
    described = parse(text).described()
    assert described == text
    assert parse(described) == parse(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ([], "JSON object"),
        ({}, "'fault' must be one of"),
        ({"fault": "fire"}, "not 'fire'"),
        ({"fault": ["quota"]}, "not \\['quota'\\]"),
        ({"fault": "quota"}, "quota needs 'limit'"),
        ({"fault": "quota", "limit": -1}, "0 or more"),
        ({"fault": "quota", "limit": True}, "must be a int"),
        ({"fault": "quota", "limit": 1, "operation": "*"}, "quota has no member 'operation'"),
        ({"fault": "quota", "limit": 1, "job": "transform"}, "processing or training"),
        ({"fault": "drop", "probability": 2}, "from 0 to 1"),
        ({"fault": "drop", "probability": float("nan")}, "from 0 to 1"),
        ({"fault": "drop", "seed": 1}, "belongs to 'probability'"),
        ({"fault": "drop", "burst": 1}, "belongs to 'rate'"),
        ({"fault": "drop", "times": 1, "rate": 1}, "times and rate exclude each other"),
        ({"fault": "slow"}, "'seconds' or 'bytes_per_second'"),
        ({"fault": "slow", "seconds": float("inf")}, "above 0"),
        ({"fault": "error", "status": 200}, "from 400 to 599"),
    ],
)
def test_what_is_no_fault_is_said(text: Any, complaint: str) -> None:
    with pytest.raises(InvalidFaultError, match=complaint):
        parse(text)


def test_every_member_of_a_kind_is_known() -> None:
    for kind in FAULT_TYPES.values():
        assert set(kind.members) <= set(MEMBERS)
        assert set(kind.required) <= set(kind.members)


@pytest.mark.parametrize(
    ("pattern", "service", "operation", "strikes"),
    [
        ("*", "s3", "GetObject", True),
        ("Describe*", "sagemaker", "DescribeTrainingJob", True),
        ("Describe*", "logs", "DescribeLogStreams", True),
        ("sagemaker:*", "logs", "DescribeLogStreams", False),
        ("s3:Get*", "s3", "GetObject", True),
        ("describe*", "sagemaker", "DescribeTrainingJob", False),
    ],
)
def test_operations(pattern: str, service: str, operation: str, strikes: bool) -> None:
    assert Fault("drop", operation=pattern).strikes(service, operation) is strikes


def test_a_fault_about_a_bucket_is_about_s3_alone() -> None:
    fault = Fault("drop", bucket="data-*", key_prefix="raw/")
    assert not fault.strikes("sagemaker", "CreateTrainingJob")
    assert fault.strikes("s3", "PutObject")
    assert fault.strikes_object("data-1", "raw/x")
    assert not fault.strikes_object("data-1", "other/raw/x")
    assert not fault.strikes_object("models", "raw/x")

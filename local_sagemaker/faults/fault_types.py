"""The types of faults, and the members that say where, when and how one strikes."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from local_sagemaker.kinds import KINDS

FaultName = Literal["quota", "capacity", "throttling", "error", "drop", "slow", "late-logs"]


@dataclass(frozen=True)
class Member:
    """A member of a fault.

    Args:
        type: Of its value.
        help: What it means, for people.
        valid: Whether a value of that type will do.
        rule: What ``valid`` asks for, in words.
    """

    type: type
    help: str
    valid: Callable[[Any], bool] = lambda _: True
    rule: str = ""


_DAY = 86400.0
_JOB_KINDS = " or ".join(KINDS)


def _positive(value: float) -> bool:
    return math.isfinite(value) and value > 0


MEMBERS: Mapping[str, Member] = {
    "operation": Member(
        str, "Operations it strikes, such as 'Describe*', 'sagemaker:*' or 's3:GetObject'."
    ),
    "bucket": Member(str, "Only S3 requests for buckets of this pattern."),
    "key_prefix": Member(str, "Only S3 requests for keys that begin so."),
    "instance_type": Member(str, "Instance types it strikes, such as 'ml.p3.*'."),
    "job": Member(
        str,
        f"Only jobs of this kind: {_JOB_KINDS}.",
        lambda value: value in KINDS,
        _JOB_KINDS,
    ),
    "limit": Member(
        int, "Instances of one type that may be in use.", lambda value: value >= 0, "0 or more"
    ),
    "code": Member(str, "The error's code; InternalFailure by default."),
    "message": Member(str, "The error's text."),
    "status": Member(
        int,
        "The error's HTTP status; that of its code by default.",
        lambda value: 400 <= value < 600,
        "from 400 to 599",
    ),
    "after": Member(bool, "The operation is done, and only its answer is lost."),
    "seconds": Member(
        float, "How much later.", lambda value: 0 < value <= _DAY, "above 0 and at most a day"
    ),
    "bytes_per_second": Member(int, "How fast S3's bodies come and go.", _positive, "1 or more"),
    "log_stream": Member(str, "Log streams it strikes, such as 'my-job/*'."),
    "times": Member(int, "Only the next so many calls.", _positive, "1 or more"),
    "probability": Member(
        float, "Only this share of the calls.", lambda value: 0 <= value <= 1, "from 0 to 1"
    ),
    "seed": Member(int, "What decides which calls those are."),
    "rate": Member(float, "Only calls beyond so many a second.", _positive, "above 0"),
    "burst": Member(int, "How many calls at once the rate lets pass.", _positive, "1 or more"),
}


_WHERE = ("operation", "bucket", "key_prefix")


_WHEN = ("times", "probability", "seed", "rate", "burst")


@dataclass(frozen=True)
class FaultType:
    """A type of fault.

    Args:
        help: What it does, for people.
        members: Those it may have.
        required: Those it must have.
    """

    help: str
    members: tuple[str, ...]
    required: tuple[str, ...] = ()


FAULT_TYPES: Mapping[FaultName, FaultType] = {
    "quota": FaultType(
        "Create is refused with ResourceLimitExceeded beyond so many instances in use.",
        ("instance_type", "job", "limit"),
        ("limit",),
    ),
    "capacity": FaultType(
        "Jobs fail with CapacityError, or get the next type of their InstancePreferences.",
        ("instance_type", "job", *_WHEN),
    ),
    "throttling": FaultType(
        "Calls are refused with ThrottlingException; S3 says SlowDown.", (*_WHERE, *_WHEN)
    ),
    "error": FaultType(
        "Calls are answered with an error.",
        (*_WHERE, "code", "message", "status", "after", *_WHEN),
    ),
    "drop": FaultType("The connection is cut instead of an answer.", (*_WHERE, "after", *_WHEN)),
    "slow": FaultType(
        "Answers come late, or S3's bodies slowly.",
        (*_WHERE, "seconds", "bytes_per_second", *_WHEN),
    ),
    "late-logs": FaultType(
        "Log streams and their events are seen only some time after they were written.",
        ("log_stream", "seconds"),
        ("seconds",),
    ),
}

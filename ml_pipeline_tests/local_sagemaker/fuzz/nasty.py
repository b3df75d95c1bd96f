"""Values that programs stumble over, and requests' members made of them."""

import json
from random import Random
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

TEXTS = [
    "", " ", "a", "../../etc/passwd", "..", ".", "/", "//", "a/../../b", "\0", "a\0b", "\ud800",
    "\udfff\ud800", "\ufffe", "é", "\U0001f4a9", "\r\nX-Injected: 1", "%00", "%2e%2e%2f", "~root",
    "$(touch /tmp/x)", "`id`", "'; DROP TABLE jobs; --", "{{7*7}}", "%s%n", "s3://", "s3:///k",
    "s3://../..", "s3://bucket/../../x", "arn:aws:sagemaker:us-east-1:000000000000:training-job/..",
    "A" * 70, "A" * 5000, "-", "-a", "NaN", "true", "null", "0x10", "1e400", "٣", "\u202e", "\x7f",
]  # fmt: skip
NUMBERS = [0, -1, 1, 2**31, 2**53 + 1, 2**63, -(2**63) - 1, 2**200, 0.5, -0.0, 1e308, 1e-320]
OTHERS: list[Any] = [None, True, False, [], {}, [[]], [None], {"": None}, {"a": {"b": []}}]
HOSTILE_JSON = [
    b"", b"{", b"}", b"[]", b"null", b"1", b'"a"', b"{'a': 1}", b'{"a":1,}', b"\xff\xfe{\0}\0",
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1}{"b":2}', b'{"a":"\\ud800"}', b'{"a":"\xff"}',
    b"[" * 50_000, b'{"a":' * 20_000, b'{"a":' + b"9" * 10_000 + b"}", b"\xef\xbb\xbf{}",
    b'{"a":1,"a":2}', b'{"\\u0000":"\\u0000"}', b'{"a":"\n"}', b"\0" * 1000, b'{"a":1e999999}',
]  # fmt: skip


def anything(random: Random, depth: int = 0) -> Any:
    """A value of any type."""
    if depth < 3 and random.random() < 0.2:
        if random.random() < 0.5:
            return [anything(random, depth + 1) for _ in range(random.randrange(4))]
        return {random.choice(TEXTS): anything(random, depth + 1) for _ in range(3)}
    return random.choice([random.choice(TEXTS), random.choice(NUMBERS), random.choice(OTHERS)])


def member(shape: Shape, random: Random, wrong: float, depth: int = 0) -> Any:
    """A value as a model describes it, but for a share of what is in it.

    Args:
        shape: The model's.
        random: Where chance comes from.
        wrong: The share that is anything instead.
        depth: Of the value within its request.
    """
    if random.random() < wrong or depth > 6:
        return anything(random)
    if isinstance(shape, StructureShape):
        share = 0.3 if depth else 0.5
        return {
            name: member(inner, random, wrong, depth + 1)
            for name, inner in shape.members.items()
            if name in shape.required_members or random.random() < share
        }
    if isinstance(shape, ListShape):
        return [member(shape.member, random, wrong, depth + 1) for _ in range(random.randrange(3))]
    if isinstance(shape, MapShape):
        return {"k": member(shape.value, random, wrong, depth + 1)}
    if isinstance(shape, StringShape):
        return random.choice([*shape.enum, "a-name", "s3://bucket/key", "ml.m5.large"])
    return True if shape.type_name == "boolean" else random.randrange(100)


def as_json(value: Any, random: Random) -> bytes:
    """A value as JSON, sometimes cut off or with a byte changed."""
    data = json.dumps(value).encode()
    chance = random.random()
    if chance < 0.05:
        return data[: random.randrange(len(data) + 1)]
    if chance < 0.1 and data:
        place = random.randrange(len(data))
        return data[:place] + bytes([random.randrange(256)]) + data[place + 1 :]
    return data

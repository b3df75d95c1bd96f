from collections.abc import Iterator
from typing import Any

import pytest

from local_sagemaker.api.java_patterns import compile_java
from local_sagemaker.api.service_models import service_model


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (".*", "one line", True),
        (".*", "two\nlines", False),
        (".*", "a return\r", False),
        (".*", "a \u2028 separator", False),
        (r"a\.b[.]c", "a.b.c", True),
        (r"a\.b[.]c", "a.bxc", False),
        (r"[\s\S]+", "two\nlines", True),
        (r"\w+", "grün", False),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "Grüße 東京 ²:/@", True),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "a tab\t", False),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "50%", False),
        (r"\p{Lu}\p{Ll}", "Ab", True),
        (r"arn:[\p{Alnum}\-]+", "arn:aws-cn", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a \U0001f600\t", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\n", False),
        (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "-a", False),
    ],
)
def test_patterns_mean_what_they_mean_in_java(pattern: str, text: str, matches: bool) -> None:
    compiled = compile_java(pattern)
    assert compiled is not None
    assert (compiled.fullmatch(text) is not None) == matches


OPERATIONS = {
    "sagemaker": "AddTags CreateProcessingJob CreateTrainingJob ListTrainingJobs",
    "logs": "DescribeLogGroups DescribeLogStreams FilterLogEvents GetLogEvents",
}


def patterns(shape: Any, seen: set[str]) -> Iterator[str]:
    """Those of a shape and of all that it holds."""
    if shape.name in seen:
        return
    seen.add(shape.name)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    inner: list[Any] = []
    if shape.type_name == "structure":
        inner = list(shape.members.values())
    elif shape.type_name == "list":
        inner = [shape.member]
    elif shape.type_name == "map":
        inner = [shape.key, shape.value]
    for member in inner:
        yield from patterns(member, seen)


@pytest.mark.parametrize("service", OPERATIONS)
def test_every_pattern_of_what_is_offered_compiles_and_none_takes_for_ever(service: str) -> None:
    for operation in OPERATIONS[service].split():
        shape = service_model(service).operation_model(operation).input_shape
        for pattern in patterns(shape, set()):
            compiled = compile_java(pattern)
            assert compiled is not None, pattern
            for text in ("a" * 5000 + "!", "a-" * 2500 + "!", "-" * 5000, "s3://" + "/" * 5000):
                compiled.fullmatch(text)

"""The library and the local service read the service's patterns alike.

Neither may import the other, so each has the translator; what is right for one is right for both.
"""

import inspect
import re
from collections.abc import Callable

import pytest
from botocore.loaders import Loader

import dagster_sagemaker.java_patterns
import local_sagemaker.api.java_patterns

Compile = Callable[[str], re.Pattern[str] | None]
MODULES = (dagster_sagemaker.java_patterns, local_sagemaker.api.java_patterns)
PATTERNS = sorted(
    {
        shape["pattern"]
        for service in ("sagemaker", "logs")
        for shape in Loader().load_service_model(service, "service-2")["shapes"].values()
        if "pattern" in shape
    }
)
TEXTS = (
    "",
    "a",
    "job-1",
    "-a",
    "a-",
    "a b",
    "two\nlines",
    "a return\r",
    "grün",
    "東京 ²:/@",
    "\u0661",
    "\U0001f600",
    "\u2028",
    "e\u0301",
    "a_b",
    "50%",
    "1.2.3",
    "s3://bucket/key",
    "https://host/path",
    "arn:aws:iam::000000000000:role/test",
    "arn:aws:sagemaker:us-east-1:000000000000:training-job/job-1",
    "arn:aws:lambda:us-east-1:000000000000:function:login",
    "a" * 300,
)


@pytest.fixture(params=MODULES, ids=lambda module: module.__name__.partition(".")[0])
def compile_java(request: pytest.FixtureRequest) -> Compile:
    compile_: Compile = request.param.compile_java
    return compile_


def test_both_say_the_same_of_every_pattern() -> None:
    one, other = (module.compile_java for module in MODULES)
    assert len(PATTERNS) > 200
    for pattern in PATTERNS:
        first, second = one(pattern), other(pattern)
        assert first is not None, pattern
        assert second is not None, pattern
        said = [bool(first.fullmatch(text)) for text in TEXTS]
        assert said == [bool(second.fullmatch(text)) for text in TEXTS], pattern


def test_both_have_one_text() -> None:
    one, other = (inspect.getsource(module) for module in MODULES)
    assert one == other


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
        (r"\d+", "\u0661", False),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "Grüße 東京 ²:/@", True),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "a tab\t", False),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "50%", False),
        (r"([\p{L}\p{Z}]*)${1,256}", "a b", True),
        (r"([\p{L}\p{Z}]*)${1,256}", "a1", False),
        (r"[\p{L}\p{M}]+", "e\u0301", True),
        (r"\p{Lu}\p{Ll}", "Ab", True),
        (r"\p{Lu}\p{Ll}", "aB", False),
        (r"arn:[\p{Alnum}\-]+", "arn:aws-cn", True),
        (r"arn:[\p{Alnum}\-]+", "arn:grün", False),
        (r"[\w-_]*", "a-b_c", True),
        (r"[\w-_]*", "a.b", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a \U0001f600\t", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", "a\n", False),
        (r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "-a", False),
        (r".*(?:[ \r\n\t].*)*", '{\n\t"a": 1\r\n}', True),
        (r".*(?:[ \r\n\t].*)*", "a " * 500 + "\u2028", False),
    ],
)
def test_patterns_mean_what_they_mean_in_java(
    compile_java: Compile, pattern: str, text: str, matches: bool
) -> None:
    compiled = compile_java(pattern)
    assert compiled is not None
    assert (compiled.fullmatch(text) is not None) == matches


def test_what_python_does_not_have_is_none(compile_java: Compile) -> None:
    assert compile_java(r"\P{L}+") is None

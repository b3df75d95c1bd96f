"""The regular expressions of the service models, which are Java's, as Python's."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

_POSIX_CLASSES = {"Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "Digit": "0-9", "ASCII": r"\x00-\x7F"}

_DOT = r"[^\n\r\u0085\u2028\u2029]"
"""Java's dot stops at more line ends than Python's."""

_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
"""In Java, the range of characters beyond the basic plane: a pair of surrogates at each end."""

_SLOW = {r".*(?:[ \r\n\t].*)*": r"[^\u0085\u2028\u2029]*"}
"""Patterns that take for ever to fail, as their parts may match in many ways, and equal ones."""

_TOKEN = re.compile(
    r"""
    \\p\{(?P<property>\w+)\}
    | (?P<shorthand>\\[wWdDsS])-  # in brackets: no range to Java, an error to Python
    | \\.
    | (?P<end>\$)\{1,\d+\}  # Java repeats it, which changes nothing
    | [\[\].]
    """,
    re.DOTALL | re.VERBOSE,
)

_PLANES = (range(0x40000), range(0xE0000, 0xE1000))
"""Those that have characters other than for private use."""


@cache
def compile_java(pattern: str) -> re.Pattern[str] | None:
    r"""Compile a pattern for use with ``fullmatch``.

    ``\w``, ``\d`` and ``\s`` mean ASCII, as they do in Java unless told otherwise.

    Returns:
        The pattern; None if it uses something else that Python does not have.
    """
    pattern = _SLOW.get(pattern, pattern)
    in_python = "".join(_translate(pattern.replace(_SURROGATES, r"\U00010000-\U0010FFFF")))
    try:
        return re.compile(in_python, re.ASCII)
    except re.error:
        return None


def _translate(pattern: str) -> Iterator[str]:
    depth = 0
    position = 0
    for token in _TOKEN.finditer(pattern):
        yield pattern[position : token.start()]
        position = token.end()
        text = token.group()
        depth += {"[": 1, "]": -1}.get(text, 0)
        if token["property"]:
            members = _property_members(token["property"])
            yield members if depth else f"[{members}]"
        elif token["shorthand"] and depth:
            yield rf"{token['shorthand']}\-"
        elif token["end"] and not depth:
            yield token["end"]
        elif text == "." and depth == 0:
            yield _DOT
        else:
            yield text
    yield pattern[position:]


@cache
def _property_members(name: str) -> str:
    """What stands between the brackets of a class that has a property's characters.

    Args:
        name: A POSIX class, or a Unicode category such as ``L`` or ``Lu``.
    """
    if name in _POSIX_CLASSES:
        return _POSIX_CLASSES[name]
    length = len(name)
    return "".join(
        f"\\U{plane[found.start() // length]:08X}-\\U{plane[found.end() // length - 1]:08X}"
        for plane, categories in zip(_PLANES, _categories(length), strict=True)
        for found in re.finditer(rf"(?:{name})+", categories)
    )


@cache
def _categories(length: int) -> tuple[str, ...]:
    """The categories of all characters of each of the planes, each cut to a length."""
    return tuple(
        "".join(unicodedata.category(chr(code))[:length] for code in plane) for plane in _PLANES
    )

"""The regular expressions of the service models, which are Java's, as Python's."""

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache

_POSIX_CLASSES = {"Alnum": "a-zA-Z0-9", "Alpha": "a-zA-Z", "Digit": "0-9", "ASCII": r"\x00-\x7F"}

_DOT = r"[^\n\r\u0085\u2028\u2029]"
"""Java's dot stops at more line ends than Python's."""

_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"
"""In Java, the range of characters beyond the basic plane: a pair of surrogates at each end."""

_TOKEN = re.compile(r"\\[pP]\{(?P<property>\w+)\}|\\.|[\[\].]", re.DOTALL)


@cache
def compile_java(pattern: str) -> re.Pattern[str] | None:
    r"""Compile a pattern for use with ``fullmatch``.

    ``\w``, ``\d`` and ``\s`` mean ASCII, as they do in Java unless told otherwise.

    Returns:
        The pattern; None if it uses something else that Python does not have.
    """
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
    ranges: list[str] = []
    start: int | None = None
    for code in range(sys.maxunicode + 2):
        inside = code <= sys.maxunicode and unicodedata.category(chr(code)).startswith(name)
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            ranges.append(f"\\U{start:08X}-\\U{code - 1:08X}")
            start = None
    return "".join(ranges)

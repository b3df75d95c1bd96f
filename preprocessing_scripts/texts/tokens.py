"""Texts to tokens."""

import re
import unicodedata

_TOKEN = re.compile(r"\w+(?:['\u2019]\w+)*|[^\w\s]")


def tokenize(text: str, *, lowercase: bool) -> list[str]:
    """The words and signs of a text, in any language that puts spaces between words.

    Args:
        text: Composed characters and their decomposed forms give the same tokens (NFKC).
        lowercase: Whether ``The`` and ``the`` are the same.
    """
    normal = unicodedata.normalize("NFKC", text)
    return _TOKEN.findall(normal.casefold() if lowercase else normal)

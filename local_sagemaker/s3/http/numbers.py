"""Whole numbers as clients write them."""

import re

# int() takes signs, spaces, underscores and the digits of all scripts, and long over thousands.
_DIGITS = re.compile(r"[0-9]{1,19}")


def whole_number(text: str) -> int | None:
    """A whole number of ASCII digits; None if the text is none, or longer than any size is."""
    return int(text) if _DIGITS.fullmatch(text) else None

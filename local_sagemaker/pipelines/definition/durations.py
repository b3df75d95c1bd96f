"""Durations of ISO 8601, as ``ExpireAfter`` of a cache has them."""

import re

_DAY = 86400
_DURATION = re.compile(
    r"P?(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?",
    re.IGNORECASE,
)
_SECONDS = {
    "years": 365 * _DAY,
    "months": 30 * _DAY,
    "weeks": 7 * _DAY,
    "days": _DAY,
    "hours": 3600,
    "minutes": 60,
    "seconds": 1,
}


def seconds(text: str) -> int:
    """How long a duration is, such as ``P30D``, ``p4dt12h`` or ``T12H``.

    Raises:
        ValueError: It is none.
    """
    found = _DURATION.fullmatch(text)
    numbers = found.groupdict("0") if found else {}
    total = sum(_SECONDS[name] * int(number) for name, number in numbers.items())
    if not total:
        raise ValueError(f"{text!r} is no ISO 8601 duration such as P30D or PT12H")
    return total

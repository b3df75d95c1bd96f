"""Paths into a document: ``A.B['x'][0]``, as properties and ``Std:JsonGet`` have them."""

import re
from collections.abc import Mapping
from typing import Any

Part = str | int

_PART = re.compile(r"""\.?([^.\[\]'"\s]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]""")

# What stands for the name of an element, where a list is asked for one by name.
NAME_MEMBERS = ("OutputName", "InputName", "ChannelName", "MetricName")


def parse_path(text: str) -> tuple[Part, ...]:
    """The parts of a path; a leading ``$`` means the document itself.

    Raises:
        ValueError: It is no such path.
    """
    rest = text.removeprefix("$")
    parts: list[Part] = []
    position = 0
    while position < len(rest):
        found = _PART.match(rest, position)
        if found is None:
            raise ValueError(f"{text!r} is no path such as a.b[0] or a['b'].c")
        name, index, single, double = found.groups()
        parts.append(int(index) if index else name or single or double or "")
        position = found.end()
    return tuple(parts)


def pick(value: Any, path: tuple[Part, ...]) -> Any:
    """What stands at a path of a document.

    An element of a list may be asked for by its number or, as outputs, channels and metrics are,
    by its name.

    Raises:
        LookupError: There is nothing; it says at which part.
    """
    for part in path:
        value = _step_into(value, part)
    return value


def _step_into(value: Any, part: Part) -> Any:
    if isinstance(value, Mapping) and part in value:
        return value[part]
    if isinstance(value, list):
        if isinstance(part, int) and part < len(value):
            return value[part]
        for item in value:
            if isinstance(item, Mapping) and part in {item.get(name) for name in NAME_MEMBERS}:
                return item
    raise LookupError(f"there is no {part!r}")

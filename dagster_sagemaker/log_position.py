"""How far the log of a job was read, in a form that outlives the process that read it."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Place(NamedTuple):
    """How far a stream was read. Its lines are in the order of their times.

    Args:
        timestamp: Of the last line, in milliseconds since the epoch.
        lines: How many lines of that very time were read.
    """

    timestamp: int
    lines: int


Position = Mapping[str, Place]
"""How far each stream was read, by name; a stream that is not there was not begun."""


def advanced(position: Position, lines: Iterable[tuple[str, int]]) -> Position:
    """The position behind more lines.

    Args:
        position: Before them.
        lines: Stream and timestamp of each.
    """
    places = dict(position)
    for stream, timestamp in lines:
        place = places.get(stream, Place(0, 0))
        if timestamp > place.timestamp:
            places[stream] = Place(timestamp, 1)
        elif timestamp == place.timestamp:
            places[stream] = Place(timestamp, place.lines + 1)
    return places

"""A job's log, from where the reader's page has come to."""

from collections import deque
from itertools import islice
from typing import Any

from local_sagemaker.log_files import LogFiles

_MOST_LINES = 5000
_FIRST_BYTES = 512 * 1024
"""Of a long stream, a page that is just opened shows the end."""


def read_on(logs: LogFiles, group: str, stream: str, position: int | None) -> dict[str, Any]:
    """The lines of a stream from a position on.

    Args:
        logs: Where it is.
        group: Its group.
        stream: Its name.
        position: What the last answer said; None for the end of the stream, as far as a page holds.

    Returns:
        ``lines`` (pairs of milliseconds and text), ``next`` (the position behind them) and
        ``skipped`` (whether earlier ones were left out).

    Raises:
        FileNotFoundError: There is no such stream.
    """
    size = logs.size(group, stream)
    first = max(size - _FIRST_BYTES, 0) if position is None else max(position, 0)
    start = logs.line_start(group, stream, first)
    events = islice(logs.read(group, stream, start), None if position is None else _MOST_LINES)
    kept = deque(events, maxlen=_MOST_LINES)
    return {
        "lines": [(event.timestamp, event.message) for event in kept],
        "next": kept[-1].end if kept else start,
        "skipped": position is None and bool(kept) and kept[0].start > 0,
    }

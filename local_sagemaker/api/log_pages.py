"""Pages of log events: how many fit into one answer, and where the next one begins."""

from collections import deque
from collections.abc import Iterable, Iterator

from local_sagemaker.log_files import MAX_EVENT_BYTES, LogEvent, LogFiles

MAX_EVENTS = 10_000
_MAX_BYTES = 1024 * 1024
_EVENT_OVERHEAD = 26
"""CloudWatch Logs counts an event as its UTF-8 bytes and 26 more."""


def fitting(events: Iterable[LogEvent], limit: int) -> Iterator[LogEvent]:
    """The events that fit into one answer, which is at least one."""
    size = 0
    for number, event in enumerate(events):
        size += event.end - event.start + _EVENT_OVERHEAD
        if number == limit or (number and size > _MAX_BYTES):
            return
        yield event


def page_after(
    logs: LogFiles, group: str, stream: str, offset: int, before: int | None, limit: int
) -> list[LogEvent]:
    """A page of the events that begin at or after an offset.

    Args:
        logs: Where they are.
        group: The log group.
        stream: The stream.
        offset: Where the first one may begin.
        before: A time in milliseconds that all are earlier than, or None.
        limit: How many there may be.
    """
    events = fitting(logs.read(group, stream, offset), limit)
    return [event for event in events if before is None or event.timestamp < before]


def page_before(
    logs: LogFiles, group: str, stream: str, offset: int, since: int | None, limit: int
) -> list[LogEvent]:
    """A page of the last events that end at or before an offset, oldest first.

    Args:
        logs: Where they are.
        group: The log group.
        stream: The stream.
        offset: Where the last one may end.
        since: A time in milliseconds that none is earlier than, or None.
        limit: How many there may be.
    """
    window = offset - _MAX_BYTES - MAX_EVENT_BYTES
    last: deque[LogEvent] = deque(maxlen=limit)
    for event in logs.read(group, stream, logs.line_start(group, stream, window)):
        if event.end > offset:
            break
        if since is None or event.timestamp >= since:
            last.append(event)
    return list(fitting(reversed(last), limit))[::-1]

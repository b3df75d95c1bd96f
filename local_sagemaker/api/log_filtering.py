"""FilterLogEvents: the events of many streams of a group, merged by time."""

import base64
import heapq
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from local_sagemaker.api.log_pages import MAX_EVENTS, page_after
from local_sagemaker.api.logs_api import find_streams, group_name, refused
from local_sagemaker.log_files import LogEvent, LogFiles

Found = tuple[int, str, int, LogEvent]
"""An event with what orders it: its time, its stream, and where in that it begins."""

_READ_AHEAD = 100
"""Events of a stream that are held in memory."""

_TERM = re.compile(r'(?P<sign>[-?]?)(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))')


def filter_log_events(logs: LogFiles, request: Mapping[str, Any]) -> dict[str, Any]:
    """Answer ``FilterLogEvents``.

    Raises:
        ServiceError: There is no such group; or what is asked for is not supported here.
    """
    if request.get("startFromHead") is False:
        raise refused("startFromHead=false is not supported by the local CloudWatch Logs")
    group = group_name(request)
    after = _read_token(request.get("nextToken"))
    since = max(request.get("startTime", 0), after[0] if after else 0)
    matches = _matcher(request.get("filterPattern", ""))
    until = request.get("endTime")
    merged = heapq.merge(
        *(_found(logs, group, name, since) for name in _names(logs, group, request))
    )
    selected = (
        found
        for found in merged
        if (after is None or found[:3] > after)
        and (until is None or found[0] <= until)
        and matches(found[3].message)
    )
    limit = request.get("limit", MAX_EVENTS)
    page = list(islice(selected, limit + 1))
    response: dict[str, Any] = {
        "events": [_described(found) for found in page[:limit]],
        "searchedLogStreams": [],  # always empty, as the service's own answers have it by now
    }
    if len(page) > limit:
        response["nextToken"] = _token(page[limit - 1])
    return response


def _names(logs: LogFiles, group: str, request: Mapping[str, Any]) -> list[str]:
    named = request.get("logStreamNames")
    prefix = request.get("logStreamNamePrefix")
    if named is not None and prefix is not None:
        raise refused("logStreamNames and logStreamNamePrefix cannot both be given.")
    streams = [stream.name for stream in find_streams(logs, group, prefix or "")]
    return streams if named is None else [name for name in streams if name in named]


def _found(logs: LogFiles, group: str, stream: str, since: int) -> Iterator[Found]:
    # In pages: a group can have more streams than a process may have open files.
    offset = logs.seek(group, stream, since)
    while page := page_after(logs, group, stream, offset, None, _READ_AHEAD):
        for event in page:
            yield event.timestamp, stream, event.start, event
        offset = page[-1].end


def _matcher(pattern: str) -> Callable[[str], bool]:
    """CloudWatch's pattern of terms: all plain ones, some ``?`` one, no ``-`` one."""
    if pattern.strip()[:1] in {"{", "[", "%"}:
        raise refused(
            f"The filter pattern {pattern!r} is not supported by the local CloudWatch Logs, which "
            'knows terms: word "a phrase" ?either -without'
        )
    terms: dict[str, list[str]] = {"": [], "?": [], "-": []}
    for term in _TERM.finditer(pattern):
        terms[term["sign"]].append(term["phrase"] if term["word"] is None else term["word"])

    def matches(message: str) -> bool:
        return (
            all(term in message for term in terms[""])
            and not any(term in message for term in terms["-"])
            and (not terms["?"] or any(term in message for term in terms["?"]))
        )

    return matches


def _described(found: Found) -> dict[str, Any]:
    timestamp, stream, start, event = found
    return {
        "logStreamName": stream,
        "timestamp": timestamp,
        "message": event.message,
        "ingestionTime": timestamp,
        "eventId": f"{start:020d}{zlib.crc32(stream.encode()):010d}",
    }


def _token(last: Found) -> str:
    return base64.urlsafe_b64encode(json.dumps(last[:3]).encode()).decode()


def _read_token(token: str | None) -> tuple[int, str, int] | None:
    if token is None:
        return None
    try:
        timestamp, stream, start = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError, RecursionError):
        raise refused("The specified nextToken is invalid.") from None
    if not (isinstance(timestamp, int) and isinstance(stream, str) and isinstance(start, int)):
        raise refused("The specified nextToken is invalid.")
    return timestamp, stream, start

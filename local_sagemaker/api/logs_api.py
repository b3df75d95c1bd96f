"""The CloudWatch Logs operations that read: groups, streams, and the events of one stream."""

import re
from collections.abc import Mapping
from typing import Any

from local_sagemaker.account import log_group_arn
from local_sagemaker.api.log_pages import MAX_EVENTS, page_after, page_before
from local_sagemaker.log_files import LogEvent, LogFiles, LogStream
from local_sagemaker.service_errors import ServiceError

_MOST_LISTED = 50
_EVENTS_TOKEN = re.compile(r"([fb])/0*(\d{1,18})")
_LIST_TOKEN = re.compile(r"\d{1,9}")

Members = Mapping[str, Any]


class LogOperations:
    """Reading of logs.

    Args:
        logs: Where they are kept.
    """

    def __init__(self, logs: LogFiles) -> None:
        self._logs = logs

    def describe_log_groups(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribeLogGroups``.

        Raises:
            ServiceError: The token is none of ours.
        """
        prefix = request.get("logGroupNamePrefix", "")
        part = request.get("logGroupNamePattern", "").lower()
        names = [
            name for name in self._logs.groups() if name.startswith(prefix) and part in name.lower()
        ]
        page, following = _page(names, request)
        described = [
            {
                "logGroupName": name,
                "arn": f"{log_group_arn(name)}:*",
                "logGroupArn": log_group_arn(name),
            }
            for name in page
        ]
        return {"logGroups": described, **following}

    def describe_log_streams(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribeLogStreams``.

        Raises:
            ServiceError: There is no such group, or the members contradict each other.
        """
        group = group_name(request)
        prefix = request.get("logStreamNamePrefix", "")
        by_time = request.get("orderBy") == "LastEventTime"
        if by_time and prefix:
            raise refused("Cannot order by LastEventTime with a logStreamNamePrefix.")
        streams = find_streams(self._logs, group, prefix)
        if by_time:
            streams.sort(key=lambda stream: (stream.modified, stream.name))
        if request.get("descending"):
            streams.reverse()
        page, following = _page(streams, request)
        return {"logStreams": [_described(group, stream) for stream in page], **following}

    def get_log_events(self, request: Members) -> dict[str, Any]:
        """Answer ``GetLogEvents``: there is always a token either way, also at the end.

        Raises:
            ServiceError: There is no such stream, or the token is none of ours.
        """
        group, stream = group_name(request), request["logStreamName"]
        try:
            events, position = self._events(group, stream, request)
        except FileNotFoundError:
            raise _no_stream(self._logs, group) from None
        first = events[0].start if events else position
        last = events[-1].end if events else position
        return {
            "events": [
                {
                    "timestamp": event.timestamp,
                    "message": event.message,
                    "ingestionTime": event.timestamp,
                }
                for event in events
            ],
            "nextForwardToken": f"f/{last:056d}",
            "nextBackwardToken": f"b/{first:056d}",
        }

    def _events(self, group: str, stream: str, request: Members) -> tuple[list[LogEvent], int]:
        """A page, and the byte offset to go on from if it is empty."""
        since, before = request.get("startTime"), request.get("endTime")
        limit = request.get("limit", MAX_EVENTS)
        first = self._logs.seek(group, stream, since) if since else 0
        size = self._logs.size(group, stream)
        if "nextToken" in request:
            forward, offset = _read_events_token(request["nextToken"])
            offset = min(offset, size)
        else:
            forward = request.get("startFromHead", False)
            offset = first
            if not forward:
                offset = size if before is None else self._logs.seek(group, stream, before)
        if forward:
            start = max(first, offset)
            return page_after(self._logs, group, stream, start, before, limit), start
        return page_before(self._logs, group, stream, offset, since, limit), offset


def group_name(request: Members) -> str:
    """The group that a request names, by name or by ARN.

    Raises:
        ServiceError: It names none.
    """
    name: str | None = request.get("logGroupName", request.get("logGroupIdentifier"))
    if name is None:
        raise refused("logGroupName or logGroupIdentifier must be given.")
    return name.partition(":log-group:")[2] if name.startswith("arn:") else name


def find_streams(logs: LogFiles, group: str, prefix: str) -> list[LogStream]:
    """A group's streams of a prefix, by name.

    Raises:
        ServiceError: There is no such group.
    """
    try:
        return logs.streams(group, prefix)
    except FileNotFoundError:
        text = "The specified log group does not exist."
        raise ServiceError("ResourceNotFoundException", text) from None


def refused(message: str) -> ServiceError:
    """The error of a request that CloudWatch Logs refuses."""
    return ServiceError("InvalidParameterException", message)


def _no_stream(logs: LogFiles, group: str) -> ServiceError:
    find_streams(logs, group, "")
    return ServiceError("ResourceNotFoundException", "The specified log stream does not exist.")


def _described(group: str, stream: LogStream) -> dict[str, Any]:
    return {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "firstEventTimestamp": stream.created,
        "lastEventTimestamp": stream.modified,
        "lastIngestionTime": stream.modified,
        "arn": f"{log_group_arn(group)}:log-stream:{stream.name}",
        "storedBytes": 0,  # what the service itself has said of every stream since 2019
    }


def _page(entries: list[Any], request: Members) -> tuple[list[Any], dict[str, str]]:
    """A page of a list, and the token member of the next one if there is one."""
    token = request.get("nextToken", "0")
    if not _LIST_TOKEN.fullmatch(token):
        raise refused("The specified nextToken is invalid.")
    start = int(token)
    end = start + request.get("limit", _MOST_LISTED)
    return entries[start:end], {"nextToken": str(end)} if end < len(entries) else {}


def _read_events_token(token: str) -> tuple[bool, int]:
    match = _EVENTS_TOKEN.fullmatch(token)
    if not match:
        raise refused("The specified nextToken is invalid.")
    return match[1] == "f", int(match[2])

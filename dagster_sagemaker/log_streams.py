"""The log streams of one job in CloudWatch Logs, read so that each line comes once."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from dagster_sagemaker.log_position import Place, Position
from dagster_sagemaker.transient import AWS_ERRORS, error_code

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection


@dataclass(frozen=True)
class LogLine:
    """One line.

    Args:
        stream: Name of its stream.
        timestamp: When it was written, in milliseconds since the epoch.
        host: Which instance wrote it, such as ``algo-1``.
        text: The line.
    """

    stream: str
    timestamp: int
    host: str
    text: str


@dataclass
class _Chain:
    """One stream as a chain of GetLogEvents: an unchanged token is its end.

    It begins at the head, or at the lines of the time at which an earlier reader stopped.
    """

    name: str
    start: Place | None
    token: str | None = None

    def __post_init__(self) -> None:
        self._left_out = 0 if self.start is None else self.start.lines

    def request(self) -> dict[str, Any]:
        """The members of the next request that differ between streams."""
        since = {} if self.start is None else {"startTime": self.start.timestamp}
        after = {} if self.token is None else {"nextToken": self.token}
        return {"logStreamName": self.name, **since, **after}

    def is_new(self, event: Any) -> bool:
        """Whether the earlier reader has not read an event; asked of each, once and in order."""
        if self._left_out and self.start and event["timestamp"] == self.start.timestamp:
            self._left_out -= 1
            return False
        self._left_out = 0
        return True


@dataclass
class _Swept:
    """How far FilterLogEvents has come in one stream: the last time, and its events' ids.

    Of an earlier reader's events only the number is known, ``before``.
    """

    timestamp: int = 0
    before: int = 0
    ids: set[str] = field(default_factory=set)

    def is_new(self, event: Any) -> bool:
        """Whether an event was not swept before; from now on it was."""
        if event["timestamp"] > self.timestamp:
            self.timestamp, self.before, self.ids = event["timestamp"], 0, set()
        elif event["timestamp"] < self.timestamp or event["eventId"] in self.ids:
            return False
        self.ids.add(event["eventId"])
        return len(self.ids) > self.before


class LogStreams:
    """The streams ``<job>/algo-<n>-<epoch>``; they appear when an instance first writes.

    Either ``find`` and ``next_pages``, for a log that is followed, or ``sweep``, for one that is
    read at once. AWS's errors pass through.

    Args:
        connection: Where the logs are.
        group: Log group.
        job_name: Name of the job.
        position: How far an earlier reader has come.
    """

    def __init__(
        self,
        connection: "SageMakerConnection",
        group: str,
        job_name: str,
        position: Position | None = None,
    ) -> None:
        self.prefix = f"{job_name}/"
        self.error: Exception | None = None
        self._connection = connection
        self._group = group
        self._position = position or {}
        self._chains: dict[str, _Chain] = {}
        self._swept = {name: _Swept(*place) for name, place in self._position.items()}

    @property
    def names(self) -> list[str]:
        """The streams found so far."""
        return sorted({*self._chains, *self._swept})

    @property
    def followed(self) -> int:
        """How many streams ``find`` has found."""
        return len(self._chains)

    def find(self) -> None:
        """Look for streams that have appeared: one request."""
        paginator = self._connection.client("logs").get_paginator("describe_log_streams")
        pages = paginator.paginate(
            logGroupName=self._group,
            logStreamNamePrefix=self.prefix,
            orderBy="LogStreamName",
            PaginationConfig={"PageSize": 50},
        )
        try:
            names = [entry["logStreamName"] for page in pages for entry in page["logStreams"]]
        except AWS_ERRORS as error:
            if _is_missing(error):
                return
            raise
        for name in names:
            self._chains.setdefault(name, _Chain(name, self._position.get(name)))

    def next_pages(self) -> tuple[list[LogLine], bool]:
        """The next page of every stream found, merged by time: one request a stream.

        An error of one stream ends this; the pages read before it are kept, and the error is in
        ``error``.

        Returns:
            The lines, and whether there may be more.
        """
        pages: list[list[LogLine]] = []
        more = False
        self.error = None
        for chain in self._chains.values():
            try:
                lines, goes_on = self._next_page(chain)
            except AWS_ERRORS as error:
                self.error = error
                break
            pages.append(lines)
            more |= goes_on
        return list(heapq.merge(*pages, key=attrgetter("timestamp"))), more

    def sweep(self, expected: int) -> Iterator[list[LogLine]]:
        """What no sweep has read yet, of all streams, by time: one request a page.

        It needs no names of streams, and the service says which page is the last.

        Args:
            expected: How many streams there are to be. As long as some are missing, which may have
                lines older than all others, it is read from the beginning.
        """
        known = [place.timestamp for place in self._swept.values()]
        request: dict[str, Any] = {
            "logGroupName": self._group,
            "logStreamNamePrefix": self.prefix,
            "startTime": min(known) if len(known) >= max(expected, 1) else 0,
        }
        while True:
            try:
                page = self._connection.client("logs").filter_log_events(**request)
            except AWS_ERRORS as error:
                if _is_missing(error):
                    return
                raise
            yield [self._line(event["logStreamName"], event) for event in self._new(page)]
            if "nextToken" not in page:
                return
            request["nextToken"] = page["nextToken"]

    def _new(self, page: Any) -> list[Any]:
        return [
            event
            for event in page["events"]
            if self._swept.setdefault(event["logStreamName"], _Swept()).is_new(event)
        ]

    def _next_page(self, chain: _Chain) -> tuple[list[LogLine], bool]:
        request: dict[str, Any] = {
            "logGroupName": self._group,
            "startFromHead": True,
            **chain.request(),
        }
        page = self._connection.client("logs").get_log_events(**request)
        goes_on = chain.token != page["nextForwardToken"]
        chain.token = page["nextForwardToken"]
        lines = [self._line(chain.name, event) for event in page["events"] if chain.is_new(event)]
        return lines, goes_on

    def _line(self, stream: str, event: Any) -> LogLine:
        host = stream.removeprefix(self.prefix).rpartition("-")[0]
        return LogLine(stream, event["timestamp"], host, event["message"])


def _is_missing(error: Exception) -> bool:
    """Whether the group is not there: it appears with the first line of any job of a kind."""
    return error_code(error) == "ResourceNotFoundException"

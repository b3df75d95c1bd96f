"""A job's log lines, each once, with as few requests as that takes."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.transient import AWS_ERRORS, error_code

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

TAIL_LINES = 20
"""Lines kept for the error of a job that fails."""

_EVENT_CHARACTERS = 16_384  # of one event in the run's log
_TROUBLE_SECONDS = 10.0  # how long the end of the log is worth asking for when throttled
_FINISH_SECONDS = 60.0  # even if new lines keep coming


@dataclass
class _Stream:
    name: str
    label: str
    token: str | None = None


class LogTail:
    """The log of one job. Trouble with it is reported once and never raised.

    Streams are ``<job>/algo-<n>-<epoch>``, one per instance; they appear when an instance first
    writes. Each is read from its head as one chain of GetLogEvents: a token that comes back
    unchanged means that there is nothing new.

    Args:
        connection: Where the logs are.
        kind: Processing or training.
        job_name: Name of the job.
        instance_count: How many streams to expect.
        emit: Receives lines, joined to texts of bounded size.
        warn: Receives word of trouble.
        late_seconds: How long to wait for lines after the job has ended.
    """

    def __init__(
        self,
        *,
        connection: "SageMakerConnection",
        kind: JobKind,
        job_name: str,
        instance_count: int,
        emit: Callable[[str], None],
        warn: Callable[[str], None],
        late_seconds: float,
    ) -> None:
        self.group = kind.log_group
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._connection = connection
        self._prefix = f"{job_name}/"
        self._instance_count = instance_count
        self._emit = emit
        self._warn = warn
        self._late_seconds = late_seconds
        self._streams: dict[str, _Stream] = {}
        self._trouble = False
        self._warned = False

    @property
    def stream_names(self) -> list[str]:
        """The streams found so far."""
        return sorted(self._streams)

    @property
    def location(self) -> str:
        """Where the whole log is."""
        names = self.stream_names
        return f"log group {self.group}, stream {', '.join(names) or self._prefix + '*'}"

    def poll(self) -> None:
        """Read and emit what is new: at most one page per stream."""
        self._read()

    def finish(self) -> None:
        """Read to the end, then look for late lines for a fixed time."""
        started = time.monotonic()
        while True:
            progressed = self._read()
            elapsed = time.monotonic() - started
            patience = max(self._late_seconds, _TROUBLE_SECONDS if self._trouble else 0)
            if elapsed > _FINISH_SECONDS or (not progressed and elapsed >= patience):
                return
            if not progressed:
                time.sleep(min(0.5, patience - elapsed))

    def _read(self) -> bool:
        """Whether there was anything new."""
        known = len(self._streams)
        progressed = False
        try:
            self._find_streams()
            for stream in self._streams.values():
                progressed |= self._next_page(stream)
        except AWS_ERRORS as error:
            self._report(error)
            return False
        self._trouble = False
        return progressed or len(self._streams) > known

    def _report(self, error: Exception) -> None:
        self._trouble = True
        if not self._warned:
            self._warned = True
            self._warn(
                f"[sagemaker] The log of job {self._prefix[:-1]} cannot be read for now: {error} "
                "The job is not affected."
            )

    def _find_streams(self) -> None:
        if len(self._streams) >= self._instance_count:
            return
        paginator = self._connection.client("logs").get_paginator("describe_log_streams")
        pages = paginator.paginate(
            logGroupName=self.group,
            logStreamNamePrefix=self._prefix,
            orderBy="LogStreamName",
            PaginationConfig={"PageSize": 50},
        )
        try:
            names = [entry["logStreamName"] for page in pages for entry in page["logStreams"]]
        except AWS_ERRORS as error:
            if error_code(error) == "ResourceNotFoundException":  # the group has no log yet
                return
            raise
        for name in names:
            label = name.removeprefix(self._prefix).rpartition("-")[0]
            self._streams.setdefault(name, _Stream(name, label))

    def _next_page(self, stream: _Stream) -> bool:
        request: dict[str, Any] = {
            "logGroupName": self.group,
            "logStreamName": stream.name,
            "startFromHead": True,
        }
        if stream.token is not None:
            request["nextToken"] = stream.token
        page = self._connection.client("logs").get_log_events(**request)
        progressed = stream.token != page["nextForwardToken"]
        stream.token = page["nextForwardToken"]
        prefix = f"{stream.label}: " if self._instance_count > 1 else ""
        lines = [prefix + event["message"] for event in page["events"]]
        self.tail.extend(lines)
        for text in in_batches(lines, _EVENT_CHARACTERS):
            self._emit(text)
        return progressed


def in_batches(lines: Iterable[str], limit: int) -> Iterator[str]:
    """Join lines to texts of at most ``limit`` characters; a longer line is cut, and says so."""
    batch: list[str] = []
    size = 0
    for line in lines:
        text = shortened(line, limit)
        if batch and size + len(text) + 1 > limit:
            yield "\n".join(batch)
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield "\n".join(batch)


def shortened(line: str, limit: int) -> str:
    """The line, cut to ``limit`` characters with a note of how many are missing."""
    if len(line) <= limit:
        return line
    kept = limit - 40
    return f"{line[:kept]}... [{len(line) - kept} more characters]"

"""Log streams that are seen late: what was written a moment ago is not there yet."""

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from local_sagemaker.faults.registry import Faults
from local_sagemaker.log_files import LogEvent, LogFiles, LogStream


class LateLogFiles(LogFiles):
    """The log files as they were some seconds ago, for the streams that a fault strikes.

    Args:
        root: As of ``LogFiles``.
        faults: The faults.
    """

    def __init__(self, root: Path, faults: Faults) -> None:
        super().__init__(root)
        self._faults = faults

    def streams(self, group: str, prefix: str = "") -> list[LogStream]:
        """As ``LogFiles.streams``, without those whose first event is not to be seen yet."""
        found = super().streams(group, prefix)
        return [seen for stream in found if (seen := self._seen(stream)) is not None]

    def read(self, group: str, stream: str, offset: int = 0) -> Iterator[LogEvent]:
        """As ``LogFiles.read``, up to the last event that is to be seen."""
        events = super().read(group, stream, offset)
        until = self._until(stream)
        if until is None:
            return events
        return takewhile(lambda event: event.timestamp <= until, events)

    def seek(self, group: str, stream: str, timestamp: int) -> int:
        """As ``LogFiles.seek``, and never beyond what is to be seen."""
        until = self._until(stream)
        return super().seek(
            group, stream, timestamp if until is None else min(timestamp, until + 1)
        )

    def size(self, group: str, stream: str) -> int:
        """As ``LogFiles.size``, of what is to be seen."""
        until = self._until(stream)
        if until is None:
            return super().size(group, stream)
        return super().seek(group, stream, until + 1)

    def _seen(self, stream: LogStream) -> LogStream | None:
        until = self._until(stream.name)
        if until is None:
            return stream
        if stream.created > until:
            return None
        return replace(stream, modified=min(stream.modified, until))

    def _until(self, stream: str) -> int | None:
        """The time in milliseconds of the last event to be seen; None for all."""
        late = self._faults.matching("late-logs", lambda fault: fault.strikes_stream(stream))
        if not late:
            return None
        return int((time.time() - max(fault.seconds for fault in late)) * 1000)

"""CloudWatch log streams kept as files: appended by jobs, read by the log operations.

One file a stream, one line an event: the time in milliseconds, a space, the message. A reader's
position is a byte offset, so that reading on costs nothing however long the stream is.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

MAX_EVENT_BYTES = 256 * 1024
"""A longer line becomes several events, as CloudWatch Logs' limit makes the agent do."""


@dataclass(frozen=True)
class LogEvent:
    """One line of a stream.

    Args:
        timestamp: Milliseconds since the epoch.
        message: The line, without its line end.
        start: The byte offset where it begins.
        end: The byte offset just behind it.
    """

    timestamp: int
    message: str
    start: int
    end: int


@dataclass(frozen=True)
class LogStream:
    """A stream's name and what is known of it without reading it.

    Args:
        name: For jobs ``<job>/algo-<n>-<epoch>``.
        created: Milliseconds since the epoch.
        modified: Milliseconds since the epoch.
        size: Bytes on disk.
    """

    name: str
    created: int
    modified: int
    size: int


class LogWriter:
    """Appends to one stream; every line is in the file when ``write`` returns.

    Args:
        path: The stream's file.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._last = 0

    def write(self, message: str) -> None:
        """Append a line; one longer than ``MAX_EVENT_BYTES`` as several events."""
        data = message.replace("\r", "").replace("\n", " ").encode("utf-8", errors="replace")
        # Clients skip what is older than the last event they saw, so time never runs backwards.
        self._last = max(self._last, int(time.time() * 1000))
        for start in range(0, max(len(data), 1), MAX_EVENT_BYTES):
            chunk = data[start : start + MAX_EVENT_BYTES]
            os.write(self._file, b"%d %s\n" % (self._last, chunk))

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


class LogFiles:
    """All log groups of a home.

    Args:
        root: The directory that holds a folder a group.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def writer(self, group: str, stream: str) -> LogWriter:
        """Open a stream for appending; it comes into being here."""
        path = self._path(group, stream)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LogWriter(path)

    def exists(self, group: str, stream: str) -> bool:
        """Whether there is such a stream."""
        return self._path(group, stream).exists()

    def groups(self) -> list[str]:
        """The names of all groups, sorted."""
        if not self._root.is_dir():
            return []
        return sorted(unquote(folder.name) for folder in self._root.iterdir())

    def streams(self, group: str, prefix: str = "") -> list[LogStream]:
        """A group's streams whose names start with ``prefix``, sorted by name.

        Raises:
            FileNotFoundError: There is no such group.
        """
        folder = self._root / quote(group, safe="")
        found = (entry for entry in os.scandir(folder) if unquote(entry.name).startswith(prefix))
        return sorted((self._describe(entry) for entry in found), key=lambda stream: stream.name)

    def read(self, group: str, stream: str, offset: int = 0) -> Iterator[LogEvent]:
        """The events from a byte offset on; a line still being written is left for later.

        Raises:
            FileNotFoundError: There is no such stream.
        """
        with self._path(group, stream).open("rb") as file:
            yield from _events(file, offset)

    def seek(self, group: str, stream: str, timestamp: int) -> int:
        """The byte offset of the first event at or after a time; the stream's size if none is.

        Times never decrease within a stream, so a large one is searched, not read.

        Raises:
            FileNotFoundError: There is no such stream.
        """
        with self._path(group, stream).open("rb") as file:
            low, high = 0, file.seek(0, os.SEEK_END)
            while low < high:
                middle = (low + high) // 2
                event = next(_events(file, _line_start(file, middle)), None)
                if event is None or event.start >= high or event.timestamp >= timestamp:
                    high = middle
                else:
                    low = event.end
            return low

    def line_start(self, group: str, stream: str, offset: int) -> int:
        """The byte offset of the first event that begins at or after one.

        Raises:
            FileNotFoundError: There is no such stream.
        """
        with self._path(group, stream).open("rb") as file:
            return _line_start(file, offset)

    def size(self, group: str, stream: str) -> int:
        """A stream's size in bytes.

        Raises:
            FileNotFoundError: There is no such stream.
        """
        return self._path(group, stream).stat().st_size

    def unchanged_since(self, group: str, timestamp: float) -> Iterator[str]:
        """The streams of a group that got no event since a time, in seconds since the epoch."""
        folder = self._root / quote(group, safe="")
        if folder.is_dir():
            with os.scandir(folder) as entries:
                yield from [unquote(one.name) for one in entries if one.stat().st_mtime < timestamp]

    def remove(self, group: str, stream: str) -> None:
        """Delete a stream, if it is there."""
        self._path(group, stream).unlink(missing_ok=True)

    def _path(self, group: str, stream: str) -> Path:
        return self._root / quote(group, safe="") / quote(stream, safe="")

    @staticmethod
    def _describe(entry: "os.DirEntry[str]") -> LogStream:
        stat = entry.stat()
        with Path(entry.path).open("rb") as file:
            first = next(_events(file, 0), None)
        modified = int(stat.st_mtime * 1000)
        created = first.timestamp if first else modified
        modified = max(modified, created)  # a file system's clock may be some milliseconds behind
        return LogStream(unquote(entry.name), created, modified, stat.st_size)


def _events(file: BinaryIO, offset: int) -> Iterator[LogEvent]:
    file.seek(offset)
    timestamp = 0
    for line in file:
        if not line.endswith(b"\n"):
            return
        stamp, _, message = line[:-1].partition(b" ")
        # A machine that lost power can leave a line of zeros; it belongs to no other time.
        timestamp = int(stamp) if stamp.isdigit() else timestamp
        text = message.decode("utf-8", errors="replace")
        yield LogEvent(timestamp, text, offset, offset + len(line))
        offset += len(line)


def _line_start(file: BinaryIO, offset: int) -> int:
    if offset <= 0:
        return 0
    file.seek(offset - 1)
    file.readline()
    return file.tell()

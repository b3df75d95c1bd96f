"""What the executors of a host say, in the log of that host."""

import re
import sys
import threading
from pathlib import Path

_LOOK_SECONDS = 0.5
_LOGGED = re.compile(rb"\d\d/\d\d/\d\d [\d:]{8} ")
# What Spark says of its own work, and the head of each file, would bury what is of interest.
_ROUTINE = re.compile(
    rb"\d\d/\d\d/\d\d [\d:]{8} (INFO|DEBUG|TRACE) |Spark Executor Command: |=+$|Using Spark's |\s*$"
)
# The only one whose routine messages have several lines: each file's schema.
_LONG_WINDED = b" INFO ParquetWriteSupport: "
_END = b"RECEIVED SIGNAL TERM"


class ExecutorOutput:
    """Copies warnings, errors, and what Python prints, while the block runs.

    Args:
        directory: The worker's, where each executor has a directory below that of its application.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[Path, _File] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "ExecutorOutput":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()

    def _run(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        for path in sorted(self._directory.glob("*/*/std*")):
            file = self._files.setdefault(path, _File(path))
            for line in file.news():
                sys.stdout.buffer.write(b"[executor %s] %s\n" % (path.parent.name.encode(), line))
        sys.stdout.buffer.flush()


class _File:
    """A file that grows.

    Args:
        path: Its path.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._in_schema = self._over = False

    def news(self) -> "list[bytes]":
        """The lines that came since the last call and are worth showing."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            # A line that is not whole yet is left for the next call.
            head, end, _ = file.read().rpartition(b"\n")
        self._offset += len(head + end)
        return [line for line in head.split(b"\n") if self._is_of_interest(line)]

    def _is_of_interest(self, line: bytes) -> bool:
        if _LOGGED.match(line):
            self._in_schema = _LONG_WINDED in line
            # What an executor says once it was told to end tells nobody anything.
            self._over = self._over or _END in line
        return not (self._over or self._in_schema or _ROUTINE.match(line))

"""The log stream of one instance of a job."""

import time
from collections.abc import Callable

from local_sagemaker.log_files import LogFiles, LogWriter


class JobLog:
    """Writes an instance's stream, which comes into being with its first line, as in CloudWatch.

    Args:
        files: All streams.
        group: The log group.
        job: The job's name.
        host: The instance's name.
        read: Receives each line too, and returns it as the log is to show it.
    """

    def __init__(
        self, files: LogFiles, group: str, job: str, host: str, read: Callable[[str], str]
    ) -> None:
        self._files = files
        self._group = group
        self._prefix = f"{job}/{host}"
        self._read = read
        self._writer: LogWriter | None = None

    def write(self, line: str) -> None:
        """Append a line."""
        if self._writer is None:
            self._writer = self._files.writer(self._group, self._new_stream())
        self._writer.write(self._read(line))

    def _new_stream(self) -> str:
        # Another attempt, or another job of this name, may have begun within the same second.
        epoch = int(time.time())
        while self._files.exists(self._group, f"{self._prefix}-{epoch}"):
            epoch += 1
        return f"{self._prefix}-{epoch}"

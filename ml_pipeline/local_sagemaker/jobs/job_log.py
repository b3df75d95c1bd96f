"""The log stream of one instance of a job."""

import time
from collections.abc import Callable

from ml_pipeline.local_sagemaker.log_files import LogFiles, LogWriter


class JobLog:
    """Writes an instance's stream, which comes into being with its first line, as in CloudWatch.

    Args:
        files: All streams.
        group: The log group.
        job: The job's name.
        host: The instance's name.
        listen: Receives each line too.
    """

    def __init__(
        self, files: LogFiles, group: str, job: str, host: str, listen: Callable[[str], None]
    ) -> None:
        self._files = files
        self._group = group
        self._prefix = f"{job}/{host}"
        self._listen = listen
        self._writer: LogWriter | None = None

    def write(self, line: str) -> None:
        """Append a line."""
        if self._writer is None:
            stream = f"{self._prefix}-{int(time.time())}"
            self._writer = self._files.writer(self._group, stream)
        self._writer.write(line)
        self._listen(line)

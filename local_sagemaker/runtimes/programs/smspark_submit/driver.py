"""The application: Spark's driver, and what its log says of tasks that failed."""

import re
import subprocess
import sys
from collections.abc import Mapping

_LOST = re.compile(r"Lost task \S+ in stage \S+ \(TID \d+\) \((\S+) executor (\S+)\): (.*)")
_TRACEBACK = "Traceback (most recent call last):"
_NO_CONNECTOR = "org.apache.hadoop.fs.s3a.S3AFileSystem not found"
_ADVICE = (
    "the environment of this image has no connector for s3:// and s3a://: run `ml-pipeline local "
    "image remove IMAGE`, so that it is built anew, or add the jars of hadoop-aws (of the version "
    "of Spark's Hadoop) and of the AWS SDK for Java that it needs with submit_jars "
    "(smspark-submit --jars)"
)


class Troubles:
    """What went wrong, as far as the driver's log tells."""

    def __init__(self) -> None:
        self.cause = ""
        self._place = ""
        self._in_traceback = False

    def read(self, line: str) -> None:
        """Look at a line of the log."""
        # Tasks that are killed because another one has failed are not the cause.
        found = None if "TaskKilled" in line else _LOST.search(line)
        if found:
            host, executor, cause = found.groups()
            self._place = f"in a task on {host} (executor {executor})"
            self._in_traceback = cause.endswith(_TRACEBACK)
            self._note(cause)
        elif self._in_traceback:
            # The last line that is not indented is the exception; Java's own trace follows.
            if not line.strip() or line.startswith("\tat "):
                self._in_traceback = False
            elif not line[0].isspace():
                self._note(line)
        elif _NO_CONNECTOR in line:
            self.cause = _ADVICE

    def _note(self, cause: str) -> None:
        self.cause = f"{cause.strip()}, {self._place}"


def run_driver(command: "list[str]", environment: "Mapping[str, str]") -> "tuple[int, str]":
    """Run the application to its end; its output becomes this program's.

    Returns:
        The exit code, as shells count it, and the cause of the last task that failed, with the host
        where it was; empty if none did.
    """
    troubles = Troubles()
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) as driver:
        assert driver.stderr is not None  # noqa: S101 - a pipe was asked for
        for line in driver.stderr:
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
            troubles.read(line.decode(errors="replace").rstrip("\n"))
    code = driver.returncode
    return (code if code >= 0 else 128 - code), troubles.cause

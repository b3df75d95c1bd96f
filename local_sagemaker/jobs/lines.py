"""Cutting a process's output into log lines."""

import re
from collections.abc import Callable

from local_sagemaker.log_files import MAX_EVENT_BYTES

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class LineSplitter:
    """Turns chunks of bytes into lines, whatever the chunks' borders.

    A carriage return ends a line too, or a progress bar would be one endless line. A line that
    outgrows ``MAX_EVENT_BYTES`` is handed on in parts, so memory stays bounded. Bytes that are not
    UTF-8 become U+FFFD.

    Args:
        write: Receives each line without its end.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._rest = b""
        self._handed_on = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes and hand on every line they end."""
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._hand_on(line)
            self._handed_on = False
        bar, _, rest = rest.rpartition(b"\r")
        for part in bar.split(b"\r"):
            if part:
                self._part(part)
        while len(rest) > MAX_EVENT_BYTES:
            end = _character_border(rest, MAX_EVENT_BYTES)
            self._part(rest[:end])
            rest = rest[end:]
        self._rest = rest

    def close(self) -> None:
        """Hand on the last line, if the output ended without a line end."""
        if self._rest:
            self.feed(b"\n")

    def _hand_on(self, line: bytes) -> None:
        parts = [part for part in line.split(b"\r") if part]
        if not parts and not self._handed_on:
            self._write("")
        for part in parts:
            self._part(part)

    def _part(self, part: bytes) -> None:
        self._write(part.decode("utf-8", errors="replace"))
        self._handed_on = True


def escape_controls(line: str) -> str:
    """A line as the logs of training jobs show it: a tab is ``#011``, an escape ``#033``."""
    return _CONTROL.sub(lambda found: f"#{ord(found.group()):03o}", line)


def _character_border(data: bytes, end: int) -> int:
    # UTF-8's continuation bytes are 10xxxxxx, and a character has at most three of them.
    for back in range(4):
        if data[end - back] & 0xC0 != 0x80:
            return end - back
    return end

"""Pipe mode: named pipes, of which a job's program finds a new one for every epoch."""

import fcntl
import os
import select
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from local_sagemaker.jobs.reasons import ClientFault

_LOOK_SECONDS = 0.02
_BLOCKED_MILLISECONDS = 200
# What a pipe can hold at most without privilege (/proc/sys/fs/pipe-max-size).
_PIPE_SIZE = 1 << 20


@dataclass(frozen=True)
class NamedPipe:
    """The pipes of one input of one instance.

    Args:
        path: What their names begin with, on the host; ``_0``, ``_1`` and so on follows.
        epoch: Gives the bytes of an epoch.
    """

    path: Path
    epoch: Callable[[int], Iterator[bytes]]


class NamedPipeFeeder:
    """Feeds the pipes of a job from when it is entered to when it is left.

    There is a thread for each pipe, so memory does not depend on the size of the input, and a
    program that reads slowly, stops early or never begins holds up nobody. The directory is the
    program's: whatever it puts in the place of a pipe is not written to.

    Args:
        pipes: All there are. The first ones exist from now on.
        on_fault: Called, in a thread, when an input cannot be read to its end: the program would
            wait for the rest for ever.

    Raises:
        ClientFault: A pipe cannot be made.
    """

    def __init__(self, pipes: Sequence[NamedPipe], on_fault: Callable[[], None]) -> None:
        self._over = threading.Event()
        self._on_fault = on_fault
        self._fault: Exception | None = None
        with ExitStack() as opened:
            names = [opened.enter_context(closing(_Names(pipe.path))) for pipe in pipes]
            opened.pop_all()  # Each thread closes its own.
        self._threads = [
            threading.Thread(target=self._feed, args=(own, pipe.epoch), daemon=True)
            for own, pipe in zip(names, pipes, strict=True)
        ]

    def check(self) -> None:
        """Look for what went wrong.

        Raises:
            JobFault: An input could not be read to its end.
        """
        if self._fault is not None:
            raise self._fault

    def __enter__(self) -> "NamedPipeFeeder":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _feed(self, names: "_Names", epoch: Callable[[int], Iterator[bytes]]) -> None:
        number = 0
        while (end := self._wait_for_reader(names, number)) is not None:
            try:
                # Before this one ends: who has read it to its end may open the next at once.
                names.make(number + 1)
                self._pour(end, epoch(number))
                names.remove(number)
            except Exception as error:
                # Closed, it would look as if this were all.
                self._fault = error
                self._on_fault()
                self._over.wait()
            finally:
                os.close(end)
            number += 1
        names.close()

    def _wait_for_reader(self, names: "_Names", number: int) -> int | None:
        """The writing end of a pipe that somebody has opened to read; None if it is all over."""
        while not self._over.is_set():
            end = names.open(number)
            if end is not None:
                return end
            self._over.wait(_LOOK_SECONDS)
        return None

    def _pour(self, end: int, content: Iterator[bytes]) -> None:
        room = select.poll()
        room.register(end, select.POLLOUT)
        with suppress(BrokenPipeError):  # The program has read enough of it.
            for data in content:
                rest = memoryview(data)
                while not self._over.is_set() and rest:
                    written = _write(end, rest)
                    rest = rest[written:]
                    if not written:
                        room.poll(_BLOCKED_MILLISECONDS)
                if self._over.is_set():
                    return


class _Names:
    """The pipes' names, in a directory that may be moved away or replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        self.make(0)

    def make(self, number: int) -> None:
        try:
            with suppress(FileExistsError):
                os.mkfifo(self._name(number), 0o644, dir_fd=self._folder)
        except OSError as error:
            raise ClientFault(
                f"Pipe mode: {self._name(number)} could not be made: {error.strerror}"
            ) from error

    def open(self, number: int) -> int | None:
        """The writing end, if there is a reader, and a pipe."""
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW
        try:
            end = os.open(self._name(number), flags, dir_fd=self._folder)
        except OSError:
            return None
        if not stat.S_ISFIFO(os.fstat(end).st_mode):
            os.close(end)
            return None
        with suppress(OSError):  # The user's pipes may have reached their limit.
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        return end

    def remove(self, number: int) -> None:
        with suppress(OSError):
            os.unlink(self._name(number), dir_fd=self._folder)

    def close(self) -> None:
        os.close(self._folder)

    def _name(self, number: int) -> str:
        return f"{self._path.name}_{number}"


def _write(end: int, data: memoryview) -> int:
    try:
        return os.write(end, data)
    except BlockingIOError:
        return 0

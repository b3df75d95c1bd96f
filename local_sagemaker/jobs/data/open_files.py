"""Reading a directory that a container is writing to at the same moment.

Whatever is looked at may be gone, or be a link to somewhere else, before it is opened. So nothing
is opened by its path: every step goes through the directory above it and follows no link.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe that took the file's place must not block us.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# Bytes. No key can be longer, and every step of a path is made anew for each folder.
_LONGEST = 1024
# Not there, a file, a link, a socket: what opening something else than was seen fails with.
_REPLACED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})


class VanishedError(Exception):
    """What was there a moment ago is gone, or something else has taken its place."""


@dataclass(frozen=True)
class Found:
    """A regular file as it was a moment ago.

    Args:
        relative: Its path below the directory, with ``/``.
        status: What ``stat`` said.
        folder: The descriptor of the folder it is in; good until the next file is asked for.
    """

    relative: str
    status: os.stat_result
    folder: int

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """Open it; it stays this very file for as long as the block lasts.

        Yields:
            A path to read it by.

        Raises:
            VanishedError: It is not there any more.
            OSError: It cannot be read.
        """
        descriptor = _open(PurePath(self.relative).name, _FILE, self.folder)
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise VanishedError(self.relative)
            yield Path(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)


def find_files(base: Path, inner: PurePath) -> Iterator[Found]:
    """The regular files below a directory; links, sockets and pipes are passed over.

    Args:
        base: A directory that the container cannot replace.
        inner: The directory, relative to it.

    Raises:
        VanishedError: The directory is not there, or is a link.
        OSError: The directory, or one below it, cannot be read; if only because one lies too deep
            for a key, all others come first.
    """
    left = [PurePath()]
    too_deep: PurePath | None = None
    while left:
        relative = left.pop()
        if len(os.fsencode(relative)) > _LONGEST:
            too_deep = relative
            continue
        try:
            folder = _open_directory(base, inner / relative)
        except VanishedError:
            if not relative.parts:
                raise
            continue
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            left += [relative / one.name for one in entries if one.is_dir(follow_symlinks=False)]
            for entry in entries:
                status = _status(entry)
                if status is not None and stat.S_ISREG(status.st_mode):
                    yield Found((relative / entry.name).as_posix(), status, folder)
        finally:
            os.close(folder)
    if too_deep is not None:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), str(too_deep))


def _status(entry: "os.DirEntry[str]") -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _open_directory(base: Path, inner: PurePath) -> int:
    current = os.open(base, _DIRECTORY)
    for part in inner.parts:
        try:
            below = _open(part, _DIRECTORY, current)
        finally:
            os.close(current)
        current = below
    return current


def _open(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno in _REPLACED:
            raise VanishedError(name) from error
        raise

"""Who may do what with a runtime: a lock file a runtime.

Whoever builds or removes it has the lock alone; jobs that run on it share it. The kernel gives it
back when a process ends, however it ends. The file's time says when the runtime was last used.
"""

import fcntl
import os
from pathlib import Path


class RuntimeLock:
    """The lock of one runtime, not held at first.

    Args:
        path: Its file, made if it is not there; its directory is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = _open(path)

    def fileno(self) -> int:
        """A process that inherits it holds the lock too."""
        return self._descriptor

    def share(self) -> bool:
        """Hold it with others who share it; False if somebody has it alone."""
        return self._take(fcntl.LOCK_SH)

    def own(self) -> bool:
        """Hold it alone; False if anybody else holds it."""
        return self._take(fcntl.LOCK_EX)

    def release(self) -> None:
        """Hold it no more."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def touch(self) -> None:
        """Note that the runtime is used now."""
        os.utime(self._descriptor)

    def close(self) -> None:
        """Hold it no more, and let the file be."""
        os.close(self._descriptor)

    def unlink(self) -> None:
        """Delete the file; only for one who holds the lock alone."""
        self._path.unlink(missing_ok=True)

    def _take(self, how: int) -> bool:
        while True:
            try:
                fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            if self._current():
                return True
            # The runtime was removed, and the file with it: the lock of a deleted file is worth
            # nothing.
            os.close(self._descriptor)
            self._descriptor = _open(self._path)

    def _current(self) -> bool:
        try:
            there = self._path.stat()
        except FileNotFoundError:
            return False
        ours = os.fstat(self._descriptor)
        return (there.st_ino, there.st_dev) == (ours.st_ino, ours.st_dev)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

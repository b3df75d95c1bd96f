"""The files that hold the bytes of objects, named by random ids, never by bucket or key.

A file that no row of the index names is rubbish, left by a killed writer. To tell it from the file
of a writer that is still at work, in whatever process, a writer holds a lock (``flock``) on its
file from creation until the index names it. The kernel drops the lock when the process dies, so no
age or clock has to be trusted.
"""

import fcntl
import os
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, TypeVar

from local_sagemaker.s3.checksums import Digests

_Result = TypeVar("_Result")


class BlobWriter:
    """Writes and digests one file, or a region of one; any thread may close it.

    Args:
        descriptor: Open for writing; the writer closes it.
        path: The file.
        offset: Where to begin.
        digests: Fed with every byte.
        disposable: Remove the file on close unless it was committed.
    """

    def __init__(
        self, descriptor: int, path: Path, offset: int, digests: Digests, *, disposable: bool
    ) -> None:
        self._descriptor: int | None = descriptor
        self._path = path
        self._disposable = disposable
        self._lock = threading.Lock()
        self.name = path.name
        self.offset = offset
        self.digests = digests

    def write(self, data: bytes | memoryview) -> None:
        """Append.

        Raises:
            OSError: The disk is full, or failed.
        """
        with self._lock:
            view = memoryview(data)
            while view:
                written = os.pwrite(self._open(), view, self.offset + self.digests.size)
                self.digests.update(view[:written])
                view = view[written:]

    def commit(self, publish: Callable[[], _Result]) -> _Result:
        """Bring the bytes to the disk, then let ``publish`` name the file in the index."""
        with self._lock:
            os.fsync(self._open())
            was_disposable, self._disposable = self._disposable, False
            try:
                return publish()
            except Exception:
                # Only then is it certain that nothing was published. An interrupt may come after
                # the index's commit: what it leaves behind is for ``Blobs.sweep`` to judge.
                self._disposable = was_disposable
                raise

    def close(self) -> None:
        """Close the file, and remove it if it was to be committed and was not."""
        with self._lock:
            if self._descriptor is None:
                return
            if self._disposable:
                self._path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError(f"write to the closed file {self._path}")
        return self._descriptor

    def __enter__(self) -> "BlobWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Blobs:
    """The folder of blobs.

    Args:
        folder: Created with mode 0700 if absent.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self._folder = folder

    def create(self, digests: Digests) -> BlobWriter:
        """Start a new blob, which the caller owns until it is committed."""
        while True:
            path = self._folder / uuid.uuid4().hex
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                break
            os.close(descriptor)  # a sweep came between open and lock
        writer = BlobWriter(descriptor, path, 0, digests, disposable=True)
        try:
            self._sync_folder()
        except BaseException:
            writer.close()
            raise
        return writer

    def write_region(self, name: str, offset: int, digests: Digests) -> BlobWriter:
        """Write into a blob that the index names already.

        Raises:
            FileNotFoundError: It is gone.
        """
        path = self._folder / name
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        return BlobWriter(descriptor, path, offset, digests, disposable=False)

    def open(self, name: str) -> BinaryIO:
        """Open for reading; the bytes stay readable after the blob is removed.

        Raises:
            FileNotFoundError: It is gone.
        """
        return (self._folder / name).open("rb")

    def remove(self, name: str) -> None:
        """Remove a blob that the index no longer names."""
        (self._folder / name).unlink(missing_ok=True)

    def sweep(self, is_named: Callable[[str], bool]) -> int:
        """Remove what killed writers left.

        Args:
            is_named: Whether the index names a blob.

        Returns:
            How many files were removed.
        """
        return sum(
            self._remove_if_abandoned(path, is_named)
            for path in list(self._folder.iterdir())
            if not is_named(path.name)
        )

    @staticmethod
    def _remove_if_abandoned(path: Path, is_named: Callable[[str], bool]) -> bool:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_named(path.name):  # its writer committed and let go meanwhile
                return False
            path.unlink(missing_ok=True)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

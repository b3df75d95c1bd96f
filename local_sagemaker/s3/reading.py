"""An object opened for reading."""

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import BinaryIO

from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.ranges import Span, file_spans
from local_sagemaker.s3.records import StoredObject

CHUNK = 1 << 20

# What copy_file_range(2) says when it does not work between two file systems.
_NOT_IN_KERNEL = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}


@dataclass(frozen=True)
class OpenObject:
    """One version of an object: readable to its end even if it is replaced or deleted meanwhile.

    Attributes:
        stored: The object.
        file: Its blob; read by position, so that several readers may share it.
        layout: Where the object's bytes lie in the blob, in order.
    """

    stored: StoredObject
    file: BinaryIO
    layout: Sequence[Span]

    @property
    def whole(self) -> Span:
        """All bytes of the object."""
        return Span(0, self.stored.info.size)

    def file_spans(self, wanted: Span) -> Iterator[Span]:
        """Where some of its bytes lie in the blob."""
        return file_spans(self.layout, wanted)

    def chunks(self, wanted: Span) -> Iterator[bytes]:
        """Read some of its bytes, a mebibyte at a time."""
        for start, size in self.file_spans(wanted):
            yield from self._read(start, size)

    def copy_to(self, destination: BinaryIO) -> None:
        """Append all bytes to an unbuffered file, within the kernel where it can."""
        for start, size in self.file_spans(self.whole):
            copied = _copy_in_kernel(self.file.fileno(), destination.fileno(), start, size)
            for data in self._read(start + copied, size - copied):
                destination.write(data)

    def close(self) -> None:
        """Let go of the blob."""
        self.file.close()

    def _read(self, start: int, size: int) -> Iterator[bytes]:
        end = start + size
        while start < end:
            data = os.pread(self.file.fileno(), min(CHUNK, end - start), start)
            if not data:
                raise self._cut_off()
            yield data
            start += len(data)

    def _cut_off(self) -> S3Error:
        message = f"The file {self.file.name} is shorter than the object it holds"
        return S3Error("InternalError", message, Key=self.stored.info.key)

    def __enter__(self) -> "OpenObject":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _copy_in_kernel(source: int, destination: int, start: int, size: int) -> int:
    """Copy as much as ``copy_file_range`` is willing to; return how many bytes that was."""
    copied = 0
    if not hasattr(os, "copy_file_range"):  # not Linux
        return copied
    while copied < size:
        try:
            count = os.copy_file_range(source, destination, size - copied, start + copied)
        except OSError as error:
            if error.errno in _NOT_IN_KERNEL:
                break
            raise
        if count == 0:
            break
        copied += count
    return copied

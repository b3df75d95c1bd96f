"""Blocks on disk between the two passes: numbers by column, everything else as Arrow.

The files have no name, so that nothing is left behind, however the process ends.
"""

import errno
import os
import tempfile
import threading
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preprocessing_scripts.tabular.errors import TableError


@dataclass(frozen=True)
class _Place:
    numbers: int
    rows: int
    table: int
    table_bytes: int


class Spool:
    """Blocks, written once in any order by several threads, read by block or by column.

    Args:
        folder: Where there is room for about the table's numbers in ``dtype``.
        columns: Number of columns of numbers.
        dtype: Their type.
    """

    def __init__(self, folder: Path, columns: int, dtype: npt.DTypeLike) -> None:
        self._folder = folder
        self._columns = columns
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        try:
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in __exit__
        except OSError as error:
            raise TableError(f"{folder}: cannot hold the spool: {error.strerror}") from error
        self._end = 0
        self._lock = threading.Lock()
        self._written: dict[int, _Place] = {}

    def __enter__(self) -> "Spool":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def bytes(self) -> int:
        """How much was written."""
        return self._end

    def write(self, block: int, numbers: npt.NDArray[Any], others: pa.Table) -> None:
        """Write a block.

        Args:
            block: Its place in the order of blocks; one without rows leaves no trace.
            numbers: Shape (columns, rows).
            others: As many rows.

        Raises:
            TableError: The disk is full.
        """
        if not numbers.shape[1]:
            return
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, others.schema) as writer:
            writer.write_table(others)
        table = sink.getvalue()
        with self._lock:
            place = _Place(self._end, numbers.shape[1], self._end + numbers.nbytes, table.size)
            self._end = place.table + table.size
            self._written[block] = place
        if numbers.size:
            self._put(numbers.data.cast("B"), place.numbers)
        self._put(memoryview(table), place.table)

    def _put(self, content: memoryview, offset: int) -> None:
        try:
            while content:
                written = os.pwrite(self._file.fileno(), content, offset)
                content, offset = content[written:], offset + written
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise TableError(
                f"{self._folder}: no space left for the spool after {self._end / 1e6:.0f} MB: give "
                "the job a larger volume (VolumeSizeInGB), or name another folder with --spool"
            ) from error

    @cached_property
    def _places(self) -> list[_Place]:
        """All blocks in their order, asked for first when all are written."""
        return [place for _, place in sorted(self._written.items(), key=itemgetter(0))]

    @cached_property
    def rows(self) -> list[int]:
        """Number of rows of each block, which is never 0."""
        return [place.rows for place in self._places]

    def numbers(self, block: int) -> npt.NDArray[Any]:
        """The numbers of a block, shape (columns, rows)."""
        place = self._places[block]
        matrix: npt.NDArray[Any] = np.empty((self._columns, place.rows), self.dtype)
        self._get(matrix, place.numbers)
        return matrix

    def others(self, block: int) -> pa.Table:
        """Everything else of a block."""
        place = self._places[block]
        content = os.pread(self._file.fileno(), place.table_bytes, place.table)
        return pa.ipc.open_stream(content).read_all()

    def column(self, column: int) -> npt.NDArray[Any]:
        """One column of all blocks, in their order."""
        values: npt.NDArray[Any] = np.empty(sum(self.rows), self.dtype)
        start = 0
        for place in self._places:
            offset = place.numbers + column * place.rows * self.dtype.itemsize
            self._get(values[start : start + place.rows], offset)
            start += place.rows
        return values

    def _get(self, into: npt.NDArray[Any], offset: int) -> None:
        content = into.data.cast("B") if into.size else memoryview(b"")
        while content:
            got = os.preadv(self._file.fileno(), [content], offset)
            if not got:
                raise OSError(f"{self._folder}: the spool ends too early")
            content, offset = content[got:], offset + got

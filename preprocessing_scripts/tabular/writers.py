"""Parts of channels: parquet, or several formats at once; ``csv_part`` has CSV."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy.typing as npt
import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from preprocessing_scripts.tabular.encode import Features
from preprocessing_scripts.tabular.errors import TableError

Labels = npt.NDArray[Any]


class PartWriter(Protocol):
    """Writes one file of a channel."""

    def write(self, features: Features, labels: Labels, kept: pa.Table) -> None:
        """Append rows.

        Args:
            features: Of the rows.
            labels: Of the rows.
            kept: What goes out as it came in.
        """
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class ParquetPart:
    """Features by name, the label, and what is kept; one row group for each ``write``.

    Args:
        path: Of the file.
        names: Of the features.
        dtype: Of the features.
        label: Name of the label.
    """

    def __init__(self, path: Path, names: Sequence[str], dtype: Any, label: str) -> None:
        self._path = path
        self._names = names
        self._dtype = dtype
        self._label = label
        self._writer: ParquetWriter | None = None

    def write(self, features: Features, labels: Labels, kept: pa.Table) -> None:
        """See ``PartWriter``."""
        columns = [pa.array(column) for column in features.columns(self._dtype)]
        columns.append(pa.array(labels))
        # Said to have no nulls, features take half the time.
        fields = [
            pa.field(name, column.type, nullable=False)
            for name, column in zip([*self._names, self._label], columns, strict=True)
        ]
        table = pa.table([*columns, *kept.columns], schema=pa.schema([*fields, *kept.schema]))
        if self._writer is None:
            # Dictionaries of floats take three times as long and save nothing; snappy is what makes
            # one-hot columns small.
            self._writer = ParquetWriter(
                str(self._path),
                table.schema,
                use_dictionary=kept.column_names,
                write_statistics=False,
            )
        self._writer.write_table(table, row_group_size=max(len(table), 1))

    def close(self) -> None:
        """See ``PartWriter``."""
        if self._writer is not None:
            self._writer.close()


class BothParts:
    """The same rows in two files.

    Args:
        parts: Their writers.
    """

    def __init__(self, parts: Sequence[PartWriter]) -> None:
        self._parts = parts

    def write(self, features: Features, labels: Labels, kept: pa.Table) -> None:
        """See ``PartWriter``."""
        for part in self._parts:
            part.write(features, labels, kept)

    def close(self) -> None:
        """See ``PartWriter``."""
        for part in self._parts:
            part.close()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say what to do if the disk is full.

    Raises:
        TableError: It is.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise TableError(
            f"{folder}: no space left for the output: give the job a larger volume (VolumeSizeInGB)"
        ) from error

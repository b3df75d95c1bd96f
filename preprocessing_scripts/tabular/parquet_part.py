"""Parts of channels as parquet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from preprocessing_scripts.tabular.encode import Features
from preprocessing_scripts.tabular.writers import Labels, PartWriter


class ParquetPart(PartWriter):
    """Features by name, the label, and what is kept; one row group for each ``write``.

    Args:
        path: Of the file.
        names: Of the features.
        dtype: Of the features.
        label: Name of the label.
    """

    def __init__(self, path: Path, names: Sequence[str], dtype: Any, label: str) -> None:
        super().__init__(path)
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
            self._writer = self.opened.enter_context(
                ParquetWriter(
                    self.sink,
                    table.schema,
                    use_dictionary=kept.column_names,
                    write_statistics=False,
                )
            )
        self._writer.write_table(table, row_group_size=max(len(table), 1))

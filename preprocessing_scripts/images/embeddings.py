"""Writing embeddings: one parquet file, a row for each image."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from preprocessing_scripts.outcome import ScriptError
from preprocessing_scripts.whole_files import UNFINISHED

# Batches of a few images would make row groups that nobody can read fast.
_ROWS_OF_A_GROUP = 1024


class EmbeddingFile:
    """A parquet file that is being written: ``key`` (string), ``embedding`` (list of float32).

    Args:
        path: Where.

    Attributes:
        rows: Written so far.
        dimension: Numbers of an embedding; 0 before the first.
    """

    def __init__(self, path: Path) -> None:
        self.rows = 0
        self.dimension = 0
        self._path = path
        self._writer: ParquetWriter | None = None
        self._keys: list[str] = []
        self._parts: list[npt.NDArray[np.float32]] = []

    def add(self, keys: Sequence[str], embeddings: npt.NDArray[np.float32]) -> None:
        """Write a batch.

        Args:
            keys: Of the images.
            embeddings: (images, dimension).

        Raises:
            ScriptError: The dimension is another one than before.
        """
        self.dimension = self.dimension or embeddings.shape[1]
        if embeddings.shape[1] != self.dimension:
            raise ScriptError(
                f"the model gave {self.dimension} numbers an image and now gives "
                f"{embeddings.shape[1]}: it has to give as many for each"
            )
        self._keys += keys
        self._parts.append(embeddings)
        self.rows += len(keys)
        if len(self._keys) >= _ROWS_OF_A_GROUP:
            self._write()

    def close(self) -> None:
        """Write what is left."""
        if self._keys:
            self._write()
        if self._writer is not None:
            self._writer.close()

    def _write(self) -> None:
        numbers = pa.array(np.concatenate(self._parts).ravel())
        columns = {
            "key": pa.array(self._keys, pa.string()),
            "embedding": pa.FixedSizeListArray.from_arrays(numbers, self.dimension),
        }
        table = pa.table(columns)
        if self._writer is None:
            self._writer = ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)
        self._keys, self._parts = [], []


@contextmanager
def embedding_file(path: Path) -> Iterator[EmbeddingFile]:
    """Write a file of embeddings; without any there is no file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + UNFINISHED)
    file = EmbeddingFile(unfinished)
    try:
        yield file
        file.close()
        if file.rows:
            unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)

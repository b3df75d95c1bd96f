"""What sources that read files have in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from preprocessing_scripts.tabular.blocks import all_columns


class FileSource(ABC):
    """Files of a folder as one table.

    Args:
        folder: Where the files are.
        files: Their paths relative to it, in the order in which they are read.
    """

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        self.files = tuple(files)
        self.folder = folder

    @abstractmethod
    def read_headers(self) -> Mapping[str, Sequence[str]]:
        """Read the columns of each file that is not empty.

        Raises:
            TableError: A header cannot be read, or names a column twice.
        """

    def headers(self) -> Mapping[str, Sequence[str]]:
        """Give the columns of each file that is not empty; they are read once.

        Raises:
            TableError: As ``read_headers``.
        """
        return self._headers

    @cached_property
    def _headers(self) -> Mapping[str, Sequence[str]]:
        return self.read_headers()

    def columns(self) -> list[str]:
        """Give the columns that any file has, in the order in which they are met."""
        return all_columns(self.headers().values())

    def bytes_total(self) -> int:
        """Give the size of all files as they are on disk."""
        return sum((self.folder / file).stat().st_size for file in self.files)

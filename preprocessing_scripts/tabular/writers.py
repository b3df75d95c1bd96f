"""What all parts of channels have in common, whatever their format."""

import errno
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
import pyarrow as pa

from preprocessing_scripts.tabular.encode import Features
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.whole_files import whole_file

if TYPE_CHECKING:
    from typing_extensions import Self

Labels = npt.NDArray[Any]


class PartWriter(ABC):
    """Writes one file of a channel; a context manager.

    The file is closed at the end of the block, and is there only if no error has left it.

    Args:
        path: Of the file.

    Attributes:
        opened: What is to be closed at the end of the block, the last first.
        sink: Where the bytes go, within the block.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.opened = ExitStack()

    def __enter__(self) -> "Self":
        unfinished = self.opened.enter_context(whole_file(self._path))
        self.sink = self.opened.enter_context(pa.OSFile(str(unfinished), "wb"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.opened.__exit__(kind, error, trace)

    @abstractmethod
    def write(self, features: Features, labels: Labels, kept: pa.Table) -> None:
        """Append rows.

        Args:
            features: Of the rows.
            labels: Of the rows.
            kept: What goes out as it came in.
        """


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

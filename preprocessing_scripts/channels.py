"""Channels between the jobs: parquet tables of float32 features, a label, and each row's day."""

from pathlib import Path

import pandas as pd
from pandas.api.types import is_object_dtype
from pyarrow.parquet import ParquetFile

LABEL = "label"
DAY = "ds"


class ChannelError(ValueError):
    """A channel that cannot be used; the message names its folder."""


def read_channel(folder: Path) -> pd.DataFrame:
    """Read a channel: all parquet files of a folder, in the order of their names.

    Args:
        folder: Where the channel was put.

    Returns:
        Features (float32), ``label`` (int8) and ``ds`` (str).

    Raises:
        ChannelError: No folder, no files, no rows, columns that are missing or differ between
            files.
    """
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        raise ChannelError(f"{folder}: the channel is missing or holds no .parquet file")
    parts = [_read_part(path) for path in files]
    for path, part in zip(files, parts, strict=True):
        check_same_schema(parts[0], part, str(files[0]), str(path))
    frame = pd.concat(parts, ignore_index=True)
    absent = [column for column in (LABEL, DAY) if column not in frame.columns]
    if absent:
        raise ChannelError(f"{folder}: missing columns: {', '.join(absent)}")
    if frame.empty:
        raise ChannelError(f"{folder}: the channel has no rows")
    return frame


def _read_part(path: Path) -> pd.DataFrame:
    try:
        # Not pandas' own reader: it gives pyarrow's threads a Python file, and a thread that still
        # holds it when the interpreter ends aborts a finished job (apache/arrow#34314).
        with ParquetFile(path, memory_map=True) as file:
            frame: pd.DataFrame = file.read(use_threads=False).to_pandas(use_threads=False)
            return frame
    except (OSError, ValueError) as error:  # pyarrow's errors are both
        raise ChannelError(f"{path}: not a parquet file that can be read: {error}") from error


def check_same_schema(
    one: pd.DataFrame, other: pd.DataFrame, one_name: str, other_name: str
) -> None:
    """Raise ``ChannelError`` unless two frames have the same columns, types and order."""
    if list(one.dtypes.items()) == list(other.dtypes.items()):
        return
    only_one = [column for column in one.columns if column not in other.columns]
    only_other = [column for column in other.columns if column not in one.columns]
    raise ChannelError(
        f"{one_name} and {other_name} differ in their columns, types or order: "
        f"only in the first {only_one[:5]}, only in the second {only_other[:5]}"
    )


def features_of(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a channel's features, in their order."""
    return frame.drop(columns=[LABEL, DAY])


def schema_of(frame: pd.DataFrame) -> list[dict[str, str]]:
    """Describe a channel's columns as a report does."""
    return [
        {"name": str(name), "type": "string" if is_object_dtype(dtype) else str(dtype)}
        for name, dtype in frame.dtypes.items()
    ]

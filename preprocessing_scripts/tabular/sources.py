"""Where rows come from: files of a folder, or a frame."""

from collections.abc import Sequence
from pathlib import Path

from preprocessing_scripts.tabular.blocks import Block, Source
from preprocessing_scripts.tabular.csv_source import CsvSource
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.frame_source import FrameSource
from preprocessing_scripts.tabular.parquet_source import ParquetSource
from preprocessing_scripts.tabular.schema import MISSING_VALUES

__all__ = ["Block", "CsvSource", "FrameSource", "ParquetSource", "Source", "open_source"]


def open_source(
    folder: Path, missing_values: Sequence[str] = MISSING_VALUES
) -> CsvSource | ParquetSource:
    """Take all CSV files (``.csv``, ``.csv.gz``) or all parquet files in a folder for one table.

    Subfolders count. What begins with ``_`` or ``.`` does not, since those who write tables put
    there what is no part of them (``_SUCCESS``, ``_temporary/``, ``_delta_log/``); a folder
    ``_x=1`` is one of a column. The order is that of the paths. A folder without such files is a
    table without rows and columns.

    Args:
        folder: Where to look.
        missing_values: How a missing value is written in CSV.

    Raises:
        TableError: There is no such folder, or it holds both CSV and parquet, or anything else.
    """
    if not folder.is_dir():
        raise TableError(f"{folder}: no such folder")
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    shown = [name for name in names if not any(map(_set_aside, name.split("/")))]
    csv_files = [name for name in shown if name.lower().endswith((".csv", ".csv.gz"))]
    parquet_files = [name for name in shown if name.lower().endswith(".parquet")]
    others = sorted({*shown} - {*csv_files} - {*parquet_files})
    if others:
        raise TableError(
            f"{folder}: {others[0]} is no .csv, .csv.gz or .parquet file, and would be left out: "
            "convert it, or if it is no part of the table, remove it or begin its name with _"
        )
    if csv_files and parquet_files:
        raise TableError(
            f"{folder}: holds both CSV and parquet files ({csv_files[0]}, {parquet_files[0]}): "
            "give one kind"
        )
    if parquet_files:
        return ParquetSource(folder, parquet_files)
    return CsvSource(folder, csv_files, missing_values)


def _set_aside(part: str) -> bool:
    """Whether a file or folder of this name is no part of the table."""
    return part.startswith(".") or (part.startswith("_") and "=" not in part)

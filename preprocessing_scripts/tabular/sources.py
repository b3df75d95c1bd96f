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

    Subfolders count, hidden files and files of other names do not. The order is that of the paths.
    A folder without such files is a table without rows and columns.

    Args:
        folder: Where to look.
        missing_values: How a missing value is written in CSV.

    Raises:
        TableError: There is no such folder, or it holds both CSV and parquet.
    """
    if not folder.is_dir():
        raise TableError(f"{folder}: no such folder")
    names = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    shown = [name for name in names if not any(part.startswith(".") for part in name.split("/"))]
    csv_files = [name for name in shown if name.lower().endswith((".csv", ".csv.gz"))]
    parquet_files = [name for name in shown if name.lower().endswith(".parquet")]
    if csv_files and parquet_files:
        raise TableError(
            f"{folder}: holds both CSV and parquet files ({csv_files[0]}, {parquet_files[0]}): "
            "give one kind"
        )
    if parquet_files:
        return ParquetSource(folder, parquet_files)
    return CsvSource(folder, csv_files, missing_values)

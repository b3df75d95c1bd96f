"""Reading a channel's files."""

import csv
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from .reporting import UserError, log


def load(channel: Path, content_type: str, weights: bool) -> "xgb.DMatrix":
    """The data of a channel: all its files, those in directories too.

    Raises:
        UserError: There are none, or they are not what they are said to be.
    """
    files = sorted(_data_files(channel))
    if not files:
        kind = "training" if channel.name == "train" else channel.name
        raise UserError(f"No data in {kind} channel path {channel}")
    if content_type == "libsvm":
        return _load_libsvm(files)
    try:
        rows = _read_csv(files) if content_type == "csv" else _read_parquet(files)
        first = 2 if weights else 1
        if rows.shape[1] <= first:
            raise UserError(f"The {channel.name} channel holds a label and no feature")
        extra = {"weight": rows[:, 1]} if weights else {}
        return xgb.DMatrix(rows[:, first:], label=rows[:, 0], **extra)
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"Failed to load {content_type} data with exception:\n{error}") from error


def _data_files(channel: Path) -> "Iterator[Path]":
    for path in channel.rglob("*"):
        if path.is_file() and not path.name.startswith((".", "_")) and path.stat().st_size:
            yield path


def _read_csv(files: "list[Path]") -> Any:
    import pandas as pd

    parts = []
    for path in files:
        delimiter = _delimiter(path)
        # No header: whatever is not a number is an error, as in the image.
        parts.append(pd.read_csv(path, header=None, sep=delimiter, dtype=np.float64).to_numpy())
    return np.vstack(parts)


def _delimiter(path: Path) -> str:
    with path.open(encoding="utf-8", errors="ignore") as file:
        line = file.readline()
    try:
        delimiter = csv.Sniffer().sniff(line).delimiter
    except csv.Error as error:
        raise UserError(f"Could not determine delimiter on line {line[:50]}:\n{error}") from error
    # The sniffer takes whatever repeats, parts of numbers included.
    if delimiter.isalnum() or delimiter in ".+-\r\n":
        raise UserError(f"Could not determine delimiter on line {line[:50]}")
    log.info("Determined delimiter of CSV input is '%s'", delimiter)
    return delimiter


def _read_parquet(files: "list[Path]") -> Any:
    import pyarrow.parquet as pq

    return np.vstack([pq.read_table(path).to_pandas().to_numpy() for path in files])


def _load_libsvm(files: "list[Path]") -> "xgb.DMatrix":
    for path in files:
        _check_libsvm(path)
    # XGBoost reads all files of a directory, but not those of directories in it.
    with tempfile.TemporaryDirectory() as directory:
        for number, path in enumerate(files):
            Path(directory, f"{number:06}").symlink_to(path)
        try:
            return xgb.DMatrix(f"{directory}?format=libsvm")
        except Exception as error:
            raise UserError(f"Failed to load libsvm data with exception:\n{error}") from error


def _check_libsvm(path: Path) -> None:
    with path.open(encoding="utf-8", errors="ignore") as file:
        line = file.readline()
    label, *features = line.split() or [""]
    number = r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?"
    pairs = all(re.fullmatch(rf"(qid|\d+):{number}", feature) for feature in features)
    if not re.fullmatch(rf"{number}(:{number})?", label) or not pairs:
        raise UserError(
            f"First line '{line[:50]}...' of file '{path.name}' is not 'LIBSVM' format. "
            "Please ensure the file is in 'LIBSVM' format."
        )

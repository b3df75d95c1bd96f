"""What the tabular engine is measured and checked against: pandas and scikit-learn.

Run as a process of its own, so that its memory can be told from that of others::

    python -m benchmarks.tabular_reference table.csv csv engine-output folder
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from benchmarks.tabular_data import CATEGORICAL, FEATURES, MIN_MAX, STANDARD, TIMES

CHANNELS = ("train", "validation")


def part_files(output: Path, channel: str, suffix: str) -> list[Path]:
    """The files of a channel, in the order of their rows.

    Raises:
        FileNotFoundError: There are none.
    """
    parts = sorted((output / channel).glob(f"*{suffix}"))
    if not parts:
        raise FileNotFoundError(f"{output / channel} has no *{suffix}")
    return parts


def ids(output: Path, channel: str) -> pl.Series:
    """The ids of a channel's rows, in their order."""
    table = pl.read_parquet(part_files(output, channel, ".parquet"), columns=["id"])
    values: pl.Series = table["id"].cast(pl.Int64)
    return values


def transformer(columns: Sequence[str]) -> ColumnTransformer:
    """The workload's preprocessing as one writes it with scikit-learn.

    Args:
        columns: Which of the features to prepare: each is treated by itself, so a reference can be
            had in pieces.
    """

    def chosen(names: Sequence[str]) -> list[str]:
        return [name for name in names if name in columns]

    numbers = SimpleImputer(strategy="median")
    levels = SimpleImputer(strategy="most_frequent")
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return ColumnTransformer(
        [
            ("standard", make_pipeline(numbers, StandardScaler()), chosen(STANDARD)),
            ("min_max", make_pipeline(numbers, MinMaxScaler()), chosen(MIN_MAX)),
            ("one_hot", make_pipeline(levels, one_hot), chosen(CATEGORICAL)),
        ],
        verbose_feature_names_out=False,
    )


def add_features(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the features whose columns are there."""
    made = {}
    for feature in FEATURES:
        name, operation, (first, second) = feature["name"], *list(feature.items())[1]
        if not {first, second} <= set(frame):
            continue
        if operation == "hours_between":
            made[name] = (frame[second] - frame[first]).dt.total_seconds() / 3600
        else:
            ratio = frame[first] / frame[second]
            made[name] = ratio.where(np.isfinite(ratio))
    return frame.assign(**made)


def tutorial(csv: Path, output_format: str, engine_output: Path, folder: Path) -> None:
    """Prepare the table with pandas and scikit-learn, as their documentation shows it.

    Args:
        csv: The table.
        output_format: ``parquet``, or ``csv`` without header and with the label first, written by
            polars, as pandas' own ``to_csv`` takes several times as long.
        engine_output: What the engine made, in parquet: its training rows are the training rows.
        folder: Where to write ``train`` and ``validation``.
    """
    frame = add_features(pd.read_csv(csv, parse_dates=list(TIMES)))
    in_training = frame["id"].isin(ids(engine_output, "train").to_numpy())
    fitted = transformer([*STANDARD, *MIN_MAX, *CATEGORICAL])
    for channel, rows in zip(CHANNELS, (frame[in_training], frame[~in_training]), strict=True):
        values = fitted.fit_transform(rows) if channel == "train" else fitted.transform(rows)
        names = fitted.get_feature_names_out()
        (folder / channel).mkdir(parents=True)
        if output_format == "parquet":
            table = pd.DataFrame(values.astype(np.float32), columns=names)
            table.insert(0, "id", rows["id"].to_numpy())
            table.insert(1, "label", rows["label"].to_numpy())
            table.to_parquet(folder / channel / "part.parquet", index=False)
        else:
            features = pl.from_numpy(values.astype(np.float32), schema=list(names))
            label = pl.Series("label", rows["label"].to_numpy())
            features.insert_column(0, label).write_csv(
                folder / channel / "part.csv", include_header=False
            )


def main() -> None:
    """Prepare a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path)
    parser.add_argument("format", choices=("parquet", "csv"))
    parser.add_argument("engine_output", type=Path, help="in parquet")
    parser.add_argument("folder", type=Path, help="where to write")
    args = parser.parse_args()
    tutorial(args.csv, args.format, args.engine_output, args.folder)


if __name__ == "__main__":
    main()

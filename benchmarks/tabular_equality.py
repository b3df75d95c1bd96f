"""Whether the tabular engine's output is scikit-learn's: every row, every column, every value.

Columns are compared a group at a time, so that a table larger than memory can be checked too. A
channel's rows must come in the order of their ids. Prints one line: "yes" and the largest error, or
"NO" and the first thing that differs::

    python -m benchmarks.tabular_equality table-folder engine-parquet
    python -m benchmarks.tabular_equality table-folder engine-parquet --csv engine-csv
    python -m benchmarks.tabular_equality table-folder engine-parquet --tutorial tutorial-parquet
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.tabular_data import CATEGORICAL, DERIVED, FEATURES, NUMERIC, schema
from benchmarks.tabular_reference import CHANNELS, add_features, ids, part_files, transformer

TOLERANCE = 1e-4
VALIDATION = 0.2
NUMBERS_AT_ONCE = 46
LEVELS_AT_ONCE = 3  # one-hot, these are about as many
Prepared = dict[str, dict[str, npt.NDArray[Any]]]
"""Channel -> some features -> their values in the channel's rows."""


class Different(Exception):
    """The output is not what it should be."""


@dataclass(frozen=True)
class Channel:
    """One channel that the engine wrote.

    Attributes:
        parts: Its parquet files, in the order of the rows.
        ids: The ids of its rows.
    """

    parts: list[Path]
    ids: pl.Series

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """Read some columns of all rows."""
        return pl.read_parquet(self.parts, columns=list(columns))


def typed_copy(csv: Path, copy: Path) -> Path:
    """Give the table as parquet, made once, to read a few columns at a time from."""
    if not copy.is_file():
        unfinished = copy.with_suffix(".unfinished")
        pl.scan_csv(csv, schema=schema()).sink_parquet(unfinished)
        unfinished.rename(copy)
    return copy


def fitted_by_group(table: Path, channel_ids: dict[str, pl.Series]) -> Iterator[Prepared]:
    """Fit scikit-learn on the training rows, and transform all rows, a group of columns at a time.

    Args:
        table: As parquet; a row's id is its number.
        channel_ids: The rows of each channel.
    """
    of_features = sorted({name for one in FEATURES for name in list(one.values())[1]})
    for features, columns in (
        *((group, group) for group in _groups(NUMERIC, NUMBERS_AT_ONCE)),
        (list(DERIVED), of_features),
        *((group, group) for group in _groups(CATEGORICAL, LEVELS_AT_ONCE)),
    ):
        # scikit-learn's imputer knows NaN, not None.
        frame = add_features(pl.read_parquet(table, columns=columns).to_pandas()).fillna(np.nan)
        rows = {name: frame.iloc[some.to_numpy()] for name, some in channel_ids.items()}
        fitted = transformer(features).fit(rows["train"])
        names = fitted.get_feature_names_out()
        yield {
            name: dict(zip(names, fitted.transform(some).T, strict=True))
            for name, some in rows.items()
        }


def tutorial_output(folder: Path, channel_ids: dict[str, pl.Series]) -> Iterator[Prepared]:
    """Read what the process with pandas and scikit-learn wrote, a group of columns at a time."""
    for name, expected in channel_ids.items():
        if not ids(folder, name).equals(expected):
            raise Different(f"{name}: not the rows of the scikit-learn process, or in other order")
    names = pl.read_parquet_schema(part_files(folder, "train", ".parquet")[0])
    features = [name for name in names if name not in ("id", "label")]
    for group in _groups(features, NUMBERS_AT_ONCE):
        yield {
            name: {
                column.name: column.to_numpy()
                for column in pl.read_parquet(part_files(folder, name, ".parquet"), columns=group)
            }
            for name in channel_ids
        }


def _groups(names: Sequence[str], size: int) -> list[list[str]]:
    return [list(names[first : first + size]) for first in range(0, len(names), size)]


def check_split(channel_ids: dict[str, pl.Series], label: pl.Series) -> None:
    """See that each row is in one channel, by ascending id, and each class is divided exactly."""
    for name, values in channel_ids.items():
        if (values.diff() <= 0).any():
            raise Different(f"{name}: the ids do not ascend")
    together = pl.concat(list(channel_ids.values())).sort()
    if not together.equals(pl.Series("id", np.arange(len(label)))):
        raise Different(f"the channels have {len(together)} rows, not each of {len(label)} once")
    of_validation = label.gather(channel_ids["validation"])
    for value in label.unique():
        wanted, got = VALIDATION * (label == value).sum(), (of_validation == value).sum()
        if abs(got - wanted) > 1:
            raise Different(f"validation has {got} rows with label {value}, not {wanted:.0f}")


def feature_names(engine_parquet: Path, parts: Sequence[Path]) -> list[str]:
    """The features' names by the saved preprocessor, checked against the files' columns."""
    preprocessor = joblib.load(engine_parquet / "preprocessor" / "preprocessor.joblib")
    names = [str(name) for name in preprocessor.get_feature_names_out()]
    for part in parts:
        columns = pl.read_parquet_schema(part)
        if [name for name in columns if name not in ("id", "label")] != names:
            raise Different(f"{part}: the columns are not those of the preprocessor, in its order")
        other = {name for name in names if columns[name] != pl.Float32}
        if other:
            raise Different(f"{part}: not float32: {', '.join(sorted(other))}")
    return names


def from_csv(engine_csv: Path, names: Sequence[str], folder: Path) -> dict[str, list[Path]]:
    """Turn channels of CSV without header into parquet, to read a few columns at a time from."""
    columns = {"label": pl.Float32(), **dict.fromkeys(names, pl.Float32())}
    made = {}
    for name in CHANNELS:
        made[name] = [folder / f"{name}.parquet"]
        parts = part_files(engine_csv, name, ".csv")
        scanned = pl.scan_csv(parts, has_header=False, schema=columns)
        scanned.sink_parquet(made[name][0])
    return made


def compare(
    channels: dict[str, Channel], names: Sequence[str], label: pl.Series, groups: Iterator[Prepared]
) -> float:
    """Compare everything, and give the largest error, absolute or relative, whichever is less.

    Raises:
        Different: At the first column that differs.
    """
    # The names may carry the step that made them: "standard__n000".
    known = {name.rpartition("__")[2]: name for name in names}
    for title, channel in channels.items():
        got = channel.read(["label"])["label"].cast(pl.Int64)
        if not got.equals(label.gather(channel.ids)):
            raise Different(f"{title}: a row has another's label")
    worst, seen = 0.0, set[str]()
    for prepared in groups:
        for title, expected in prepared.items():
            lacking = sorted(set(expected) - set(known))
            if lacking:
                raise Different(f"{title}: lacks {', '.join(lacking)}")
            found = channels[title].read([known[name] for name in expected])
            for name, values in expected.items():
                error = _error(found[known[name]].to_numpy(), values)
                if not error <= TOLERANCE:
                    raise Different(f"{title}: {name} is off by {error:.1e}")
                worst = max(worst, error)
            seen |= set(expected)
    if seen != set(known):
        raise Different(f"scikit-learn has no {', '.join(sorted(set(known) - seen))}")
    return worst


def _error(got: npt.NDArray[Any], expected: npt.NDArray[Any]) -> float:
    if got.shape != expected.shape:
        return float("inf")
    # In float64: the difference of float32 would be rounded once more. NaN comes out as NaN.
    difference = np.abs(got.astype(np.float64) - expected)
    return float((difference / np.maximum(1, np.abs(expected))).max())


def check(table_folder: Path, parquet: Path, csv: Path | None, tutorial: Path | None) -> float:
    """Check one output of the engine.

    Args:
        table_folder: Of the table, see ``tabular_data``.
        parquet: The engine's output in parquet: it has the ids.
        csv: If given, this output is checked instead; its rows are those of ``parquet``.
        tutorial: Output of the process with pandas and scikit-learn; by default the reference is
            fitted here.

    Raises:
        Different: It is not scikit-learn's.
    """
    channel_ids = {name: ids(parquet, name) for name in CHANNELS}
    table = typed_copy(table_folder / "input" / "table.csv", table_folder / "table.parquet")
    label = pl.read_parquet(table, columns=["label"])["label"]
    check_split(channel_ids, label)
    parts = {name: part_files(parquet, name, ".parquet") for name in CHANNELS}
    names = feature_names(parquet, [part for some in parts.values() for part in some])
    groups = (
        tutorial_output(tutorial, channel_ids) if tutorial else fitted_by_group(table, channel_ids)
    )
    with tempfile.TemporaryDirectory(dir=table_folder) as folder:
        if csv:
            parts = from_csv(csv, names, Path(folder))
        channels = {name: Channel(parts[name], channel_ids[name]) for name in CHANNELS}
        return compare(channels, names, label, groups)


def main() -> None:
    """Check, and print the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table_folder", type=Path)
    parser.add_argument("parquet", type=Path)
    parser.add_argument("--csv", type=Path)
    parser.add_argument("--tutorial", type=Path)
    args = parser.parse_args()
    try:
        worst = check(args.table_folder, args.parquet, args.csv, args.tutorial)
        print(f"yes, to {worst:.0e}")
    except Different as error:
        print(f"NO: {error}")


if __name__ == "__main__":
    main()

"""The table that the preprocessing benchmark works on: 500 columns, the same bits every time.

Every block of rows has a random generator of its own, so a shorter table is the beginning of a
longer one, and no more than a block is ever in memory::

    python -m benchmarks.tabular_data /tmp/ml-pipeline-benchmark 200000
"""

import argparse
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

SEED = 4
BLOCK_ROWS = 10_000
POSITIVE_SHARE = 0.05
MISSING_NUMBERS = 0.03
MISSING_LEVELS = 0.05
MISSING_TIMES = 0.01
FIRST_SECOND = np.datetime64("2013-01-01T00:00:00", "s")
SECONDS_IN_YEAR = 365 * 24 * 3600

NUMERIC = tuple(f"n{number:03d}" for number in range(460))
CATEGORICAL = tuple(f"c{number:02d}" for number in range(30))
TIMES = tuple(f"t{number}" for number in range(8))
FEATURES: tuple[dict[str, Any], ...] = (
    *({"name": f"dt{n}", "hours_between": [f"t{2 * n}", f"t{2 * n + 1}"]} for n in range(4)),
    {"name": "r0", "ratio": ["n000", "n001"]},
    {"name": "r1", "ratio": ["n002", "n003"]},  # n003 is a count: the divisor is zero now and then
)
DERIVED = tuple(feature["name"] for feature in FEATURES)
STANDARD = (*NUMERIC[:230], *DERIVED)
MIN_MAX = NUMERIC[230:]


@dataclass(frozen=True)
class Table:
    """Where a table of a given length lies.

    Attributes:
        home: The folder with all that belongs to it.
        rows: How many rows it has.
    """

    home: Path
    rows: int

    @property
    def folder(self) -> Path:
        """The folder with the CSV file alone, as a job finds it."""
        return self.home / "input"

    @property
    def csv(self) -> Path:
        """The CSV file."""
        return self.folder / "table.csv"


def spec(output_format: str) -> dict[str, Any]:
    """What the engine is asked to do; the id is kept to check rows by, and CSV leaves it out."""
    return {
        "label": {"column": "label"},
        "keep": ["id"],
        "features": list(FEATURES),
        "numeric": [
            {"columns": list(STANDARD), "impute": "median", "scale": "standard"},
            {"columns": list(MIN_MAX), "impute": "median", "scale": "minmax"},
        ],
        "categorical": [{"columns": ["c*"], "impute": "most_frequent", "encode": "one_hot"}],
        "split": {"method": "stratified", "validation": 0.2, "seed": 0},
        "output": {"format": output_format, "dtype": "float32"},
    }


def schema() -> dict[str, pl.DataType]:
    """The types of the table's columns, in their order."""
    return {
        "id": pl.Int64(),
        "label": pl.Int64(),
        **dict.fromkeys(NUMERIC, pl.Float64()),
        **dict.fromkeys(CATEGORICAL, pl.String()),
        **dict.fromkeys(TIMES, pl.Datetime("us")),
    }


def table(data: Path, rows: int) -> Table:
    """Give a table, which is written unless a complete one is there.

    Args:
        data: The folder of all tables.
        rows: How many rows.
    """
    made = Table(data / f"{rows}-rows", rows)
    marker = made.home / "complete"
    # Another version of this module may write another table.
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    if marker.is_file() and marker.read_text() == version:
        return made
    shutil.rmtree(made.home, ignore_errors=True)
    made.folder.mkdir(parents=True)
    with made.csv.open("wb") as file:
        for number, block in enumerate(_blocks(rows)):
            block.write_csv(file, include_header=number == 0, datetime_format="%Y-%m-%dT%H:%M:%S")
    marker.write_text(version)
    return made


def _blocks(rows: int) -> Iterator[pl.DataFrame]:
    for number, first in enumerate(range(0, rows, BLOCK_ROWS)):
        yield _block(number).head(rows - first)


def _block(number: int) -> pl.DataFrame:
    random = np.random.default_rng([SEED, number])
    first = number * BLOCK_ROWS
    label = random.random(BLOCK_ROWS) < POSITIVE_SHARE
    return pl.DataFrame(
        [
            pl.Series("id", np.arange(first, first + BLOCK_ROWS)),
            pl.Series("label", label.astype(np.int8)),
            *(_numbers(column, random) for column in range(len(NUMERIC))),
            *(_levels(column, random) for column in range(len(CATEGORICAL))),
            *_times(random),
        ]
    )


def _numbers(column: int, random: np.random.Generator) -> pl.Series:
    """One of four shapes: symmetric, skewed to the right, skewed to the left, counts."""
    shape, nth = column % 4, column // 4
    # From a hundredth to ten thousand, in an order that goes back and forth.
    scale = 10.0 ** (nth * 7 % 13 / 2 - 2)
    if shape == 3:
        values = random.poisson(3 * 100 ** (nth / 114), BLOCK_ROWS).astype(np.float64)
    else:
        # Every fifth column lies far from zero, where sums of squares lose digits.
        center = scale * (1000 if nth % 5 == 4 else nth % 7 - 3)
        drawn = random.standard_normal(BLOCK_ROWS)
        if shape == 0:
            values = center + scale * drawn
        else:
            skewed = scale * np.exp((0.3 + nth % 10 / 10) * drawn)
            values = skewed if shape == 1 else center - skewed
        ticks = 10.0 ** round(5 - np.log10(scale))
        values = np.rint(values * ticks) / ticks
    values[random.random(BLOCK_ROWS) < MISSING_NUMBERS] = np.nan
    return pl.Series(NUMERIC[column], values, nan_to_null=True)


def _levels(column: int, random: np.random.Generator) -> pl.Series:
    """From 5 to 50 levels, the n-th about 1/n as frequent as the first; some lack values."""
    count = round(5 + column * 45 / (len(CATEGORICAL) - 1))
    shares = 1 / np.arange(1, count + 1)
    codes = random.choice(count, BLOCK_ROWS, p=shares / shares.sum())
    if column % 3 == 0:
        codes[random.random(BLOCK_ROWS) < MISSING_LEVELS] = count
    # The frequent levels are not the first ones by name.
    names = [f"v{level * 7 % 53:02d}" for level in range(count)]
    return pl.Series([*names, None]).gather(codes).alias(CATEGORICAL[column])


def _times(random: np.random.Generator) -> Iterator[pl.Series]:
    """Pairs of a start and an end some hours later, or now and then earlier; some ends lack."""
    for pair in range(len(TIMES) // 2):
        start = random.integers(0, SECONDS_IN_YEAR, BLOCK_ROWS)
        hours = random.gamma(2, 3.0 ** (pair + 1), BLOCK_ROWS) - 1
        end = start + np.rint(hours * 3600).astype(np.int64)
        yield _time(TIMES[2 * pair], start, np.zeros(BLOCK_ROWS, bool))
        yield _time(TIMES[2 * pair + 1], end, random.random(BLOCK_ROWS) < MISSING_TIMES)


def _time(name: str, seconds: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_]) -> pl.Series:
    moments = (FIRST_SECOND + seconds.astype("timedelta64[s]")).astype("datetime64[us]")
    moments[missing] = np.datetime64("NaT")
    return pl.Series(name, moments)


def main() -> None:
    """Write a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("rows", type=int)
    args = parser.parse_args()
    print(table(args.data, args.rows).csv)


if __name__ == "__main__":
    main()

"""SageMaker processing job: raw days in, training, validation and holdout channels out.

Reads ``<input>/ds=*/{flights,weather}.csv`` and ``<input>/planes.csv``. Day ``--ds`` becomes the
holdout; the days before it, the window, become training and validation. All statistics (medians,
scales, categories, lateness rates) are fitted on the training split alone. Writes under
``<output>``::

    train/ validation/ holdout/       parquet: float32 features, label (int8), ds
    preprocessor/preprocessor.joblib  the fitted ColumnTransformer, scikit-learn classes only
    report/report.json                metrics, schema, details

By hand::

    python -m preprocessing_scripts.sklearn_preprocess --ds 2013-02-11 --input raw --output out
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler, TargetEncoder

from preprocessing_scripts.channels import DAY, LABEL, schema_of, write_channel
from preprocessing_scripts.features import CATEGORIES, RATES, engineer, flight_days, label
from preprocessing_scripts.flights import RawDataError, read_table
from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report
from preprocessing_scripts.progress import Progress, open_progress
from preprocessing_scripts.splits import Rows, check_splits, split

RARE = 20
"""Categories with fewer flights than this in the training split share one column."""


@dataclass(frozen=True)
class RawWindow:
    """The raw tables of the window and of day ds, which is the last of ``days``."""

    flights: pd.DataFrame
    weather: pd.DataFrame
    planes: pd.DataFrame
    days: list[str]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with command-line arguments."""
    args = parse_arguments(argv)
    with open_progress() as progress:
        preprocess(args, progress)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse and check the command line.

    Raises:
        ScriptError: An argument is missing or impossible.
    """
    parser = ArgumentParser(prog="sklearn_preprocess.py", description=__doc__)
    parser.add_argument("--ds", required=True, help="the day held out, YYYY-MM-DD")
    parser.add_argument("--split", choices=["temporal", "stratified"], default="temporal")
    parser.add_argument("--validation-fraction", type=float, default=0.2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input/raw"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    args = parser.parse_args(argv)
    if not 0 < args.validation_fraction < 1:
        parser.error(
            f"--validation-fraction must lie between 0 and 1, not {args.validation_fraction}"
        )
    if not _is_day(args.ds):
        parser.error(f"--ds must be a day like 2013-02-11, not {args.ds!r}")
    return args


def preprocess(args: argparse.Namespace, progress: Progress) -> None:
    """Read, engineer, split, fit, write: the whole job."""
    started = time.monotonic()
    progress.enter("reading raw days")
    raw = read_window(args.input, args.ds)
    progress.say(
        f"read {len(raw.flights)} flights of {len(raw.days)} days, {raw.days[0]} to {args.ds}"
    )
    features = engineer(raw.flights, raw.weather, raw.planes)
    labels, days = label(raw.flights), flight_days(raw.flights)
    splits = split(
        raw.flights, labels, days == args.ds, args.split, args.validation_fraction, args.seed
    )
    check_splits(splits, labels)
    progress.say("split: " + ", ".join(f"{len(rows)} {name}" for name, rows in splits.items()))
    progress.enter("fitting on the training split")
    preprocessor, train = fit(
        features.iloc[splits["train"]], labels.iloc[splits["train"]], args.seed
    )
    channels = transform(preprocessor, train, features, splits)
    for name, rows in splits.items():
        channels[name][LABEL] = labels.iloc[rows].to_numpy().astype(np.int8)
        channels[name][DAY] = days.iloc[rows].to_numpy()
    progress.enter("writing channels")
    write(args.output, channels, preprocessor)
    metrics = measure(raw, labels, channels) | {"seconds": round(time.monotonic() - started, 3)}
    details = describe(args, raw, features, splits)
    write_report(args.output / "report", metrics, schema_of(channels["train"]), details)
    progress.say(
        f"wrote {metrics['n_features']} features to {args.output} in {metrics['seconds']:.1f} s"
    )


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_window(folder: Path, ds: str) -> RawWindow:
    """Read every raw day under a folder.

    Args:
        folder: Holds ``ds=<day>`` folders and ``planes.csv``.
        ds: The day held out.

    Raises:
        ScriptError: Day ds or all days before it are missing, or a folder is no day or lies after
            ds.
        RawDataError: A file is faulty.
    """
    days = sorted(path.name.removeprefix("ds=") for path in folder.glob("ds=*"))
    strange = [day for day in days if not _is_day(day) or day > ds]
    if strange:
        raise ScriptError(
            f"{folder}: ds={strange[0]} is not a day up to {ds}; give the window and {ds} only"
        )
    if ds not in days:
        found = f"{days[0]} to {days[-1]}" if days else "none"
        raise ScriptError(f"{folder}/ds={ds} is missing (days found: {found}); land that day first")
    if len(days) == 1:
        raise ScriptError(f"{folder}: no days before {ds}; the window needs at least one")
    planes = read_table(folder / "planes.csv", "planes")
    flights, weather = (
        pd.concat([_read_day(folder, day, table) for day in days], ignore_index=True)
        for table in ("flights", "weather")
    )
    return RawWindow(flights, weather, planes, days)


def _read_day(folder: Path, day: str, table: str) -> pd.DataFrame:
    path = folder / f"ds={day}" / f"{table}.csv"
    frame = read_table(path, table)
    year, month, number = (int(part) for part in day.split("-"))
    same = (frame["year"] == year) & (frame["month"] == month) & (frame["day"] == number)
    if not same.all():
        line = int(np.flatnonzero(~same)[0]) + 2
        raise RawDataError(f"{path}, line {line}: a row of another day than {day}")
    return frame


def fit(
    features: pd.DataFrame, labels: pd.Series[float], seed: int
) -> tuple[ColumnTransformer, npt.NDArray[np.float64]]:
    """Fit the preprocessor on the training split.

    Returns:
        The fitted preprocessor and the transformed training split. The latter is not what
        ``transform`` would give: a row's lateness rates are then those of the other folds, so that
        no row is told its own label.
    """
    text = {*CATEGORIES, *RATES}
    numbers = [column for column in features.columns if column not in text]
    rates = TargetEncoder(target_type="binary", random_state=seed)
    preprocessor = ColumnTransformer(
        [
            (
                "number",
                make_pipeline(
                    SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler()
                ),
                numbers,
            ),
            (
                "is",
                OneHotEncoder(
                    handle_unknown="infrequent_if_exist", min_frequency=RARE, sparse_output=False
                ),
                list(CATEGORIES),
            ),
            ("rate", rates, list(RATES)),
        ]
    )
    return preprocessor, preprocessor.fit_transform(features, labels)


def transform(
    preprocessor: ColumnTransformer,
    train: npt.NDArray[np.float64],
    features: pd.DataFrame,
    splits: dict[str, Rows],
) -> dict[str, pd.DataFrame]:
    """Give each channel's features as float32, by name; ``train`` was transformed in fitting."""
    columns = [str(name) for name in preprocessor.get_feature_names_out()]
    matrices = {
        name: train if name == "train" else preprocessor.transform(features.iloc[rows])
        for name, rows in splits.items()
    }
    return {
        name: pd.DataFrame(matrix.astype(np.float32), columns=columns)
        for name, matrix in matrices.items()
    }


def write(output: Path, channels: dict[str, pd.DataFrame], preprocessor: ColumnTransformer) -> None:
    """Write the channels and the fitted preprocessor."""
    for name, frame in channels.items():
        write_channel(output / name, frame)
    folder = output / "preprocessor"
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(preprocessor, folder / "preprocessor.joblib")


def measure(
    raw: RawWindow, labels: pd.Series[float], channels: dict[str, pd.DataFrame]
) -> dict[str, float]:
    """Count rows so that ``rows_in = rows_cancelled + window_rows + holdout_rows``."""
    rows = {name: len(frame) for name, frame in channels.items()}
    rates = {
        f"{name}_positive_rate": round(float(frame[LABEL].mean()), 6)
        for name, frame in channels.items()
    }
    return {
        "rows_in": len(raw.flights),
        "rows_cancelled": int(labels.isna().sum()),
        "window_rows": rows["train"] + rows["validation"],
        **{f"{name}_rows": count for name, count in rows.items()},
        **rates,
        "n_features": channels["train"].shape[1] - 2,
        "days": len(raw.days),
    }


def describe(
    args: argparse.Namespace, raw: RawWindow, features: pd.DataFrame, splits: dict[str, Rows]
) -> dict[str, Any]:
    """Say what was read and what was filled in."""
    used = features.iloc[np.concatenate(list(splits.values()))]
    missing = used.select_dtypes("number").isna().sum()
    return {
        "ds": args.ds,
        "days_read": raw.days,
        "split": args.split,
        "validation_fraction": args.validation_fraction,
        "seed": args.seed,
        "imputed": {str(name): int(count) for name, count in missing.items() if count},
        "flights_without_weather": int((used["weather_known"] == 0).sum()),
        "flights_without_plane": int((used["plane_known"] == 0).sum()),
    }


if __name__ == "__main__":
    sys.exit(run_script(main, "message", expected=(RawDataError,)))

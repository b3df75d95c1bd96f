"""SageMaker processing job: raw days in, training, validation and holdout channels out.

Reads ``<input>/ds=*/{flights,weather}.csv`` and ``<input>/planes.csv``. Day ``--ds`` becomes the
holdout; the days before it, the window, become training and validation. All statistics (medians,
scales, categories, lateness rates) are fitted on the training split alone. ``--statistics`` adds
what was counted on the days before each flight's own (``prior_delays``). Writes under
``<output>``::

    train/ validation/ holdout/       parquet: float32 features, label (int8), ds
    preprocessor/preprocessor.joblib  the fitted Pipeline, loads without this project
    report/report.json                metrics, schema, details

By hand::

    python -m preprocessing_scripts.sklearn_preprocess --ds 2013-02-11 --input raw --output out
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from preprocessing_scripts.channels import DAY, LABEL
from preprocessing_scripts.features import engineer, flight_days, label
from preprocessing_scripts.flights import RawDataError, read_table
from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report
from preprocessing_scripts.prior_delays import NAMES as PRIOR_DELAYS
from preprocessing_scripts.prior_delays import prior_delays, read_daily
from preprocessing_scripts.progress import Progress, open_progress
from preprocessing_scripts.tabular.engine import run
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.sources import FrameSource
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.spec_json import parse_spec

SPEC = "flights_spec.json"
"""What becomes of the engineered columns; beside this script."""


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
    parser.add_argument(
        "--statistics", type=Path, help="daily counts of route_statistics, for features of them"
    )
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
    """Read and engineer; the tabular engine does the rest."""
    started = time.monotonic()
    progress.enter("reading raw days")
    raw = read_window(args.input, args.ds)
    progress.say(
        f"read {len(raw.flights)} flights of {len(raw.days)} days, {raw.days[0]} to {args.ds}"
    )
    rows = engineer(raw.flights, raw.weather, raw.planes)
    if args.statistics is not None:
        rows = rows.join(prior_delays(raw.flights, read_daily(args.statistics)))
    rows[LABEL], rows[DAY] = label(raw.flights), flight_days(raw.flights)
    rows["departure"] = raw.flights["time_hour"] + pd.to_timedelta(raw.flights["minute"], "min")
    result = run(build_spec(args), FrameSource(rows), args.output, progress)
    seconds = round(time.monotonic() - started, 3)
    metrics = count(result.metrics) | {"days": len(raw.days), "seconds": seconds}
    details = describe(args, raw, rows) | result.details
    write_report(args.output / "report", metrics, result.schema, details)
    progress.say(f"wrote {metrics['n_features']} features to {args.output} in {seconds:.1f} s")


def build_spec(args: argparse.Namespace) -> Spec:
    """Read what becomes of the columns, and add what the command line says."""
    content = json.loads((Path(__file__).parent / SPEC).read_text(encoding="utf-8"))
    if args.statistics is not None:
        content["numeric"][0]["columns"] += PRIOR_DELAYS
    content["split"] = {
        "method": args.split,
        "validation": args.validation_fraction,
        "seed": args.seed,
        "column": "departure",
    }
    content["holdout"] = {"column": DAY, "equals": args.ds}
    return parse_spec(content)


def count(metrics: dict[str, float]) -> dict[str, float]:
    """Name the counts, so that ``rows_in = rows_cancelled + window_rows + holdout_rows``."""
    window = metrics["train_rows"] + metrics["validation_rows"]
    return {"rows_cancelled": metrics["rows_unlabelled"], "window_rows": window} | metrics


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


def describe(args: argparse.Namespace, raw: RawWindow, rows: pd.DataFrame) -> dict[str, Any]:
    """Say what was read."""
    used = rows[rows[LABEL].notna()]
    return {
        "ds": args.ds,
        "days_read": raw.days,
        "flights_without_weather": int((used["weather_known"] == 0).sum()),
        "flights_without_plane": int((used["plane_known"] == 0).sum()),
    }


if __name__ == "__main__":
    sys.exit(run_script(main, "message", expected=(RawDataError, TableError)))

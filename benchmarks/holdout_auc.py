"""Benchmark: the AUC on the held-out day, averaged over days of the year.

Runs the real scripts (preprocess, train, evaluate) as the jobs run them, one process each, over 32
partitions ten days apart, and prints a table and the means. The default days are the ones the
README quotes; features and hyperparameters were chosen on days offset by five (``--first
2013-02-16``) and by two (``--first 2013-02-13``), never on these::

    python benchmarks/holdout_auc.py
    python benchmarks/holdout_auc.py --first 2013-02-16
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from ml_pipeline.raw_sources import NycFlights13Source

ROOT = Path(__file__).resolve().parent.parent
METRICS = ("validation_auc", "auc", "log_loss", "positive_rate", "rows")


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2013, 2, 11))
    parser.add_argument("--partitions", type=int, default=32)
    parser.add_argument("--step-days", type=int, default=10)
    parser.add_argument("--window-days", type=int, default=28)
    parser.add_argument("--python", default=sys.executable, help="the interpreter of the jobs")
    args = parser.parse_args()
    print(f"{'partition':<12}" + "".join(f"{name:>16}" for name in (*METRICS, "seconds")))
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        slice_days(raw, date(2013, 1, 1), 365)
        for number in range(args.partitions):
            ds = args.first + timedelta(days=number * args.step_days)
            rows.append(run_partition(raw, Path(folder) / ds.isoformat(), ds, args))
            print_row(ds.isoformat(), rows[-1])
    means = {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
    print_row(f"mean of {len(rows)}", means)


def print_row(title: str, row: dict[str, float]) -> None:
    """Print one line of the table."""
    print(
        f"{title:<12}" + "".join(f"{row[name]:>16.4f}" for name in (*METRICS, "seconds")),
        flush=True,
    )


def slice_days(raw: Path, first: date, days: int) -> None:
    """Lay raw days out as a job finds them."""
    source = NycFlights13Source()
    for number in range(days):
        ds = (first + timedelta(days=number)).isoformat()
        (raw / f"ds={ds}").mkdir(parents=True)
        for name, content in source.day(ds).items():
            (raw / f"ds={ds}" / name).write_bytes(content)
    (raw / "planes.csv").write_bytes(source.planes())


def run_partition(raw: Path, folder: Path, ds: date, args: argparse.Namespace) -> dict[str, float]:
    """Run the three scripts for one day and give their metrics."""
    window, data, model = folder / "window", folder / "data", folder / "evaluate" / "model"
    for made in (window, data, model):
        made.mkdir(parents=True)
    (window / "planes.csv").symlink_to(raw / "planes.csv")
    for age in range(args.window_days + 1):
        name = f"ds={ds - timedelta(days=age)}"
        if (raw / name).is_dir():
            (window / name).symlink_to(raw / name)
    started = time.monotonic()
    preprocess = ["--ds", str(ds), "--input", str(window), "--output", str(data)]
    run_script(args.python, "preprocessing_scripts.sklearn_preprocess", preprocess, {})
    channels = {f"SM_CHANNEL_{name.upper()}": str(data / name) for name in ("train", "validation")}
    folders = {"SM_MODEL_DIR": str(folder / "model"), "SM_OUTPUT_DATA_DIR": str(folder / "report")}
    run_script(args.python, "training_scripts.sklearn_train", [], channels | folders)
    with tarfile.open(model / "model.tar.gz", "w:gz") as archive:
        archive.add(folder / "model" / "model.joblib", "model.joblib")
    (folder / "evaluate" / "holdout").symlink_to(data / "holdout")
    evaluate = ["--input", str(folder / "evaluate"), "--output", str(folder / "evaluation")]
    run_script(args.python, "preprocessing_scripts.sklearn_evaluate", evaluate, {})
    reports = (folder / "report", folder / "evaluation" / "report")
    metrics: dict[str, float] = {}
    for report in reports:
        metrics |= json.loads((report / "report.json").read_text())["metrics"]
    return metrics | {"seconds": time.monotonic() - started}


def run_script(python: str, script: str, arguments: list[str], environment: dict[str, str]) -> None:
    """Run one script with the modules it imports within reach."""
    done = subprocess.run(
        [python, "-m", script, *arguments],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{script} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()

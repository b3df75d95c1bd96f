"""The tabular engine against the fastest parser's mere reading, and against pandas + scikit-learn.

Prints one table. Every process's seconds are those of its whole life, imports and all, but the
floor's, which are those of the reading alone; with ``--repeat`` they are medians. Peaks are of
resident memory. A figure counts only if every value was found equal to scikit-learn's, to 1e-4 of
the value or of 1; the last column says so, with the largest error::

    python -m benchmarks.preprocessing
    python -m benchmarks.preprocessing --rows 20000 --repeat 1
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.tabular_data import Table, spec

ROOT = Path(__file__).resolve().parent.parent
ROWS = (200_000, 1_000_000)
TUTORIAL_ROWS = 200_000
"""With more rows, the frames of pandas and scikit-learn fill a small machine's memory."""
FORMATS = ("parquet", "csv")
KIBIBYTES = 1024


@dataclass(frozen=True)
class Run:
    """A process that has ended well.

    Attributes:
        seconds: How long it lived.
        peak: Largest resident memory, MiB.
        printed: What it printed.
    """

    seconds: float
    peak: float
    printed: str


class Failed(Exception):
    """A process that has not ended well; what it printed last."""


def run(*command: str) -> Run:
    """Run a Python module to its end.

    Nothing large may be in this process's own memory: the kernel counts what a child shares with
    its parent until it starts the program as the child's, so tables are made and compared in
    processes of their own too.

    Raises:
        Failed: It exits with another status than 0.
    """
    with tempfile.TemporaryFile() as output:
        # What was written before is not to be paid for by who comes next.
        os.sync()
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read().decode(errors="replace")
    if process.returncode:
        raise Failed(f"{' '.join(command[:2])}: status {process.returncode}\n{printed[-4000:]}")
    return Run(seconds, usage.ru_maxrss / KIBIBYTES, printed)


def floor(table: Table) -> Run:
    """Read every column once with polars' streaming engine."""
    done = run("benchmarks.tabular_floor", str(table.csv))
    return Run(float(done.printed), done.peak, done.printed)


def engine(table: Table, output_format: str, output: Path) -> Run:
    """Run the tabular engine as the job does."""
    shutil.rmtree(output, ignore_errors=True)
    wanted = output.with_suffix(".json")
    wanted.write_text(json.dumps(spec(output_format)))
    paths = ("--spec", str(wanted), "--input", str(table.folder), "--output", str(output))
    return run("preprocessing_scripts.tabular_preprocess", *paths)


def tutorial(table: Table, output_format: str, engine_output: Path, output: Path) -> Run:
    """Run pandas and scikit-learn, on the training rows that the engine chose."""
    shutil.rmtree(output, ignore_errors=True)
    arguments = (str(table.csv), output_format, str(engine_output), str(output))
    return run("benchmarks.tabular_reference", *arguments)


def equal(*arguments: str) -> str:
    """Compare an output with scikit-learn's, and say how that went: "yes, ..." or "NO: ..."."""
    return run("benchmarks.tabular_equality", *arguments).printed.strip()


def measure(table: Table, repeat: int, folder: Path) -> bool:
    """Run everything on one table, and print its lines.

    Args:
        table: What to prepare.
        repeat: How often; the kinds of processes take turns, so that all see the same machine.
        folder: For outputs.

    Returns:
        Whether the engine's output was right.
    """
    engine_parquet, tutorial_parquet = folder / "engine-parquet", folder / "tutorial-parquet"
    kinds: dict[str, Callable[[], Run]] = {"polars reads every column": partial(floor, table)}
    for one in FORMATS:
        kinds[f"engine to {one}"] = partial(engine, table, one, folder / f"engine-{one}")
    if table.rows <= TUTORIAL_ROWS:
        for one in FORMATS:
            output = folder / f"tutorial-{one}"
            kind = f"pandas + scikit-learn to {one}"
            kinds[kind] = partial(tutorial, table, one, engine_parquet, output)
    runs: dict[str, list[Run]] = {what: [] for what in kinds}
    for _ in range(repeat):
        for what, go in kinds.items():
            runs[what].append(go())
    arguments = [str(table.home), str(engine_parquet)]
    if table.rows <= TUTORIAL_ROWS:
        arguments += ["--tutorial", str(tutorial_parquet)]
    verdicts = {
        "engine to parquet": equal(*arguments),
        "engine to csv": equal(*arguments, "--csv", str(folder / "engine-csv")),
    }
    for what in kinds:
        print_line(table.rows, what, runs, verdicts.get(what, ""))
    return all(verdict.startswith("yes") for verdict in verdicts.values())


def print_line(rows: int, what: str, runs: dict[str, list[Run]], verdict: str) -> None:
    """Print one line of the table."""
    seconds = {name: statistics.median(one.seconds for one in some) for name, some in runs.items()}
    times = seconds[what] / next(iter(seconds.values()))
    peak = max(one.peak for one in runs[what])
    print(
        f"{rows:>10,}  {what:34}{seconds[what]:>9.2f}{times:>9.2f}{peak:>10.0f}  {verdict}",
        flush=True,
    )


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(tempfile.gettempdir()) / "ml-pipeline-benchmark"
    parser.add_argument("--data", type=Path, default=default, help="where tables are kept")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    args.data.mkdir(parents=True, exist_ok=True)
    print(f"{'rows':>10}  {'what':34}{'seconds':>9}{'x floor':>9}{'peak MiB':>10}  equal?")
    right = []
    try:
        for rows in args.rows:
            run("benchmarks.tabular_data", str(args.data), str(rows))
            table = Table(args.data / f"{rows}-rows", rows)
            with tempfile.TemporaryDirectory(dir=table.home) as folder:
                right.append(measure(table, args.repeat, Path(folder)))
    except Failed as error:
        sys.exit(str(error))
    if not all(right):
        sys.exit("the engine's output is not scikit-learn's")


if __name__ == "__main__":
    main()

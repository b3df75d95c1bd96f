"""SageMaker processing job: features of a day's flights, in whatever image has a Python.

Reads ``<input>/raw/flights.csv``; writes ``<output>/features/features.csv``, one row a flight, and
``<output>/report/report.json``. It needs the standard library alone, so that the image is a choice.
By hand::

    python -m preprocessing_scripts.custom_image_features --input folder --output out
"""

import argparse
import csv
import math
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report
from preprocessing_scripts.whole_files import whole_file

COLUMNS = {
    "carrier": "text",
    "origin": "text",
    "dest": "text",
    "distance": "integer",
    "time_sin": "number",
    "time_cos": "number",
    "departures_in_hour": "integer",
}
_READ = ("carrier", "origin", "dest", "distance", "sched_dep_time", "hour")
_MINUTES = 24 * 60


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with command-line arguments."""
    parser = ArgumentParser(prog="custom_image_features.py", description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    make_features(parser.parse_args(argv))


def make_features(args: argparse.Namespace) -> None:
    """Read, compute, write, report: the whole job."""
    flights = read_flights(args.input / "raw" / "flights.csv")
    departures = Counter((flight["origin"], flight["hour"]) for flight in flights)
    folder = args.output / "features"
    folder.mkdir(parents=True, exist_ok=True)
    with (
        whole_file(folder / "features.csv") as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(features_of(flight, departures) for flight in flights)
    schema = [{"name": name, "type": kind} for name, kind in COLUMNS.items()]
    busiest = max(departures.values(), default=0)
    metrics = {"rows": len(flights), "busiest_hour_departures": busiest}
    write_report(args.output / "report", metrics, schema, {"python": sys.version})


def read_flights(path: Path) -> list[dict[str, str]]:
    """The flights of a file.

    Raises:
        ScriptError: The file is not there, or lacks a column.
    """
    if not path.exists():
        raise ScriptError(f"{path} does not exist")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _READ if name not in (reader.fieldnames or ())]
        if missing:
            raise ScriptError(f"{path} has no column {', '.join(missing)}")
        return list(reader)


def features_of(
    flight: Mapping[str, str], departures: Mapping[tuple[str, str], int]
) -> dict[str, str | int | float]:
    """What is known of a flight before it departs.

    Args:
        flight: A row of the raw table.
        departures: How many flights are scheduled by origin and hour.
    """
    scheduled = int(flight["sched_dep_time"])  # 1305 is five past one
    angle = 2 * math.pi * (scheduled // 100 * 60 + scheduled % 100) / _MINUTES
    return {
        **{name: flight[name] for name in ("carrier", "origin", "dest", "distance")},
        "time_sin": round(math.sin(angle), 6),
        "time_cos": round(math.cos(angle), 6),
        "departures_in_hour": departures[flight["origin"], flight["hour"]],
    }


if __name__ == "__main__":
    sys.exit(run_script(main, "message"))

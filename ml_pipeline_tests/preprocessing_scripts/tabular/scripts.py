"""Runs of tabular_preprocess.py, as SageMaker starts it, or in this process to save its start."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import preprocessing_scripts
from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import write_files

MODULE = "preprocessing_scripts.tabular_preprocess"
ROOT = Path(preprocessing_scripts.__file__).parents[1]


@dataclass(frozen=True)
class Ended:
    """How a script ended.

    Attributes:
        status: Its exit status.
        stdout: What it printed.
        stderr: Its errors.
        output: Its output folder.
    """

    status: int
    stdout: str
    stderr: str
    output: Path

    def report(self) -> dict[str, Any]:
        assert self.status == 0, self.stderr
        content: dict[str, Any] = json.loads((self.output / "report" / "report.json").read_text())
        return content

    def error(self) -> str:
        """Its one line, having checked that nothing looks like success."""
        assert self.status == 1, self.stdout
        assert self.stderr.startswith("error: "), self.stderr
        assert self.stderr.count("\n") == 1, self.stderr
        assert not (self.output / "report").exists()
        assert not (self.output / "preprocessor").exists()
        return self.stderr.removeprefix("error: ").strip()


def arguments(folder: Path, spec: Mapping[str, Any], *more: str) -> list[str]:
    """A command line for the input ``<folder>/in`` and the output ``<folder>/out``."""
    (folder / "spec.json").write_text(json.dumps(spec))
    usual = {"spec": "spec.json", "input": "in", "output": "out", "spool": ""}
    return [*(f"--{name}={folder / place}" for name, place in usual.items()), *more]


def start(folder: Path, spec: Mapping[str, Any], *more: str) -> "subprocess.Popen[str]":
    """Start the script as a process."""
    return subprocess.Popen(
        [sys.executable, "-m", MODULE, *arguments(folder, spec, *more)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if "DAGSTER" not in name},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]", folder: Path) -> Ended:
    """Wait for a process."""
    stdout, stderr = process.communicate(timeout=60)
    return Ended(process.returncode, stdout, stderr, folder / "out")


class InProcess:
    """Runs the script's ``__main__`` in this process."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]
    ) -> None:
        self._monkeypatch = monkeypatch
        self._captured = captured

    def __call__(self, folder: Path, spec: Mapping[str, Any], *more: str) -> Ended:
        self._monkeypatch.setattr(sys, "argv", [MODULE, *arguments(folder, spec, *more)])
        self._captured.readouterr()
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(MODULE, run_name="__main__")
        printed = self._captured.readouterr()
        return Ended(int(str(ended.value.code)), printed.out, printed.err, folder / "out")


def land(folder: Path, *contents: bytes | pd.DataFrame, end: str = "csv") -> Path:
    """Write input files x0.csv, x1.csv, ..."""
    for number, content in enumerate(contents):
        if isinstance(content, pd.DataFrame):
            write_files(folder / "in", {f"x{number}.{end}": content})
        else:
            (folder / "in").mkdir(exist_ok=True)
            (folder / "in" / f"x{number}.{end}").write_bytes(content)
    return folder

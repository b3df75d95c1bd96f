"""A window of real days, and what preprocessing makes of it, shared by the tests of the scripts."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ml_pipeline_tests.preprocessing_scripts import raw_days

DS = "2013-02-11"
WINDOW = ["2013-02-06", "2013-02-07", "2013-02-08", "2013-02-10"]


@dataclass(frozen=True)
class Prepared:
    """One run of the preprocessing script.

    Args:
        code: The bundle it ran from.
        raw: Its input.
        output: Its output.
        stdout: What it printed.
        report: Its report.
    """

    code: Path
    raw: Path
    output: Path
    stdout: str
    report: dict[str, Any]


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return raw_days.bundle(tmp_path_factory.mktemp("bundle") / "code")


@pytest.fixture(scope="session")
def prepared(code: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("prepared")
    raw = raw_days.land(folder / "raw", [*WINDOW, DS])
    output = folder / "output"
    done = raw_days.run_script(
        *(code, "sklearn_preprocess.py"),
        *("--ds", DS, "--input", str(raw), "--output", str(output)),
    )
    assert done.returncode == 0, done.stderr
    return Prepared(code, raw, output, done.stdout, raw_days.report(output / "report"))

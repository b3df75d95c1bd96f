"""A disk that is full ends a run with one clear line."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import spec_of, table
from ml_pipeline_tests.preprocessing_scripts.tabular.scripts import InProcess, land


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip("mounting takes root")
    yield folder
    # Lazily: in this process what failed to be written may still be open.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_no_space_for_the_spool(tmp_path: Path, script: InProcess, small_disk: Path) -> None:
    land(tmp_path, table(100_000))
    error = script(tmp_path, spec_of(), f"--spool={small_disk}").error()
    assert error.startswith(f"{small_disk}: no space left for the spool after ")
    assert "VolumeSizeInGB" in error
    assert list(small_disk.iterdir()) == []
    assert not (tmp_path / "out" / "train").exists()


@pytest.mark.parametrize(
    ("kind", "method", "rows"),
    [
        ("parquet", "none", 8000),
        ("csv", "none", 8000),
        # What is read has room, and what is made of it has not.
        ("parquet", "smote", 2400),
        ("csv", "smote", 800),
    ],
)
def test_no_space_for_the_output(
    tmp_path: Path, script: InProcess, small_disk: Path, kind: str, method: str, rows: int
) -> None:
    values = np.random.default_rng(1).normal(size=(rows, 72))
    frame = pd.DataFrame(values, columns=[f"a{number}" for number in range(72)])
    frame["y"] = (np.arange(rows) % 20 == 0).astype(int)
    spec = {
        "label": {"column": "y"},
        "numeric": [{"columns": ["a*"]}],
        "output": {"format": kind},
        "balance": {"method": method},
    }
    error = script(land(tmp_path, frame), spec, f"--output={small_disk / 'out'}").error()
    assert error.startswith(f"{small_disk / 'out'}: no space left for the output")
    assert not (small_disk / "out" / "report").exists()
    assert not (small_disk / "out" / "preprocessor").exists()

"""What an error leaves of a run's output: no files, and none open."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    run_files,
    run_folder,
    spec_of,
    table,
    write_files,
)
from preprocessing_scripts.tabular import emit
from preprocessing_scripts.tabular.balance import Smote
from preprocessing_scripts.tabular.csv_part import CsvPart
from preprocessing_scripts.tabular.encode import Encoder, Features
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.parallel import THREADS, ordered
from preprocessing_scripts.tabular.parquet_part import ParquetPart
from preprocessing_scripts.tabular.writers import PartWriter

Make = Callable[[Path], PartWriter]

MAKERS: dict[str, Make] = {
    "csv": lambda path: CsvPart(path, np.float32),
    "parquet": lambda path: ParquetPart(path, ["a"], np.float32, "y"),
}
ROWS = (Features([np.array([[1.0, 2.0]], np.float32)]), np.array([0, 1]), pa.table({}))


class FaultError(Exception):
    """What goes wrong."""


def open_below(folder: Path) -> list[str]:
    """What this process has open in a folder."""
    links = [path for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return [str(link.readlink()) for link in links if str(link.readlink()).startswith(str(folder))]


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("writes", [0, 2])
def test_a_part_is_closed_and_removed_by_an_error(tmp_path: Path, kind: str, writes: int) -> None:
    def write() -> None:
        with MAKERS[kind](tmp_path / "part") as part:
            for _ in range(writes):
                part.write(*ROWS)
            assert open_below(tmp_path)
            raise FaultError

    with pytest.raises(FaultError):
        write()
    assert open_below(tmp_path) == []
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("kind", MAKERS)
def test_a_part_has_its_name_only_when_it_is_whole(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "part"
    with MAKERS[kind](path) as part:
        part.write(*ROWS)
        assert not path.exists()
    assert files_below(tmp_path) == [path]
    assert open_below(tmp_path) == []
    if kind == "parquet":
        assert pq.read_table(path).num_rows == 2
    else:
        assert np.loadtxt(path, delimiter=",").tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize("kind", ["parquet", "csv", "both"])
@pytest.mark.parametrize("part_rows", [1 << 15, 8])
def test_an_error_amid_the_channels_leaves_none_of_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, part_rows: int
) -> None:
    """Also of parts that are whole: a channel without the others would be no channel."""
    monkeypatch.setattr(emit, "PART_ROWS", part_rows)
    monkeypatch.setattr(emit, "GROUP_ROWS", 8)
    fail_at(monkeypatch, 20)
    spec = spec_of(output={"format": kind})
    with pytest.raises(FaultError):
        # As long as the error is there, so is all that its frames hold.
        run_files(tmp_path, {"a.csv": table(400)}, spec, block_bytes=400)
    assert open_below(tmp_path) == []
    assert files_below(tmp_path / "out") == []


def fail_at(monkeypatch: pytest.MonkeyPatch, call: int) -> None:
    """Let a call of the encoder fail, in one of the threads, when others have written."""
    encode, lock, calls = Encoder.encode, threading.Lock(), iter(range(1, call))

    def fail(self: Encoder, *args: Any) -> Features:
        with lock:
            if next(calls, None) is None:
                raise FaultError
        return encode(self, *args)

    monkeypatch.setattr(Encoder, "encode", fail)


def test_an_error_amid_rows_made_by_smote_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sample(self: object, count: int) -> Iterable[Any]:
        yield np.zeros((1, 5))
        raise FaultError

    monkeypatch.setattr(Smote, "sample", sample)
    with pytest.raises(FaultError):
        spec = spec_of(balance={"method": "smote"}, output={"format": "both"})
        run_files(tmp_path, {"a.csv": table(80)}, spec, block_bytes=1 << 20)
    assert open_below(tmp_path) == []
    assert files_below(tmp_path / "out") == []


def test_an_error_in_the_second_run_takes_the_first_ones_output_with_it(tmp_path: Path) -> None:
    folder = write_files(tmp_path / "in", {"a.csv": table(80)})
    run_folder(folder, spec_of(), tmp_path / "out")
    assert files_below(tmp_path / "out")
    (folder / "a.csv").write_text((folder / "a.csv").read_text().replace("\n70,", "\nx,"))
    with pytest.raises(TableError, match=r"a\.csv, line 72"):
        run_folder(folder, spec_of(numeric=[{"columns": ["row", "a"]}], keep=[]), tmp_path / "out")
    assert files_below(tmp_path / "out") == []
    assert open_below(tmp_path) == []


def test_no_thread_is_left_when_results_are_closed() -> None:
    def threads() -> list[str]:
        return [thread.name for thread in threading.enumerate() if "PoolExecutor" in thread.name]

    results = ordered(str, range(100 * THREADS))
    assert next(results) == "0"
    assert threads()
    results.close()
    assert threads() == []

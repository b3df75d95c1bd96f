"""Two instances of a job, each a process with its own files, do what one does with all."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import joblib
import numpy as np
import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    learned,
    read_channel,
    spec_of,
    table,
    write_files,
)
from ml_pipeline_tests.preprocessing_scripts.tabular.forked import start
from ml_pipeline_tests.preprocessing_scripts.tabular.scripts import Ended
from ml_pipeline_tests.preprocessing_scripts.tabular.several_hosts import configure, names
from preprocessing_scripts.tabular.csv_source import CsvSource

CHANNELS = ("train", "validation", "holdout")
SPEC = spec_of(
    features=[{"name": "hour", "hour": "t"}],
    numeric=[
        {"columns": ["a", "d"], "impute": "mean"},
        {"columns": ["b", "hour"], "scale": "robust"},
        {"columns": ["e"], "impute": "most_frequent", "scale": "minmax"},
    ],
    categorical=[{"columns": ["c"], "min_count": 12}, {"columns": ["f"], "encode": "target"}],
    keep=["row", "kept"],
    holdout={"column": "part", "equals": "x"},
)


def shared_files() -> dict[str, pd.DataFrame]:
    """Four files of one table, one of them without rows; no two begin with the same values."""
    frame = table(400, seed=3)
    random = np.random.default_rng(3)
    frame["d"] = 1e6 + frame["row"] // 100 + frame["a"]
    frame["e"] = random.integers(0, 5, 400).astype(float)
    frame["f"] = random.choice(["m", "n", "o", "p"], 400)
    frame["kept"] = frame["t"]
    frame["part"] = random.choice(["x", "y"], 400, p=[0.1, 0.9])
    frame.loc[::9, ["a", "e", "c"]] = np.nan
    frame.loc[3::50, "b"] = np.inf
    frame.loc[:20, "d"] = np.nan
    frame.loc[350:, "c"] = "late"
    bounds = [0, 150, 150, 260, 400]
    return {f"{n}.csv": frame[bounds[n] : bounds[n + 1]] for n in range(4)}


def run_hosts(
    folder: Path, shards: Sequence[dict[str, pd.DataFrame]], spec: dict[str, Any]
) -> list[Ended]:
    """Run a host for each shard, in the folders host-0, host-1, ..."""
    hosts = []
    for rank, files in enumerate(shards):
        place = folder / f"host-{rank}"
        write_files(place / "in", files)
        config = configure(folder, rank, len(shards), job=str(folder))
        hosts.append(start(place, spec, f"--resource-config={config}"))
    return [host.finish() for host in hosts]


@dataclass(frozen=True)
class Together:
    """One host with all files, and two that share them.

    Attributes:
        one: The one.
        two: The two.
    """

    one: Ended
    two: list[Ended]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    return run_hosts(tmp_path_factory.mktemp("alone"), [shared_files()], SPEC)[0]


@pytest.fixture(scope="module", params=["02", "13", "0123", "", "1"], ids="first has {}".format)
def together(
    request: pytest.FixtureRequest, alone: Ended, tmp_path_factory: pytest.TempPathFactory
) -> Together:
    """Files dealt in several ways; one host may have none, or none with rows."""
    files = shared_files()
    first = {name: frame for name, frame in files.items() if name[0] in request.param}
    second = {name: frame for name, frame in files.items() if name not in first}
    folder = tmp_path_factory.mktemp("together")
    two = run_hosts(folder, [first, second], SPEC)
    assert [ended.status for ended in [alone, *two]] == [0, 0, 0], [alone, *two]
    return Together(alone, two)


def pipeline_of(ended: Ended) -> Any:
    return joblib.load(ended.output / "preprocessor" / "preprocessor.joblib")


def test_two_hosts_fit_the_same_bits_as_one(together: Together) -> None:
    expected, found = learned(pipeline_of(together.one)), learned(pipeline_of(together.two[0]))
    assert list(found) == list(expected)
    for name, arrays in expected.items():
        for one, other in zip(found[name], arrays, strict=True):
            assert one.dtype == other.dtype
            assert one.tolist() == other.tolist(), name


@pytest.mark.parametrize("channel", CHANNELS)
def test_two_hosts_write_the_same_rows_as_one(together: Together, channel: str) -> None:
    shares = [read_channel(ended.output, channel) for ended in together.two]
    filled = [share for share in shares if len(share)]
    assert len({str(share.dtypes.to_dict()) for share in filled}) == 1
    expected = read_channel(together.one.output, channel)
    found = pd.concat(filled).sort_values("row", ignore_index=True)
    assert len(expected)
    pd.testing.assert_frame_equal(
        found, expected.sort_values("row", ignore_index=True), check_exact=True
    )


def test_parts_of_two_hosts_can_be_put_into_one_folder(together: Together) -> None:
    parts = [
        part.relative_to(e.output) for e in together.two for part in e.output.rglob("*.parquet")
    ]
    assert len(parts) == len(set(parts))


def test_the_leader_alone_reports_and_for_all(together: Together) -> None:
    leader, other = together.two
    assert not (other.output / "report").exists()
    assert not (other.output / "preprocessor").exists()
    found, expected = leader.report(), together.one.report()
    assert found["details"] == expected["details"]
    assert found["details"]["infinite"] == {"b": 8}
    assert found["schema"] == expected["schema"]
    measured = ("_seconds", "_mb")
    counts = [
        {name: one for name, one in report["metrics"].items() if not name.endswith(measured)}
        for report in (found, expected)
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize("method", ["over", "under"])
def test_two_hosts_balance_as_one(tmp_path: Path, method: str) -> None:
    files = shared_files()
    spec = SPEC | {"balance": {"method": method}, "output": {"format": "parquet"}}
    [one] = run_hosts(tmp_path / "one", [files], spec)
    halves = [{n: f for n, f in files.items() if (n > "2") == later} for later in (False, True)]
    two = run_hosts(tmp_path / "two", halves, spec)
    expected = read_channel(one.output, "train")["row"].tolist()
    found = pd.concat([read_channel(ended.output, "train") for ended in two])
    assert sorted(found["row"]) == sorted(expected)
    assert found["y"].value_counts().nunique() == 1


def test_an_error_of_one_host_is_said_by_both(tmp_path: Path) -> None:
    files = shared_files()
    broken = files["3.csv"].astype({"a": object})
    broken.loc[399, "a"] = "abc"
    first, second = run_hosts(tmp_path, [{"0.csv": files["0.csv"]}, {"3.csv": broken}], SPEC)
    said = "3.csv, line 141, column a: 'abc' is not a number"
    assert second.error() == said
    assert first.error() == f"127.0.0.2 failed: TableError: {said}"


def test_no_host_has_a_file(tmp_path: Path) -> None:
    for ended in run_hosts(tmp_path, [{}, {}], SPEC):
        assert "holds no .csv, .csv.gz or .parquet file" in ended.error()


def test_smote_is_for_one_host(tmp_path: Path) -> None:
    spec = SPEC | {"balance": {"method": "smote"}}
    for ended in run_hosts(tmp_path, [shared_files(), {}], spec):
        assert "smote needs all rows on one host" in ended.error()


def die_reading() -> None:
    """Let this process die when it reads its first block."""

    def read(*_: object) -> NoReturn:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("a killed process goes on")

    setattr(CsvSource, "read", read)  # noqa: B010 - mypy lets no method be assigned


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_host_ends_the_other(tmp_path: Path, killed: int) -> None:
    files = shared_files()
    configs = [configure(tmp_path, rank, 2, job=str(tmp_path)) for rank in (0, 1)]
    places = [tmp_path / "host-0", tmp_path / "host-1"]
    for place, name in zip(places, ("0.csv", "3.csv"), strict=True):
        write_files(place / "in", {name: files[name]})
    options = [f"--resource-config={config}" for config in configs]
    hosts = [
        start(place, SPEC, option, first=die_reading if rank == killed else None)
        for rank, (place, option) in enumerate(zip(places, options, strict=True))
    ]
    hosts[killed].process.join(60)
    assert hosts[killed].process.exitcode == -signal.SIGKILL
    error = hosts[1 - killed].finish().error()
    assert error.startswith(f"{names(2)[killed]} is lost: ")

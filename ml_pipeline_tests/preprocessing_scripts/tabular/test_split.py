"""Which rows train and which validate, and how the classes of training are evened out."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    engine,
    rows_of,
    run_files,
    run_folder,
    spec_of,
    table,
    write_files,
)
from ml_pipeline_tests.preprocessing_scripts.tabular.several_hosts import two_hosts
from preprocessing_scripts.tabular.content import mixed, number_repeats
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.spec import Split
from preprocessing_scripts.tabular.spec_json import parse_spec
from preprocessing_scripts.tabular.split import validation_rows
from preprocessing_scripts.tabular.times import Times

METHODS: list[dict[str, Any]] = [
    {"method": "hash"},
    {"method": "stratified"},
    {"method": "temporal", "column": "t"},
]
NO_TIMES = Times.none(0)


def validating(frame: pd.DataFrame, block_bytes: int = 1 << 20, **split: Any) -> list[int]:
    """Rows of validation; the others must be those of training."""
    with engine(frame, spec_of(split=split), block_bytes) as run:
        rows, others = rows_of(run.output, "validation"), rows_of(run.output, "train")
    assert sorted(rows + others) == frame["row"].tolist()
    return rows


@given(
    labels=st.lists(st.sampled_from([0.0, 1.0, 7.0]), max_size=60),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**64),
)
def test_stratified_takes_the_rounded_share_of_each_class(
    labels: list[float], fraction: float, seed: int
) -> None:
    values = np.array(labels, dtype=float)
    hashes = mixed(np.arange(len(values), dtype=np.uint64), seed)
    split = Split("stratified", fraction, seed)
    chosen = validation_rows(split, values, hashes, NO_TIMES, Hosts.alone())
    for label in set(labels):
        assert chosen[values == label].sum() == round((values == label).sum() * fraction)


@given(
    times=st.lists(st.sampled_from([-1e15, 0.0, 1.0, 2.0]), max_size=60),
    fine=st.integers(0, 2**64),
    fraction=st.floats(0.01, 0.99),
)
def test_temporal_takes_the_latest_and_parts_no_rows_of_one_time(
    times: list[float], fine: int, fraction: float
) -> None:
    order = np.array(times, dtype=float)
    nanoseconds = np.array([fine >> row & 1 for row in range(len(times))], dtype=np.int16)
    moments = list(zip(times, nanoseconds.tolist(), strict=True))
    if round(len(moments) * fraction) in (0, len(moments)):
        assert take_latest(order, nanoseconds, fraction).sum() == round(len(moments) * fraction)
        return
    if len(set(moments)) == 1:
        with pytest.raises(TableError, match="all rows have the same t"):
            take_latest(order, nanoseconds, fraction)
        return
    chosen = take_latest(order, nanoseconds, fraction)
    latest = [one for one, is_so in zip(moments, chosen, strict=True) if is_so]
    others = [one for one, is_so in zip(moments, chosen, strict=True) if not is_so]
    assert min(latest) > max(others)
    counts = [sum(one >= border for one in moments) for border in sorted(set(moments))[1:]]
    best = min(abs(count - fraction * len(moments)) for count in counts)
    assert abs(len(latest) - fraction * len(moments)) == pytest.approx(best)


def take_latest(
    order: npt.NDArray[np.float64], nanoseconds: npt.NDArray[np.int16], fraction: float
) -> npt.NDArray[np.bool_]:
    split = Split("temporal", fraction, 0, "t")
    hashes = np.zeros(len(order), dtype=np.uint64)
    return validation_rows(split, order, hashes, Times(order, nanoseconds), Hosts.alone())


def test_hash_takes_about_the_fraction() -> None:
    hashes = mixed(np.arange(100_000, dtype=np.uint64), 3)
    split = Split("hash", 0.3, 3)
    chosen = validation_rows(split, np.zeros(100_000), hashes, NO_TIMES, Hosts.alone())
    assert abs(chosen.mean() - 0.3) < 0.01


@pytest.mark.parametrize("split", METHODS, ids=lambda split: str(split["method"]))
def test_blocks_do_not_matter_and_seeds_do(split: dict[str, Any]) -> None:
    frame = table()
    rows = validating(frame, **split, seed=1)
    assert rows == validating(frame, 300, **split, seed=1)
    other = validating(frame, **split, seed=2)
    # All times differ, so that nothing is left to the seed.
    assert (other == rows) == (split["method"] == "temporal")


def test_rows_that_train_do_not_depend_on_the_other_files(tmp_path: Path) -> None:
    files = {"a.csv": table(), "b.csv": table(seed=1).assign(row=lambda frame: frame["row"] + 80)}
    spec = spec_of(split={"method": "hash"})
    both = run_files(tmp_path / "both", files, spec, 500)
    one = run_files(tmp_path / "one", {"b.csv": files["b.csv"]}, spec, 1 << 20)
    later = [row for row in rows_of(both.output, "train") if row >= 80]
    assert later == rows_of(one.output, "train")


@pytest.mark.parametrize("repeats", [1, 5])
@pytest.mark.parametrize("method", ["hash", "stratified"])
def test_names_order_and_format_of_files_do_not_matter(
    tmp_path: Path, method: str, repeats: int
) -> None:
    raw = pd.concat([table()] * repeats)
    raw.loc[::7, ["a", "c"]] = None
    spec = spec_of(split={"method": method, "validation": 0.3}, schema={"t": "text"})
    one = run_folder(write_files(tmp_path / "one", {"a.csv": raw}), spec, tmp_path / "out")
    expected = {name: sorted(rows_of(one.output, name)) for name in ("train", "validation")}
    shuffled = raw.sample(frac=1, random_state=1)[raw.columns[::-1]]
    files = {"z.csv": shuffled[:9], "b/part-0.csv": shuffled[9:70], "y.csv": shuffled[70:]}
    several = run_folder(write_files(tmp_path / "several", files), spec, tmp_path / "again")
    (tmp_path / "typed").mkdir()
    shuffled[:50].to_parquet(tmp_path / "typed" / "2.parquet")
    shuffled[50:].to_parquet(tmp_path / "typed" / "1.parquet", row_group_size=17)
    typed = run_folder(tmp_path / "typed", spec, tmp_path / "typed-out")
    for run in (several, typed):
        assert {name: sorted(rows_of(run.output, name)) for name in expected} == expected
    if method == "stratified":
        counts = Counter(raw["y"]).values()
        assert len(expected["validation"]) == sum(round(count * 0.3) for count in counts)


@pytest.mark.parametrize("method", ["hash", "stratified"])
def test_rows_of_one_key_are_on_one_side(method: str) -> None:
    frame = table(600).assign(who=lambda one: one["row"] % 100, day=lambda one: one["row"] % 3)
    frame["y"] = (frame["who"] % 2 == 0).astype(int)
    by_who = validating(frame, method=method, key=["who"], validation=0.3)
    assert 110 < len(by_who) < 250
    whose = frame["who"][by_who]
    assert set(whose) & set(frame["who"].drop(by_who)) == set()
    # Nothing else counts.
    changed = frame.assign(a=0.5, c="u")[frame.columns[::-1]]
    assert validating(changed, method=method, key=["who"], validation=0.3) == by_who
    by_both = validating(frame, method=method, key=["who", "day"], validation=0.3)
    assert set(frame["who"][by_both]) & set(frame["who"].drop(by_both))


def test_a_temporal_split_takes_no_key() -> None:
    split = {"method": "temporal", "column": "t", "key": ["c"]}
    with pytest.raises(TableError, match=r"spec\.split\.key: a temporal split goes by its column"):
        parse_spec(spec_of(split=split))


@settings(deadline=None, max_examples=8)
@given(
    mine=st.lists(st.integers(0, 5), max_size=20), theirs=st.lists(st.integers(0, 5), max_size=20)
)
def test_repeats_are_numbered_as_if_on_one_host(mine: list[int], theirs: list[int]) -> None:
    rows, others = (np.array(one, dtype=np.uint64) for one in (mine, theirs))
    alone = number_repeats(np.concatenate([rows, others]), Hosts.alone())
    assert len(set(alone.tolist())) == len(alone)
    with two_hosts() as hosts, ThreadPoolExecutor(2) as threads:
        found = list(threads.map(number_repeats, (rows, others), hosts))
    assert np.concatenate(found).tolist() == alone.tolist()


def test_temporal_by_a_number_and_by_equal_times() -> None:
    frame = table().assign(order=lambda one: one["row"] // 20)
    rows = validating(frame, method="temporal", column="order", validation=0.3)
    assert rows == list(range(60, 80))
    assert validating(frame, method="temporal", column="order", validation=0.4) == [*range(40, 80)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_temporal_goes_by_the_nanosecond(tmp_path: Path, kind: str) -> None:
    since = np.random.default_rng(0).permutation(80)
    moments = pd.to_datetime(since - 40, unit="ns")  # around 1970
    frame = table().assign(t=moments)
    if kind == "csv":
        frame["t"] = [one.isoformat(timespec="nanoseconds") for one in moments]
        write_files(tmp_path / "in", {"a.csv": frame})
    else:
        (tmp_path / "in").mkdir()
        frame.to_parquet(tmp_path / "in" / "a.parquet")
    spec = spec_of(split={"method": "temporal", "column": "t"})
    run = run_folder(tmp_path / "in", spec, tmp_path / "out")
    assert rows_of(run.output, "validation") == np.flatnonzero(since >= 64).tolist()


def test_a_column_that_orders_nothing_may_have_gaps() -> None:
    frame = table().assign(t=lambda one: one["t"].where(one["row"] > 5))
    assert len(validating(frame, method="stratified", column="t")) == 16


def test_the_holdout_is_split_no_further() -> None:
    frame = table().assign(part=lambda one: one["row"].map(lambda row: "x" if row < 20 else None))
    spec = spec_of(holdout={"column": "part", "equals": "x"})
    with engine(frame, spec) as run:
        assert rows_of(run.output, "holdout") == list(range(20))
        assert len(rows_of(run.output, "validation")) == 12
        assert run.result.metrics["holdout_rows"] == 20
        assert run.result.metrics["holdout_positive_rate"] == pytest.approx(7 / 20)


@pytest.mark.parametrize("method", ["over", "under"])
def test_classes_come_out_even(method: str) -> None:
    frame = table(100).assign(y=lambda one: one["row"].map(lambda row: min(row % 10, 2)))
    with engine(frame, spec_of(balance={"method": "none"})) as run:
        usual = rows_of(run.output, "train")
    with engine(frame, spec_of(balance={"method": method}), 700) as run:
        train = run.channel("train")
        assert len(rows_of(run.output, "validation")) == 20
        metrics = run.result.metrics
    times = Counter(train["row"].astype(int))
    sizes = Counter(train["y"])
    if method == "over":
        assert sizes == {0: 64, 1: 64, 2: 64}
        assert set(times) == set(usual)
        assert {times[row] for row in usual if row % 10 == 0} == {8}
        # What is not a whole number of times is spread, not heaped.
        assert max(times.values()) - min(times.values()) <= 7
    else:
        assert sizes == {0: 8, 1: 8, 2: 8}
        assert set(times) < set(usual)
        assert set(times.values()) == {1}
    assert metrics["train_rows"] == 80
    assert metrics["train_rows_written"] == len(train)
    assert (train.groupby("row").nunique() == 1).all(axis=None)


@pytest.mark.parametrize("method", ["over", "under"])
def test_balancing_goes_by_its_seed_and_leaves_the_fit_alone(method: str) -> None:
    found = []
    for seed in (0, 0, 1):
        with engine(table(), spec_of(balance={"method": method, "seed": seed})) as run:
            scaler = run.result.pipeline.named_steps["columns"].transformers_[0][1][-1]
            found.append((rows_of(run.output, "train"), scaler.mean_.tolist()))
    assert found[0] == found[1]
    assert found[0][0] != found[2][0]
    assert found[0][1] == found[2][1]


def test_synthetic_rows_lie_between_rows_of_the_minority() -> None:
    balance = {"method": "smote", "neighbors": 3}
    with engine(table(), spec_of(balance=balance, keep=["row", "t"]), 700) as run:
        train = run.channel("train")
        metrics, details = run.result.metrics, run.result.details
    made, found = train[train["row"].isna()], train[train["row"].notna()]
    assert len(found) == metrics["train_rows"] == 64
    assert Counter(train["y"]) == {0: 42, 1: 42}
    assert set(made["y"]) == {1}
    assert made["t"].isna().all()
    assert details["synthetic"] == {"1": len(made)} == {"1": 20}
    assert metrics["train_rows_written"] == 84
    minority = found[found["y"] == 1][["a", "b"]].to_numpy(float)
    for row in made[["a", "b"]].to_numpy(float):
        assert between_two(row, minority)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scale", ["standard", "minmax", "robust", "none"])
def test_synthetic_rows_have_categories_and_whole_numbers(scale: str, dtype: str) -> None:
    raw = table().assign(n=lambda frame: frame["row"] % 9 + 1000, d=lambda frame: frame["c"])
    raw.loc[::11, ["n", "c"]] = None
    spec = spec_of(
        balance={"method": "smote"},
        features=[{"name": "hour", "hour": "t"}],
        numeric=[{"columns": ["a", "n", "hour"], "scale": scale}],
        categorical=[{"columns": ["c"]}, {"columns": ["d"], "encode": "target"}],
        output={"dtype": dtype},
    )
    with engine(raw, spec, 700) as run:
        train = run.channel("train")
        assert run.result.details["synthetic_whole_numbers"] == ["n", "hour"]
    made, found = train[train["row"].isna()], train[train["row"].notna()]
    assert len(made) == 20
    levels = made[["c_u", "c_v", "c_w"]]
    assert set(levels.to_numpy().ravel()) == {0, 1}
    assert set(levels.sum(axis=1)) == {1}
    assert set(made["d"]) <= set(found["d"][found["y"] == 1])
    assert not set(made["a"]) <= set(found["a"])
    # Every whole number in reach is the feature of some row, to the last bit.
    assert set(made["n"]) <= set(train["n"][train["row"].notna()])
    step = np.diff(np.unique(found["hour"])).min()
    off = (made["hour"] - found["hour"].iloc[0]) / step
    np.testing.assert_allclose(off, off.round(), atol=1e-4)


def between_two(row: Any, rows: Any) -> bool:
    """Whether a row lies on a line between two others."""
    first, second = rows[:, None, :], rows[None, :, :]
    length = np.linalg.norm(first - second, axis=2)
    detour = np.linalg.norm(first - row, axis=2) + np.linalg.norm(second - row, axis=2) - length
    return bool((detour < 1e-5 * np.maximum(length, 1)).any())


def test_a_minority_of_one_row_is_copied_and_said(capsys: pytest.CaptureFixture[str]) -> None:
    frame = table().assign(y=lambda one: (one["row"] == 7).astype(int))
    with engine(frame, spec_of(balance={"method": "smote"})) as run:
        train = run.channel("train")
    assert "row" in capsys.readouterr().out
    assert (train["y"] == 1).sum() == (train["y"] == 0).sum()
    assert len(train[train["y"] == 1][["a", "b"]].drop_duplicates()) == 1

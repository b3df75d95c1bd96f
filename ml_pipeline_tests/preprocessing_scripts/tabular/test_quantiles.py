import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from ml_pipeline_tests.preprocessing_scripts.tabular.several_hosts import (
    ends,
    job,
    two_hosts,
)
from preprocessing_scripts.tabular.hosts import Arrays, Hosts
from preprocessing_scripts.tabular.quantiles import between, median, quantile, select

Column = npt.NDArray[np.floating[Any]]


@st.composite
def shards(draw: st.DrawFn) -> list[list[Column]]:
    """Columns of two hosts: any finite values, ties, both zeros, hosts without rows."""
    dtype: np.dtype[Any] = draw(st.sampled_from([np.dtype("float32"), np.dtype("float64")]))
    width = 8 * dtype.itemsize
    edges = [0.0, -0.0, 1.0, -1.0, *(float(s * np.finfo(dtype).max) for s in (1, -1))]
    edges += [float(s * np.finfo(dtype).smallest_subnormal) for s in (1, -1)]
    values = st.sampled_from(edges) | st.floats(
        allow_nan=False, allow_infinity=False, width=cast(Any, width)
    )
    column = arrays.arrays(dtype, st.integers(0, 12), elements=values).map(np.sort)
    count = draw(st.integers(1, 4))
    return [draw(st.lists(column, min_size=count, max_size=count)) for _ in range(2)]


@settings(deadline=None, max_examples=60)
@given(shards=shards(), data=st.data())
def test_equal_to_sorting_all_rows_together(
    both: list[Hosts], shards: list[list[Column]], data: st.DataObject
) -> None:
    union = [np.sort(np.concatenate(parts)) for parts in zip(*shards, strict=True)]
    ranks = [
        data.draw(st.lists(st.integers(0, len(column) - 1), max_size=4)) if len(column) else []
        for column in union
    ]
    expected = [column[wanted].tolist() for column, wanted in zip(union, ranks, strict=True)]
    for found in select_on(both, shards, ranks):
        assert found == expected
    alone = select(union, ranks, Hosts.alone())
    assert alone == expected
    zeros = [value for column in alone for value in column if value == 0]
    assert not np.signbit(zeros).any()


@pytest.mark.parametrize("first", [0.0, -0.0])
def test_zero_has_no_sign_wherever_it_lies(both: list[Hosts], first: float) -> None:
    column = np.array([first, -first])
    for shards in ([[column], [column]], [[column], [column[:0]]]):
        for found in (
            *select_on(both, shards, [[0, 1]]),
            select([column], [[0, 1]], Hosts.alone()),
        ):
            assert [str(value) for value in found[0]] == ["0.0", "0.0"]


@pytest.mark.parametrize(
    ("column", "most"),
    [
        ([np.finfo(np.float64).min, np.finfo(np.float64).max], 65),
        ([1.0, np.nextafter(1.0, 2.0)], 2),
        ([3.0, 3.0], 1),
    ],
)
def test_the_rounds_are_no_more_than_the_bits_that_differ(
    both: list[Hosts], monkeypatch: pytest.MonkeyPatch, column: list[float], most: int
) -> None:
    rounds = []
    exchange = Hosts.exchange

    def counted(host: Hosts, arrays: Arrays) -> list[Arrays]:
        rounds.append(host.rank)
        return exchange(host, arrays)

    monkeypatch.setattr(Hosts, "exchange", counted)
    zeros = np.array([0.0, -0.0])
    select_on(both, [[zeros, np.array(column)]] * 2, [[0], [1, 2]])
    assert rounds.count(0) == rounds.count(1) <= most


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hosts_of_their_own_find_the_same(tmp_path: Path, dtype: str) -> None:
    columns = [np.random.default_rng(rank).normal(size=500 + 200 * rank) for rank in (0, 1)]
    script = f"""
import json
from preprocessing_scripts.tabular.quantiles import select
values = np.random.default_rng(rank).normal(size=500 + 200 * rank).astype("{dtype}")
with hosts:
    found = select([np.sort(values), np.sort(-values[:9])], [[0, 600, 1199], [8, 9]], hosts)
print(json.dumps(found))
"""
    with job(tmp_path, [script, script]) as hosts:
        results = [ends(host) for host in hosts]
    assert [status for status, _, _ in results] == [0, 0], results
    typed = [column.astype(dtype) for column in columns]
    one = np.sort(np.concatenate(typed))[[0, 600, 1199]].tolist()
    other = np.sort(np.concatenate([-column[:9] for column in typed]))[[8, 9]].tolist()
    assert [json.loads(stdout) for _, stdout, _ in results] == [[one, other]] * 2


def test_a_rank_that_no_value_has_is_refused_on_every_host(both: list[Hosts]) -> None:
    column = np.array([1.0, 2.0])
    for rank in (4, -1):
        with pytest.raises(ValueError, match=f"rank {rank} of column 1, of 4 values"):
            select_on(both, [[column, column]] * 2, [[3], [rank]])
    with pytest.raises(ValueError, match="rank 0 of column 0, of 0 values"):
        select([column[:0]], [[0]], Hosts.alone())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        select([np.sort(np.array([1.0, value]))], [[0]], Hosts.alone())


def test_integers_and_mixed_types_are_refused() -> None:
    for columns in ([np.array([1])], [np.array([1.0]), np.array([1.0], dtype=np.float32)]):
        with pytest.raises(ValueError, match="all float32 or all float64"):
            select(cast(Any, columns), [[0]] * len(columns), Hosts.alone())


def test_hosts_that_disagree_are_told_so(both: list[Hosts]) -> None:
    column = np.array([1.0])
    shorter = [[column], [column.astype(np.float32)]]
    with pytest.raises(ValueError, match="other columns or types"):
        select_on(both, shorter, [[0]])
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(select, [column], [[rank]], host) for rank, host in enumerate(both)]
        for one in asked:
            with pytest.raises(ValueError, match="wants other ranks"):
                one.result(timeout=60)


def test_no_columns_and_no_ranks_are_nothing() -> None:
    assert select([], [], Hosts.alone()) == []
    assert select([np.array([1.0])], [[]], Hosts.alone()) == [[]]


@given(
    column=arrays.arrays(
        np.float64, st.integers(1, 30), elements=st.floats(-1e300, 1e300, allow_nan=False)
    ),
    fraction=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.95, 1.0]) | st.floats(0, 1),
)
def test_quantiles_are_those_of_numpy_to_the_bit(column: Column, fraction: float) -> None:
    column = np.sort(column)
    lower, upper, weight = quantile(len(column), fraction)
    assert between(float(column[lower]), float(column[upper]), weight) == np.quantile(
        column, fraction
    )
    middle = column[list(median(len(column)))]
    assert middle.sum() / 2 == np.median(column)


@pytest.fixture(scope="module")
def both() -> Iterator[list[Hosts]]:
    with two_hosts() as hosts:
        yield hosts


def select_on(
    hosts: list[Hosts], shards: list[list[Column]], ranks: list[list[int]]
) -> list[list[list[float]]]:
    with ThreadPoolExecutor(len(hosts)) as threads:
        return list(threads.map(lambda host, columns: select(columns, ranks, host), hosts, shards))

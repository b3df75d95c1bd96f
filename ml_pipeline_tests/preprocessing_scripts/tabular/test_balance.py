from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from preprocessing_scripts.tabular.balance import Smote
from preprocessing_scripts.tabular.errors import TableError

Rows = npt.NDArray[np.floating[Any]]


def minority(rows: int, features: int = 3, dtype: str = "float64") -> Rows:
    made: Rows = np.random.default_rng(7).normal(size=(rows, features)).astype(dtype)
    return made


def synthetic(smote: Smote, count: int) -> Rows:
    return np.concatenate(list(smote.sample(count)))


@settings(deadline=None, max_examples=30)
@given(rows=st.integers(2, 40), neighbors=st.integers(1, 7), seed=st.integers(0, 2**32 - 1))
def test_every_row_lies_between_a_row_and_one_of_its_nearest(
    rows: int, neighbors: int, seed: int
) -> None:
    real = minority(rows)
    made = synthetic(Smote(real, seed, neighbors), 2 * rows)
    k = min(neighbors, rows - 1)
    nearest = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(real).kneighbors()[1]
    starts = np.repeat(real, k, axis=0)
    steps = real[nearest.ravel()] - starts
    for row in made:  # the nearest point of each segment
        share = ((row - starts) * steps).sum(axis=1) / (steps**2).sum(axis=1)
        points = starts + np.clip(share, 0, 1)[:, None] * steps
        assert np.abs(points - row).max(axis=1).min() < 1e-9


def test_every_row_is_a_base_equally_often() -> None:
    # Two far groups of two rows: a synthetic row lies in the group of its base.
    real = np.array([[0.0], [1.0], [1000.0], [1001.0]])
    made = synthetic(Smote(real, 1, neighbors=1), 400)
    assert (made < 500).sum() == 200


def test_interpolation_is_uniform() -> None:
    made = synthetic(Smote(np.array([[0.0], [1.0]]), 3), 20_000)
    counts, _ = np.histogram(made, bins=10, range=(0, 1))
    assert counts.sum() == 20_000
    assert np.abs(counts - 2000).max() < 250  # six standard deviations


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_batches_are_bounded_and_of_the_minoritys_type(dtype: str) -> None:
    batches = list(Smote(minority(10, dtype=dtype), 0).sample(40_000))
    assert [batch.shape for batch in batches] == [(16_384, 3), (16_384, 3), (7_232, 3)]
    assert {str(batch.dtype) for batch in batches} == {dtype}


def test_the_seed_decides_and_the_minority_is_left_alone() -> None:
    real = minority(20)
    before = real.copy()
    smote = Smote(real, seed=5)
    first = synthetic(smote, 100)
    np.testing.assert_array_equal(first, synthetic(smote, 100))
    np.testing.assert_array_equal(first, synthetic(Smote(real, seed=5), 100))
    assert (first != synthetic(Smote(real, seed=6), 100)).any()
    np.testing.assert_array_equal(real, before)


def test_few_rows_have_fewer_neighbours() -> None:
    smote = Smote(minority(3), 0)
    assert (smote.neighbors, smote.warning) == (2, None)
    assert synthetic(smote, 10).shape == (10, 3)


def test_one_row_is_copied_with_a_warning() -> None:
    real = minority(1)
    smote = Smote(real, 0)
    assert smote.warning is not None
    np.testing.assert_array_equal(synthetic(smote, 4), np.repeat(real, 4, axis=0))


def test_rows_that_are_all_the_same_stay_the_same() -> None:
    real = np.full((8, 2), 3.25)
    np.testing.assert_array_equal(synthetic(Smote(real, 0), 50), np.full((50, 2), 3.25))


def test_none_wanted_is_none_made() -> None:
    assert list(Smote(minority(4), 0).sample(0)) == []


def test_no_rows_are_refused() -> None:
    with pytest.raises(TableError, match="no rows"):
        Smote(minority(0), 0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_and_infinite_values_are_refused(value: float) -> None:
    with pytest.raises(TableError, match="missing or infinite"):
        Smote(np.array([[1.0], [value]]), 0)


def test_a_category_is_that_of_most_neighbours_and_else_of_the_nearest() -> None:
    # A number, and one-hot A, B, B, C. Each row's neighbours are all others: A and C see B twice,
    # and a B sees one of each, the other B nearest, since other categories are farther away.
    real = np.array([[0.0, 1, 0, 0], [1.0, 0, 1, 0], [2.1, 0, 1, 0], [3.3, 0, 0, 1]])
    made = synthetic(Smote(real, 1, neighbors=3, categories=[slice(1, 4)]), 40)
    np.testing.assert_array_equal(made[:, 1:], np.tile([0, 1, 0], (40, 1)))
    assert len(np.unique(made[:, 0])) == 40


def test_categories_alone_have_distances_too() -> None:
    real = np.eye(3)[[0, 0, 0, 1, 1, 1]]
    made = synthetic(Smote(real, 1, neighbors=2, categories=[slice(0, 3)]), 60)
    np.testing.assert_array_equal(np.unique(made, axis=0), np.eye(3)[[1, 0]])
    np.testing.assert_array_equal(made.sum(axis=0), [30, 30, 0])

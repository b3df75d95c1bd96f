"""Float32 numbers as text of one width."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessing_scripts.tabular.scientific import WIDTH, scientific

FINITE = st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False)


def texts(values: list[float]) -> list[str]:
    matrix = scientific(np.array([values], np.float32))
    assert matrix.shape == (1, len(values) * WIDTH)
    return matrix.tobytes().decode().rstrip(",").split(",")


def test_every_number_has_nine_digits_and_an_exponent() -> None:
    assert texts([0.1, -1, 1234.5, 0, -0.0]) == [
        "+1.00000001e-01",
        "-1.00000000e+00",
        "+1.23450000e+03",
        "+0.00000000e+00",
        "-0.00000000e+00",
    ]


def test_what_is_too_small_to_be_normalized_is_zero() -> None:
    assert texts([1e-40, -1e-45]) == ["+0.00000000e+00", "-0.00000000e+00"]


@given(st.lists(FINITE, min_size=1, max_size=50))
def test_numbers_read_back_as_they_were(values: list[float]) -> None:
    found = texts(values)
    assert all(re.fullmatch(r"[+-]\d\.\d{8}e[+-]\d\d", text) for text in found)
    read = np.array([float(text) for text in found]).astype(np.float32)
    np.testing.assert_array_equal(
        read.view(np.uint32), np.array(values, np.float32).view(np.uint32)
    )


@pytest.mark.parametrize("power", range(-37, 39))
def test_numbers_beside_a_power_of_ten_have_their_own_exponents(power: int) -> None:
    ten = np.float32(10.0**power)
    beside = [np.nextafter(ten, np.float32(0)), ten, np.nextafter(ten, np.float32(np.inf))]
    found = texts([float(one) for one in beside])
    assert [np.float32(text) for text in found] == beside
    assert all(text[1] != "0" for text in found)


def test_random_bits_read_back() -> None:
    bits = np.random.default_rng(7).integers(0, 2**32, 200_000, dtype=np.uint32)
    values = bits.view(np.float32)
    values = values[np.isfinite(values) & (np.abs(values) >= np.finfo(np.float32).tiny)]
    read = np.array([float(text) for text in texts(values.tolist())]).astype(np.float32)
    np.testing.assert_array_equal(read.view(np.uint32), values.view(np.uint32))

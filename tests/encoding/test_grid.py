"""Even grids of values, and the nearest valid values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill.encoding.grid import (
    grid_of,
    nearest_valid,
    rounding_error,
    to_grid,
)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([0, 1, 5], 1),
        ([0.3, 0.5, 0.9], 0.2),
        ([0, 2, 5], 1),
        ([-0.2, 0.0, 0.3], 0.1),
        ([7.0, 7.0], None),
        ([0.0, 1.0, np.sqrt(2)], None),
        ([0.0, 1e-9, 1.0], None),
        ([0.0, 5e-324, 1.0], None),
        ([1e30, 2e30, 5e30], 1e30),
    ],
)
def test_grid_of_finds_the_step_of_evenly_spaced_values(values, step):
    grid = grid_of(np.array(values, dtype=float))
    assert (grid is None) == (step is None)
    if grid is not None:
        assert grid[1] == pytest.approx(step)


@given(st.integers(4, 50), st.integers(0, 2**32 - 1))
def test_grid_of_returns_none_for_random_numbers(n, seed):
    assert grid_of(np.random.RandomState(seed).standard_normal(n)) is None


def test_to_grid_returns_observed_values_without_rounding_errors():
    grid = grid_of(np.array([0.1, 0.2, 0.3, 5.1]))
    moved = to_grid(np.array([0.14, 0.26, 5.08, 2.04]), grid)
    assert moved[:3].tolist() == [0.1, 0.3, 5.1]
    assert moved[3] == pytest.approx(2.0)


def test_nearest_valid_clips_to_the_range_and_keeps_the_dtype():
    grid = grid_of(np.array([0.0, 2.0, 4.0]))
    low, high = np.int8(0), np.int8(4)
    valid = nearest_valid(np.array([-9.0, 0.9, 1.1, 99.0]), low, high, grid)
    assert valid.tolist() == [0, 0, 2, 4]
    assert valid.dtype == np.int8


def test_rounding_error_is_that_of_the_less_precise_dtype():
    assert rounding_error(np.dtype("float32")) == np.finfo("float32").eps
    assert rounding_error(np.dtype("int8")) == np.finfo("float64").eps

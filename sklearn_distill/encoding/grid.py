"""Evenly spaced values, such as integers and prices in cents, and rounding to them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np


def grid_of(
    values: np.ndarray, eps: float = np.finfo(np.float64).eps
) -> tuple[np.ndarray, float] | None:
    """Return the even grid on which all values lie, or None if there is none.

    Whole numbers lie on a grid, and so do prices in cents. Unlike a test for whole
    numbers, this test gives the same result after a change of units.

    Parameters
    ----------
    values : float64 ndarray of shape (n,)
    eps : float, default=machine epsilon of float64
        The relative rounding error of the values.

    Returns
    -------
    distinct : float64 ndarray
        The sorted distinct values.
    step : float
        The distance between neighboring points of the grid.
    """
    distinct = np.unique(values)
    if len(distinct) < 2:
        return None
    span = distinct[-1] - distinct[0]
    tolerance = 8 * eps * np.abs(distinct[[0, -1]]).max()
    smallest_step = max(1e-6 * span, 1e3 * tolerance)
    step = _common_step(np.diff(distinct), tolerance, smallest_step)
    if step is None:
        return None
    positions = (distinct - distinct[0]) / step
    if np.abs(positions - np.rint(positions)).max() > 1e-6 + tolerance / step:
        return None
    return distinct, step


def _common_step(
    gaps: np.ndarray, tolerance: float, smallest_step: float
) -> float | None:
    """Return the largest step that divides all gaps, by Euclid's algorithm.

    Each gap may be wrong by `tolerance`; `error` bounds the resulting error of the
    current step.
    """
    step, error = gaps.min(), tolerance
    while step > smallest_step:
        counts = np.rint(gaps / step)
        remainders = np.abs(gaps - counts * step)
        errors = tolerance + counts * error
        if (remainders <= errors).all():
            # The mean over all gaps is more precise than the gap that the step is from.
            return float(gaps.sum() / counts.sum())
        smallest = np.where(remainders > errors, remainders, np.inf).argmin()
        step, error = remainders[smallest], errors[smallest]
    return None


def to_grid(x: np.ndarray, grid: tuple[np.ndarray, float]) -> np.ndarray:
    """Move each number to the nearest point of an even grid; see `grid_of`."""
    distinct, step = grid
    on_grid = distinct[0] + np.rint((x - distinct[0]) / step) * step
    # If the grid point was observed, return the observed float: 5.1 instead of
    # 5.1000000000005.
    right = np.searchsorted(distinct, on_grid).clip(1, len(distinct) - 1)
    left = right - 1
    left_is_nearer = on_grid - distinct[left] < distinct[right] - on_grid
    observed = distinct[np.where(left_is_nearer, left, right)]
    return np.where(np.abs(observed - on_grid) < 1e-3 * step, observed, on_grid)


def nearest_valid(
    x: np.ndarray, low: Any, high: Any, grid: tuple[np.ndarray, float] | None
) -> np.ndarray:
    """Return the nearest numbers that lie in the observed range and on the grid.

    Parameters
    ----------
    x : float64 ndarray
    low, high : scalar or ndarray
        The smallest and the largest observed value; their dtype is that of the result.
    grid : tuple or None
        The result of `grid_of` for the observed values.
    """
    dtype = np.asarray(low).dtype
    first, last = np.float64(low), np.float64(high)
    x = np.clip(x, first, last)
    if grid is not None:
        x = to_grid(x, grid)
    if dtype.kind in "iu":
        x = np.rint(x)
    # Take the ends of the range from the integers themselves: beyond 2**53, a float
    # that equals an integer may change in the cast back to the integer dtype.
    at_low, at_high = x <= first, x >= last
    inside = np.where(at_low | at_high, 0.0, x).astype(dtype)
    return np.where(at_low, low, np.where(at_high, high, inside)).astype(dtype)


def rounding_error(dtype: np.dtype) -> float:
    """Return the relative rounding error of numbers that pass through float64."""
    eps = np.finfo(np.float64).eps
    return float(max(eps, np.finfo(dtype).eps) if dtype.kind == "f" else eps)

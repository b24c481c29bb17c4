"""Validity: whether the columns could hold the values that distilled rows have."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ..encoding.grid import grid_of, rounding_error, to_grid
from ..encoding.values import plain_numbers, values_of


def invalid_share(X: Any, X_distilled: Any) -> float:
    """Return the share of distilled values that the real column could not hold.

    A category that is not among the column's, a number outside its range, a number off
    its grid (2.5 children, a price of 1.005), and a missing value.

    Parameters
    ----------
    X : array or DataFrame of n real rows
    X_distilled : array or DataFrame of m rows
        With the same columns.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.evaluation import invalid_share
    >>> children, incomes = [0, 1, 2, 3], [10.5, 11.25, 30.0, 17.1]
    >>> X = np.column_stack([children, incomes])
    >>> invalid_share(X, np.array([[1.0, 12.0], [2.5, 99.0]]))
    0.5
    """
    if len(np.shape(X)) > 2:
        # The pixels of images share one grid, and each has a range of its own.
        X, X_distilled = np.asarray(X), np.asarray(X_distilled)
        outside = (X_distilled < X.min(axis=0)) | (X_distilled > X.max(axis=0))
        off = _off_grid(X.ravel(), X_distilled.ravel()).reshape(outside.shape)
        return float((outside | off | ~np.isfinite(X_distilled)).mean())
    invalid = [
        _invalid(real, made)
        for real, made in zip(_columns(X), _columns(X_distilled), strict=True)
    ]
    return float(np.mean(invalid))


def _columns(X: Any) -> list[np.ndarray]:
    if hasattr(X, "iloc"):
        return [
            values_of(X.iloc[:, j])
            if X.dtypes.iloc[j] == "category"
            else plain_numbers(values_of(X.iloc[:, j]))
            for j in range(X.shape[1])
        ]
    return [plain_numbers(column) for column in np.asarray(X).T]


def _invalid(real: np.ndarray, made: np.ndarray) -> np.ndarray:
    """Tell of each value of a column whether the real column could not hold it."""
    if real.dtype.kind not in "biuf" or made.dtype.kind not in "biuf":
        known = set(real.tolist())
        return np.array([value not in known for value in made.tolist()])
    outside = ~((made >= real.min()) & (made <= real.max()))
    return outside | _off_grid(real, made)


def _off_grid(real: np.ndarray, made: np.ndarray) -> np.ndarray:
    grid = grid_of(real.astype(np.float64), rounding_error(real.dtype))
    if grid is None:
        return np.zeros(made.shape, dtype=bool)
    x = np.nan_to_num(made.astype(np.float64))
    return np.abs(to_grid(x, grid) - x) > 1e-6 * grid[1]

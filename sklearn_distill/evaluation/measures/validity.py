"""Validity: the share of distilled values that the real columns could not hold."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from ..._utils.native_rows import dense_rows_of
from ...encoding.categorical_features import are_dates, categorical_mask, is_day
from ...encoding.dates import steps_of
from ...encoding.grid import grid_of, rounding_error, to_grid
from ...encoding.values import columns_of
from ...validation.rows import keep_mixed_types


def invalid_share(
    X: Any, X_distilled: Any, *, categorical_features: Any = "from_dtype"
) -> float:
    """Return the share of distilled values that the real column could not hold.

    A value is invalid if it is a category that the real column does not have, a number
    outside the real column's range, a number between the grid points of the real
    column (such as 2.5 children, or a price of 1.005), a date outside the range or
    between the steps of the real column (such as noon in a column of days), or a
    missing value in a column whose real values are never missing. A column of integers
    that are all dates in the form YYYYMMDD does not hold other integers.

    Parameters
    ----------
    X : array-like, DataFrame, table, tensor or sparse matrix of n real rows
    X_distilled : array-like, DataFrame, table, tensor or sparse matrix of m rows
        With the columns of X.
    categorical_features : {"auto", "from_dtype"} or array-like, default="from_dtype"
        Columns whose numbers are categories; see `BaseDistiller`. Their values are
        valid only if they occur in X.

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
    X, X_distilled = _as_table(X), _as_table(X_distilled)
    if X.ndim > 2:
        # All pixels of images share one grid, but each pixel has its own range.
        outside = (X_distilled < X.min(axis=0)) | (X_distilled > X.max(axis=0))
        off = _is_off_grid(X.ravel(), X_distilled.ravel()).reshape(outside.shape)
        return float((outside | off | ~np.isfinite(X_distilled)).mean())
    is_category = categorical_mask(X, categorical_features)
    columns = zip(columns_of(X), columns_of(X_distilled), is_category, strict=True)
    invalid = [_is_invalid(*column) for column in columns]
    return float(np.mean(invalid))


def _as_table(X: Any) -> Any:
    """Return X as a DataFrame or as a dense array; mixed lists become objects."""
    X = dense_rows_of(keep_mixed_types(X))
    return X if hasattr(X, "iloc") else np.asarray(X)


def _is_invalid(
    real: np.ndarray, distilled: np.ndarray, is_category: bool
) -> np.ndarray:
    """Return for each distilled value whether the real column could not hold it."""
    missing, missing_real = np.ma.getmaskarray(distilled), np.ma.getmaskarray(real)
    invalid = np.empty(len(distilled), dtype=bool)
    invalid[missing] = not missing_real.any()
    real, distilled = np.ma.getdata(real), np.ma.getdata(distilled)
    is_unknown = _is_new_category if is_category else _is_out_of_range
    invalid[~missing] = is_unknown(real[~missing_real], distilled[~missing])
    return invalid


def _is_new_category(real: np.ndarray, distilled: np.ndarray) -> np.ndarray:
    """Return for each distilled value whether it differs from all real values."""
    known = set(real.tolist())
    return np.array([value not in known for value in distilled.tolist()], dtype=bool)


def _is_out_of_range(real: np.ndarray, distilled: np.ndarray) -> np.ndarray:
    """Return for each distilled value whether it is out of range or off the grid."""
    kinds = {real.dtype.kind, distilled.dtype.kind}
    if len(real) and (kinds == {"M"} or kinds == {"m"}):
        # Compare the dates as numbers of steps from the earliest real date.
        distilled = distilled.astype(real.dtype)
        first, step = steps_of(real)
        distances = (values.astype(np.int64) - first for values in (real, distilled))
        real, distilled = (values / np.float64(step) for values in distances)
    elif not len(real) or not all(kind in "biuf" for kind in kinds):
        return _is_new_category(real, distilled)
    elif are_dates(real) and distilled.dtype.kind in "iu":
        return (distilled < real.min()) | (distilled > real.max()) | ~is_day(distilled)
    outside = ~((distilled >= real.min()) & (distilled <= real.max()))
    return outside | _is_off_grid(real, distilled)


def _is_off_grid(real: np.ndarray, distilled: np.ndarray) -> np.ndarray:
    """Return for each distilled number whether it is off the real column's grid."""
    grid = grid_of(real.astype(np.float64), rounding_error(real.dtype))
    if grid is None:
        return np.zeros(distilled.shape, dtype=bool)
    x = np.nan_to_num(distilled.astype(np.float64))
    return np.abs(to_grid(x, grid) - x) > 1e-6 * grid[1]

"""Which columns of a table contain categories that are written as numbers."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .values import columns_of

# An integer column of at most this many distinct values may contain codes.
MAX_CODES = 20
# The integers between the smallest and the largest code are at least this many times as
# many as the codes.
MIN_GAPS = 3


def categorical_mask(X: Any, categorical_features: Any) -> np.ndarray:
    """Return which columns are categories although they contain numbers or dates.

    Parameters
    ----------
    X : ndarray or DataFrame of shape (n, n_columns)
    categorical_features : {"auto", "from_dtype"} or array-like
        "from_dtype" is no column; columns with strings or the category dtype are
        recognized by their dtype. "auto" is the columns for which `are_codes` is True.
        An array-like contains names of columns, positions, or a boolean per column.

    Returns
    -------
    bool ndarray of shape (n_columns,)

    Raises
    ------
    ValueError
        If a column does not exist, or if a mask has a wrong length.
    """
    n_columns = X.shape[1]
    mask = np.zeros(n_columns, dtype=bool)
    if isinstance(categorical_features, str):
        if categorical_features == "auto":
            mask[:] = [are_codes(values) for values in columns_of(X)]
        return mask
    given = np.asarray(categorical_features)
    if not given.size:
        return mask
    if given.dtype.kind == "b":
        if given.shape != (n_columns,):
            raise ValueError(
                "categorical_features as a boolean mask must have one entry for each "
                f"of the {n_columns} columns of X; got shape {given.shape}."
            )
        return given.copy()
    mask[column_positions(X, given.tolist(), "categorical_features")] = True
    return mask


def column_positions(X: Any, columns: Any, parameter: str) -> list[int]:
    """Return the positions of columns that a parameter gives by name or position."""
    return [_position(X, column, parameter) for column in columns]


def _position(X: Any, column: Any, parameter: str) -> int:
    """Return the position of a column that is given by its name or position."""
    if isinstance(column, str):
        names = list(getattr(X, "columns", []))
        if column not in names:
            raise ValueError(
                f"{parameter} contains {column!r}, which is not the name of a "
                "column of X."
            )
        return names.index(column)
    if not isinstance(column, int) or not 0 <= column < X.shape[1]:
        raise ValueError(
            f"{parameter} must contain names of columns of X, or positions "
            f"from 0 to {X.shape[1] - 1}; got {column!r}."
        )
    return column


def are_codes(values: np.ndarray) -> bool:
    """Tell whether integers seem to be codes of categories, such as 1, 2, 9 and 99.

    Codes have few distinct values, each of which occurs several times, with many
    unused integers between the smallest and the largest value.
    """
    if values.dtype.kind not in "iu":
        return False
    observed = np.ma.getdata(values)[~np.ma.getmaskarray(values)]
    distinct = np.unique(observed)
    if not 3 <= len(distinct) <= MAX_CODES or len(observed) < 3 * len(distinct):
        return False
    # The values of an evenly spaced column are counts or grades.
    gaps = np.diff(distinct.astype(np.float64))
    n_integers = (distinct[-1] - np.float64(distinct[0])) / gaps.min() + 1
    return bool(n_integers >= MIN_GAPS * len(distinct))


def are_dates(values: np.ndarray) -> bool:
    """Tell whether integers seem to be dates, written as 20150131 (YYYYMMDD)."""
    if values.dtype.kind not in "iu":
        return False
    observed = np.ma.getdata(values)[~np.ma.getmaskarray(values)]
    if len(observed) < 2 or observed.min() < 1800_01_01 or observed.max() > 2199_12_31:
        return False
    return bool(observed.min() < observed.max() and is_day(observed).all())


def is_day(values: np.ndarray) -> np.ndarray:
    """Return for each integer whether it is the date of an existing day (YYYYMMDD)."""
    years, months, days = values // 10_000, values // 100 % 100, values % 100
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    length = lengths[np.where(months <= 12, months, 0)] + (leap & (months == 2))
    return (days >= 1) & (days <= length)

"""The columns of arrays and DataFrames as NumPy arrays of numbers or objects."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any

import numpy as np


def columns_of(X: Any) -> Iterator[np.ndarray]:
    """Yield each column as an array: numbers and booleans as such, others as object."""
    if hasattr(X, "iloc"):
        for j in range(X.shape[1]):
            values = values_of(X.iloc[:, j])
            # Categories may be numbers, but a value between two of them is not valid.
            yield values if X.dtypes.iloc[j] == "category" else plain_numbers(values)
    else:
        for j in range(X.shape[1]):
            yield plain_numbers(X[:, j])


def column_name(X: Any, j: int) -> Any:
    """Return the name of column j of a DataFrame, or its position in an array."""
    return X.columns[j] if hasattr(X, "columns") else j


def values_of(column: Any) -> np.ndarray:
    """Return a column of a DataFrame as plain numbers or booleans, or as objects.

    Nullable and Arrow columns are converted to NumPy numbers. The column must not
    contain missing values.
    """
    dtype = column.dtype
    if dtype.kind in "biuf":
        return column.to_numpy(dtype=getattr(dtype, "numpy_dtype", dtype))
    return column.to_numpy(dtype=object)


def plain_numbers(values: np.ndarray) -> np.ndarray:
    """Convert Python numbers to int64 or float64; return other arrays unchanged."""
    if values.dtype.kind != "O" or not all(map(is_number, values)):
        return values
    if all(isinstance(v, int | np.integer) for v in values):
        try:
            return values.astype(np.int64)
        except OverflowError:
            pass
    return values.astype(np.float64)


def is_number(value: Any) -> bool:
    """Tell whether a Python object is a real number (booleans and times are not)."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(
        value, bool | np.timedelta64
    )

"""The columns of arrays and DataFrames as NumPy arrays of numbers, dates or objects."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

# The largest DataFrame whose columns are converted at once, which may copy them.
MAX_CELLS_AT_ONCE = 10_000_000
# The NumPy dtype of the dates and durations of Python in a column of objects.
DATE_DTYPES = {
    date: "datetime64[D]",
    datetime: "datetime64[us]",
    timedelta: "timedelta64[us]",
}


def columns_of(X: Any) -> Iterator[np.ndarray]:
    """Yield each column: numbers, dates and durations as such, others as objects.

    A column with missing values is a masked array, whose data are arbitrary where the
    mask is True.
    """
    if hasattr(X, "iloc"):
        if (numbers := numbers_of(X)) is not None:
            for values in numbers.T:
                yield _array_column(np.ascontiguousarray(values))
            return
        for _, column in X.items():
            values = column_values(column)
            # Categories may be numbers, but a value between two of them is not valid.
            yield values if column.dtype == "category" else plain_values(values)
    else:
        for j in range(X.shape[1]):
            values = _array_column(np.asarray(X[:, j]))
            # Only the array of a table of polars or pyarrow has dtypes by column.
            dtype = X.dtypes[j] if hasattr(X, "dtypes") else None
            yield values if dtype == "category" else _with_dtype(values, dtype)


def numbers_of(X: Any) -> np.ndarray | None:
    """Return a DataFrame as an array if its columns have one NumPy dtype of numbers.

    The array is often a view. None is returned for other DataFrames, and for those of
    which a copy would be large. To convert all columns at once is far faster.
    """
    if not X.size or X.size > MAX_CELLS_AT_ONCE:
        return None
    dtypes = set(X.dtypes)
    dtype = dtypes.pop()
    is_numeric = isinstance(dtype, np.dtype) and dtype.kind in "biuf"
    return X.to_numpy() if is_numeric and not dtypes else None


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


def column_values(column: Any) -> np.ndarray:
    """Return a column of a DataFrame as an array, masked where values are missing.

    Dates with a time zone become the local time of their time zone, and periods become
    their ordinal numbers.
    """
    dtype, missing = column.dtype, column.isna().to_numpy(dtype=bool)
    if dtype.kind in "biuf":
        numpy_dtype = np.dtype(getattr(dtype, "numpy_dtype", dtype))
        if missing.any():
            fill = numpy_dtype.type(0)
            values = column.to_numpy(dtype=numpy_dtype, na_value=fill)
        else:
            values = values_of(column)
        if numpy_dtype.kind == "f" and numpy_dtype is not dtype:
            # A nullable column can contain NaN besides its missing values.
            missing = missing | np.isnan(values)
    elif dtype.kind in "mM" and not is_arrow_date(dtype):
        values = local_times(column)
    elif is_period(dtype):
        values = column.array.asi8
    else:
        values = column.to_numpy(dtype=object)
    return _masked(values, missing)


def local_times(column: Any) -> np.ndarray:
    """Return a column of dates or durations as datetime64 or timedelta64."""
    dtype = column.dtype
    if time_zone(dtype) is not None:
        column = column.dt.tz_localize(None)
    if not hasattr(dtype, "pyarrow_dtype"):
        return column.to_numpy()
    name = "datetime64" if dtype.kind == "M" else "timedelta64"
    return column.to_numpy(dtype=f"{name}[{dtype.pyarrow_dtype.unit}]")


def time_zone(dtype: Any) -> Any:
    """Return the time zone of a pandas dtype, or None if it has none."""
    return getattr(getattr(dtype, "pyarrow_dtype", dtype), "tz", None)


def is_arrow_date(dtype: Any) -> bool:
    """Tell whether a dtype is that of Arrow's dates, which pandas shows as objects."""
    return str(getattr(dtype, "pyarrow_dtype", "")).startswith("date")


def is_period(dtype: Any) -> bool:
    """Tell whether a dtype is that of pandas' periods."""
    return type(dtype).__name__ == "PeriodDtype"


def plain_values(values: np.ndarray) -> np.ndarray:
    """Convert numbers, decimals and dates of Python to NumPy numbers and dates.

    Other arrays are returned unchanged. The mask of a masked array is kept.
    """
    if values.dtype.kind != "O":
        return values
    missing = np.ma.getmaskarray(values)
    if missing.all():
        return values
    data = np.ma.getdata(values)
    if not missing.any():
        return _plain_objects(data)
    observed = _plain_objects(data[~missing])
    if observed.dtype.kind == "O":
        return values
    plain = np.zeros(len(values), dtype=observed.dtype)
    plain[~missing] = observed
    return np.ma.MaskedArray(plain, missing)


def _plain_objects(values: np.ndarray) -> np.ndarray:
    """Convert an array of Python numbers, decimals or dates if it has one kind."""
    types = set(map(type, values))
    if Decimal in types and all(t is Decimal or t in (int, float) for t in types):
        return values.astype(np.float64)
    if len(types) == 1 and (dtype := DATE_DTYPES.get(next(iter(types)))):
        return values.astype(dtype)
    return plain_numbers(values)


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


def is_missing(value: Any) -> bool:
    """Tell whether a value is None, pandas.NA, pandas.NaT or NaT of NumPy."""
    if isinstance(value, np.datetime64 | np.timedelta64):
        return bool(np.isnat(value))
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def is_gap(value: Any) -> bool:
    """Tell whether a value is missing: None, pandas.NA, pandas.NaT or NaN."""
    # Only NaN differs from itself.
    is_nan = isinstance(value, float | np.floating | Decimal) and value != value
    return is_nan or is_missing(value)


def _array_column(values: np.ndarray) -> np.ndarray:
    """Return a column of an array, masked where values are missing."""
    if values.dtype.kind == "f":
        return _masked(values, np.isnan(values))
    if values.dtype.kind in "mM":
        return _masked(values, np.isnat(values))
    if values.dtype.kind == "O":
        return _masked(values, np.fromiter(map(is_gap, values), bool, len(values)))
    return values


def _with_dtype(values: np.ndarray, dtype: np.dtype | None) -> np.ndarray:
    """Return a column of objects, which may be masked, in a dtype.

    Without a dtype, and if all values are missing, `plain_values` of it are returned;
    likewise for booleans some of which are missing, which pandas stores as objects too.
    """
    missing = np.ma.getmaskarray(values)
    if dtype is None or missing.all() or (dtype.kind == "b" and missing.any()):
        return plain_values(values)
    if not missing.any():
        return values.astype(dtype)
    typed = np.zeros(len(values), dtype=dtype)
    typed[~missing] = np.ma.getdata(values)[~missing]
    return np.ma.MaskedArray(typed, missing)


def _masked(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    """Return values as a masked array if some of them are missing."""
    return np.ma.MaskedArray(values, missing) if missing.any() else values

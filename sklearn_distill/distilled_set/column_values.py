"""The values of single columns in files: Python objects, dates and missing values."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.optional import import_pandas, import_pyarrow
from ..encoding.values import (
    is_arrow_date,
    is_gap,
    is_period,
    local_times,
    time_zone,
    values_of,
)
from .json_values import object_from_json, object_to_json


def stored_values(column: Any) -> np.ndarray:
    """Return a column of a DataFrame as an array that an .npz file can hold.

    The array contains objects if the column does, or if it is a column of numbers with
    missing values for which NumPy has no dtype.
    """
    dtype = column.dtype
    if dtype == "category":
        return column.cat.codes.to_numpy()
    if is_period(dtype):
        return column.array.asi8
    if dtype.kind in "mM" and not is_arrow_date(dtype):
        if time_zone(dtype) is not None:
            column = column.dt.tz_convert("UTC")
        return local_times(column)
    if dtype.kind in "biu" and column.isna().any():
        return column.to_numpy(dtype=object)
    return values_of(column)


def restored_column(values: np.ndarray, dtype: Any) -> Any:
    """Return the array of a column in an .npz file as a Series."""
    pd = import_pandas()
    if dtype == "category":
        return pd.Series(pd.Categorical.from_codes(values, dtype=dtype))
    if is_period(dtype):
        return pd.Series(pd.arrays.PeriodArray(values, dtype=dtype))
    if time_zone(dtype) is not None and values.dtype.kind == "M":
        zoned = pd.Series(values).dt.tz_localize("UTC").dt.tz_convert(time_zone(dtype))
        return zoned.astype(dtype)
    if hasattr(dtype, "pyarrow_dtype") and dtype.kind == "O":
        # pandas cannot create dictionaries of Arrow from objects.
        pa, _ = import_pyarrow()
        cells = [None if is_gap(value) else value for value in values]
        array = pa.array(cells, type=dtype.pyarrow_dtype)
        return pd.Series(pd.arrays.ArrowExtensionArray(array))
    return pd.Series(values, dtype=dtype)


def missing_object(column: Any) -> str | None:
    """Return the text of the object that stands for missing values in a column."""
    gaps = [value for value in column.to_numpy(dtype=object) if is_gap(value)]
    return object_to_json(gaps[0]) if gaps else None


def restored_objects(values: list[Any], missing: str | None, dtype: Any) -> Any:
    """Return objects that were read from a Parquet file as a Series.

    Parquet files have a single kind of missing value, which is read as None.
    """
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    if missing is not None:
        gap = object_from_json(missing)
        objects[[value is None for value in values]] = gap
    return import_pandas().Series(objects, dtype=dtype)

"""Decoded columns in the dtypes and Python types of the data."""

# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np

from .values import DATE_DTYPES, is_arrow_date, is_gap, is_period, time_zone

# The number of significant decimal digits that a float holds.
FLOAT_DIGITS = 15


class ObjectForm(NamedTuple):
    """How a column of Python objects represents its values.

    Attributes
    ----------
    kind : type or None
        Decimal, or a class of dates; None if objects are stored as they are decoded.
    places : int or None
        The number of decimals of Decimal objects; None if a float cannot hold them.
    missing : object
        The object that stands for a missing value.
    """

    kind: type | None = None
    places: int | None = None
    missing: Any = None


def object_form(objects: Any) -> ObjectForm:
    """Return the form of a column of objects, including missing values.

    Parameters
    ----------
    objects : object ndarray of shape (n,)
    """
    gaps = [value for value in objects if is_gap(value)]
    # Count by type and text, because NaN differs from itself.
    by_name = {f"{type(gap).__name__} {gap}": gap for gap in gaps}
    names = Counter(f"{type(gap).__name__} {gap}" for gap in gaps)
    missing = by_name[names.most_common(1)[0][0]] if gaps else None
    observed = [value for value in objects if not is_gap(value)]
    types = set(map(type, observed))
    if not types:
        return ObjectForm(missing=missing)
    if Decimal in types:
        decimals = [v for v in observed if isinstance(v, Decimal)]
        exponents = [int(v.as_tuple().exponent) for v in decimals]
        places = max(0, -min(exponents))
        # Decimals with more digits come back with those that a float holds.
        return ObjectForm(Decimal, places if places <= FLOAT_DIGITS else None, missing)
    kind = next(iter(types)) if len(types) == 1 else None
    return ObjectForm(kind if kind in DATE_DTYPES else None, None, missing)


def as_objects(values: np.ndarray, form: ObjectForm) -> np.ndarray:
    """Return a decoded column, which may be masked, as Python objects."""
    data, missing = np.ma.getdata(values), np.ma.getmaskarray(values)
    objects = data.astype(object)
    if form.kind is Decimal:
        objects[:] = [_decimal(value, form.places) for value in data.tolist()]
    objects[missing] = form.missing
    return objects


def _decimal(value: float, places: int | None) -> Decimal:
    """Return a float as a Decimal with a given number of decimals."""
    return Decimal(repr(value)) if places is None else Decimal(f"{value:.{places}f}")


def into_array(out: np.ndarray, values: np.ndarray, form: ObjectForm | None) -> None:
    """Copy a decoded column into a column of an array, with its missing values."""
    missing = np.ma.getmaskarray(values)
    if form is not None:
        out[:] = as_objects(values, form)
        return
    out[:] = np.ma.getdata(values)
    if missing.any():
        out[missing] = np.nan if out.dtype.kind == "f" else "NaT"


def to_series(values: np.ndarray, dtype: Any, form: ObjectForm | None) -> Any:
    """Return a decoded column as a Series of a given dtype, with its missing values."""
    import pandas as pd

    data, missing = np.ma.getdata(values), np.ma.getmaskarray(values)
    if form is not None:
        series = pd.Series(as_objects(values, form), dtype=dtype)
    elif is_period(dtype):
        ordinals = np.where(missing, np.iinfo(np.int64).min, data)
        series = pd.Series(pd.arrays.PeriodArray(ordinals, dtype=dtype))
    elif time_zone(dtype) is not None and dtype.kind == "M":
        # A clock that is set back shows some times twice, of which the second one is
        # taken.
        local = pd.Series(data).dt.tz_localize(
            time_zone(dtype),
            ambiguous=np.zeros(len(data), dtype=bool),
            nonexistent="shift_forward",
        )
        series = local.astype(dtype).mask(missing)
    else:
        series = pd.Series(data, dtype=dtype)
        if missing.any():
            series = series.mask(missing)
    return series


def forms_of(X: Any) -> list[ObjectForm | None]:
    """Return the form of each column of objects, and None for all other columns."""
    if hasattr(X, "iloc"):
        return [_series_form(X.iloc[:, j]) for j in range(X.shape[1])]
    if X.dtype.kind != "O":
        return [None] * X.shape[1]
    return [object_form(X[:, j]) for j in range(X.shape[1])]


def _series_form(column: Any) -> ObjectForm | None:
    """Return the form of a column of a DataFrame, or None if it is not of objects."""
    dtype = column.dtype
    # Decimals of Arrow have the kind of objects, too.
    has_objects = dtype.kind == "O" or is_arrow_date(dtype)
    if not has_objects or dtype == "category" or is_period(dtype):
        return None
    return object_form(column.to_numpy(dtype=object))

"""Rows in arrays and in DataFrames: some of them, and more of them."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np


def take_rows(X: Any, indices: np.ndarray) -> Any:
    """Return the rows of an array or a DataFrame, in that order, with a fresh index."""
    if hasattr(X, "iloc"):
        return X.iloc[indices].reset_index(drop=True)
    return X[indices]


def in_form_of(X: Any, X_new: Any) -> Any:
    """Return new rows, whose columns were checked, in the container of X's.

    Columns whose names nobody checked, numbers for example, go by their place.
    """
    if not hasattr(X, "iloc"):
        return np.asarray(X_new)
    if not hasattr(X_new, "iloc"):
        import pandas as pd

        return pd.DataFrame(X_new, columns=X.columns).infer_objects()
    if set(X_new.columns) != set(X.columns):
        return X_new.set_axis(X.columns, axis="columns")
    return X_new


def stacked(X: Any, X_new: Any) -> Any:
    """Return rows and new rows in one array or DataFrame, of X's dtypes if they fit."""
    if not hasattr(X, "iloc"):
        return np.concatenate([X, _in_dtype_of(X, np.asarray(X_new))])
    import pandas as pd

    X_new = X_new.copy()
    for name, dtype in X.dtypes.items():
        if dtype == "category":
            values = pd.unique(X_new[name].dropna().astype(object))
            more = [v for v in values if v not in dtype.categories]
            X = X.assign(**{name: X[name].cat.add_categories(more)})
            X_new[name] = X_new[name].astype(X[name].dtype)
        else:
            X_new[name] = _in_dtype_of(X[name], X_new[name])
    return pd.concat([X, X_new[X.columns]], ignore_index=True)


def _in_dtype_of(values: Any, new: Any) -> Any:
    """Return new numbers in the dtype of others, unless it cannot hold them."""
    dtype = values.dtype
    if dtype.kind not in "biuf" or dtype == new.dtype:
        return new
    if new.dtype.kind not in "biuf":
        # An object column of numbers; a number in quotes is text.
        if any(isinstance(value, str) for value in np.asarray(new, object).flat):
            return new
        try:
            new = new.astype(np.float64)
        except (TypeError, ValueError):
            return new
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            cast = new.astype(dtype)
    except (TypeError, ValueError):
        return new  # a nullable dtype says so itself
    if dtype.kind == "f":
        is_held = np.isfinite(cast) == np.isfinite(new)
    else:
        is_held = cast == new
    return cast if is_held.all() else new

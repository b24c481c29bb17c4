"""Row operations that work on NumPy arrays and on pandas DataFrames alike."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .named_array import NamedArray


def take_rows(X: Any, indices: np.ndarray) -> Any:
    """Return rows of an array or a DataFrame by position, in the order of `indices`.

    A DataFrame is returned with a new index that counts from 0.
    """
    if type(X).__module__.partition(".")[0] == "pyarrow":
        return X.take(indices)
    if hasattr(X, "iloc"):
        return X.iloc[indices].reset_index(drop=True)
    return X[indices]


def in_form_of(X: Any, X_new: Any) -> Any:
    """Return `X_new` as the same kind of container as `X`: an array or a DataFrame.

    The number of columns of `X_new` must be that of `X`. If the column names of two
    DataFrames differ, the columns are matched by position.
    """
    if not hasattr(X, "iloc"):
        return X_new if isinstance(X, NamedArray) else np.asarray(X_new)
    if not hasattr(X_new, "iloc"):
        import pandas as pd

        return pd.DataFrame(X_new, columns=X.columns).infer_objects()
    if set(X_new.columns) != set(X.columns):
        return X_new.set_axis(X.columns, axis="columns")
    return X_new


def stacked(X: Any, X_new: Any) -> Any:
    """Return the rows of `X` followed by those of `X_new` in one container.

    The dtypes of `X` are kept where they can hold the values of `X_new`.
    """
    if isinstance(X, NamedArray):
        return X.stacked(X_new)
    if not hasattr(X, "iloc"):
        return np.concatenate([X, _cast_if_lossless(np.asarray(X_new), X.dtype)])
    import pandas as pd

    X_new = X_new.copy()
    for name, dtype in X.dtypes.items():
        if dtype == "category":
            values = pd.unique(X_new[name].dropna().astype(object))
            added = [value for value in values if value not in dtype.categories]
            X = X.assign(**{name: X[name].cat.add_categories(added)})
            X_new[name] = X_new[name].astype(X[name].dtype)
        else:
            X_new[name] = _cast_if_lossless(X_new[name], dtype)
    return pd.concat([X, X_new[X.columns]], ignore_index=True)


def _cast_if_lossless(values: Any, dtype: Any) -> Any:
    """Cast numbers to a numeric dtype, or return them unchanged if it cannot hold them.

    A float dtype holds a number if the number remains finite; precision may be lost.
    """
    if dtype.kind not in "biuf" or dtype == values.dtype:
        return values
    if values.dtype.kind not in "biuf":
        # The values have dtype object. Strings of digits are text, not numbers.
        if any(isinstance(value, str) for value in np.asarray(values, object).flat):
            return values
        try:
            values = values.astype(np.float64)
        except (TypeError, ValueError):
            return values
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            cast = values.astype(dtype)
    except (TypeError, ValueError):
        # pandas' nullable dtypes raise an error for values that they cannot hold.
        return values
    if dtype.kind == "f":
        is_held = np.isfinite(cast) == np.isfinite(values)
    else:
        is_held = cast == values
    return cast if is_held.all() else values

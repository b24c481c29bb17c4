"""Checks of rows and of sample weights."""

# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_consistent_length, validate_data

from .._utils._sklearn_private import _check_sample_weight, _num_samples
from .._utils.native_rows import check_supported, from_native, keeps_container
from ..encoding.values import DATE_DTYPES, is_gap, is_number, is_period, numbers_of
from .images import check_image_shape, check_image_values, check_row_shape
from .values import MAX_MAGNITUDE, as_floats, check_magnitude, is_date, one_of_each_type

# Sparse input is converted to a dense array of at most this many cells (400 MB in
# float64).
MAX_DENSE_CELLS = 50_000_000
# Raise positive weights below this share of the largest weight to this share. Sums of
# weights could not distinguish smaller weights from 0, which means an absent row.
MIN_WEIGHT_SHARE = 1e-12
VALUES = (str, bytes, bool, np.bool_, int, float, np.number, Decimal)


def check_rows(
    estimator: Any,
    X: Any,
    *,
    reset: bool,
    keep_container: bool = False,
    min_rows: int = 2,
) -> Any:
    """Return X as a DataFrame, or as an array of numbers or objects, that is valid.

    Values of tables may be missing.

    Parameters
    ----------
    estimator : estimator
        Sets or checks its `n_features_in_` and `feature_names_in_`; if it has an
        `image_shape`, X must match it.
    X : array-like, DataFrame, table, tensor or sparse matrix of n rows
    reset : bool
        True in `fit`; False for new rows, which must match the rows of `fit`.
    keep_container : bool, default=False
        Whether a sparse matrix, a table of polars or pyarrow, and a tensor (if
        scikit-learn dispatches to the array API) are returned as such.
    min_rows : int, default=2
        The minimum number of rows in `fit`; a batch of a stream may have one row.

    Returns
    -------
    ndarray or DataFrame
        A DataFrame is returned unchanged. Unless `keep_container`, a sparse matrix is
        returned as a dense array, and a table as a DataFrame, or without pandas as a
        `NamedArray`.

    Raises
    ------
    ValueError, TypeError
        For infinite values, images with missing values, dates in a column of mixed
        objects, nested objects, complex numbers, a sparse matrix that is too large for
        a dense array, and shapes that do not match.
    """
    given, X = X, from_native(X)
    is_kept = keep_container and keeps_container(given)
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        _check_frame(estimator, X, reset)
    elif hasattr(X, "columns"):
        _check_named_array(estimator, given, X, reset)
    else:
        X = _check_array(estimator, X, reset, keep_sparse=is_kept)
    if reset:
        if X.shape[0] < min_rows:
            raise ValueError(
                "Found array with 1 sample(s) while a minimum of 2 is required: a "
                "single row cannot be distilled."
            )
        check_image_shape(X, getattr(estimator, "image_shape", None))
    else:
        check_row_shape(estimator, X)
    if not hasattr(X, "iloc") and not issparse(X):
        check_image_values(X, getattr(estimator, "image_shape", None))
    return given if is_kept and not issparse(given) else X


def _check_frame(estimator: Any, X: Any, reset: bool) -> None:
    """Check the names and the values of all columns of a DataFrame."""
    if not X.columns.is_unique:
        repeated = X.columns[X.columns.duplicated()].unique().tolist()
        raise ValueError(
            f"X has several columns with the same name: {repeated}. Give each column a "
            "name of its own."
        )
    validate_data(estimator, X, reset=reset, skip_check_array=True)
    _check_not_empty(X)
    numbers = numbers_of(X)
    if numbers is None or not _are_moderate(numbers):
        for name, column in X.items():
            _check_series(name, column)


def _check_named_array(estimator: Any, given: Any, X: Any, reset: bool) -> None:
    """Check the names and the values of a table without pandas; see `NamedArray`."""
    validate_data(estimator, given, reset=reset, skip_check_array=True)
    _check_not_empty(X)
    for j, name in enumerate(X.columns):
        _check_objects(name, np.asarray(X[:, j]))


def _check_array(estimator: Any, given: Any, reset: bool, keep_sparse: bool) -> Any:
    """Return array-like or sparse X as a valid dense array, or as CSR if kept."""
    X = validate_data(
        estimator,
        keep_mixed_types(given),
        reset=reset,
        dtype=None,
        accept_sparse=("csr", "csc"),
        allow_nd=True,
        ensure_all_finite=False,
    )
    _check_not_empty(X)
    if issparse(X):
        _check_array_values(X.data)
        if keep_sparse:
            return X.tocsr()
        # Only `fit` holds all rows as dense arrays; the rows of `predict` may be many.
        X = _to_dense(X) if reset else X.toarray()
    _check_array_values(X)
    return X


def _check_not_empty(X: Any) -> None:
    """Raise ValueError if X has zero rows or zero columns."""
    if 0 in X.shape:
        unit = "feature(s)" if X.shape[0] else "sample(s)"
        raise ValueError(
            f"Found array with 0 {unit} (shape={X.shape}) while a minimum of 1 is "
            "required."
        )


def keep_mixed_types(X: Any) -> Any:
    """Return nested lists with strings as an object array.

    NumPy would convert all values of such lists to strings.
    """
    if isinstance(X, list | tuple) and np.asarray(X).dtype.kind in "US":
        return np.asarray(X, dtype=object)
    return X


def _to_dense(X: Any) -> np.ndarray:
    """Convert a sparse matrix to a dense array, unless it is too large."""
    cells = X.shape[0] * X.shape[1]
    if cells > MAX_DENSE_CELLS:
        raise ValueError(
            f"X is sparse and would have {cells:,} cells as a dense array; at most "
            f"{MAX_DENSE_CELLS:,} are supported. Reduce the number of columns first, "
            "for example with TruncatedSVD."
        )
    return X.toarray()


def _check_array_values(X: np.ndarray) -> None:
    """Check the dtype and the values of an array."""
    if X.dtype.kind in "biuf":
        # assert_all_finite sums the values up, and the sum may overflow.
        with np.errstate(invalid="ignore"):
            assert_all_finite(X, allow_nan=True, input_name="X")
        check_magnitude("X", X)
    elif X.dtype.kind not in "mMOUS":
        raise TypeError(
            "X must contain numbers, booleans, strings or dates, but has dtype "
            f"{X.dtype}."
        )
    elif X.ndim > 2:
        raise ValueError(f"Images must be numeric, but X has dtype {X.dtype}.")
    elif X.dtype.kind in "OUS":
        for j in range(X.shape[1]):
            _check_objects(j, X[:, j])


def _check_series(name: Any, column: Any) -> None:
    """Check the dtype and the values of one column of a DataFrame."""
    dtype = column.dtype
    if hasattr(dtype, "subtype") and hasattr(dtype, "fill_value"):
        raise TypeError(
            f"column {name!r} is sparse, which is not supported. Convert X to dense "
            "columns with X.sparse.to_dense()."
        )
    if dtype == "category" or dtype.kind in "mM" or is_period(dtype):
        return
    if type(dtype).__name__ == "StringDtype" or _are_moderate_numbers(column):
        # The checks below take far longer, and would find nothing.
        return
    if type(dtype).__name__ == "IntervalDtype":
        raise TypeError(
            f"column {name!r} contains intervals. Convert them to categories with "
            "astype('category'), or to numbers with `pd.IntervalIndex(column).mid`."
        )
    column = column.dropna()
    if dtype.kind in "biuf":
        values = column.to_numpy(dtype=np.float64)
        if np.isinf(values).any():
            raise ValueError(
                f"column {name!r} contains infinity (inf). Replace infinity by a "
                "finite value or by a missing value (NaN)."
            )
        check_magnitude(f"column {name!r}", values)
    elif dtype.kind == "c":
        raise ValueError(f"Complex data not supported: column {name!r}.")
    else:
        _check_objects(name, column.to_numpy(dtype=object))


def _are_moderate_numbers(column: Any) -> bool:
    """Return whether a column has a NumPy dtype, and numbers that cannot overflow."""
    dtype = column.dtype
    if not isinstance(dtype, np.dtype) or dtype.kind not in "biuf" or not len(column):
        return False
    return _are_moderate(column.to_numpy())


def _are_moderate(values: np.ndarray) -> bool:
    """Return whether numbers cannot overflow, and are not missing."""
    if values.dtype.kind != "f":
        return True
    # Missing and infinite values make the comparison false.
    return max(float(values.max()), -float(values.min())) <= MAX_MAGNITUDE


def _check_objects(name: Any, values: np.ndarray) -> None:
    """Check a column of Python objects: strings, numbers, booleans and dates."""
    values = values[[not is_gap(value) for value in values]]
    examples = one_of_each_type(values)
    if any(map(is_date, examples)):
        _check_dates(name, values, examples)
        return
    for example in examples:
        if isinstance(example, complex | np.complexfloating):
            raise ValueError(f"Complex data not supported: column {name!r}.")
        if not isinstance(example, VALUES):
            # scikit-learn's estimator checks look for "argument must be".
            raise TypeError(
                f"column {name!r} contains {type(example).__name__} objects, but each "
                "argument must be a string or a number. Convert other objects to "
                "strings, and nested objects to separate columns."
            )
    if any(isinstance(v, Decimal) for v in examples) and not all(
        isinstance(v, Decimal | int | float) for v in examples
    ):
        raise TypeError(
            f"column {name!r} contains Decimal objects together with objects of other "
            "types. Convert the column to numbers with astype(float)."
        )
    numbers = as_floats([v for v in values if is_number(v) or isinstance(v, Decimal)])
    if np.isinf(numbers).any():
        raise ValueError(
            f"column {name!r} contains infinity (inf), or numbers too large for a "
            "float. Replace these values by finite numbers."
        )
    check_magnitude(f"column {name!r}", numbers)


def _check_dates(name: Any, values: np.ndarray, examples: list[Any]) -> None:
    """Check a column of Python objects some of which are dates, times or durations."""
    types = {type(example) for example in examples}
    if len(types) == 1 and types <= set(DATE_DTYPES):
        has_zone = any(getattr(value, "tzinfo", None) is not None for value in values)
        if not has_zone:
            return
    found = ", ".join(sorted(kind.__name__ for kind in types))
    raise TypeError(
        f"column {name!r} contains objects of type {found}, which are not all dates of "
        "one type without a time zone. Convert dates with pd.to_datetime and durations "
        "with pd.to_timedelta, and a time of day to seconds since midnight."
    )


def check_weights(sample_weight: Any, X: Any) -> np.ndarray:
    """Return one non-negative weight per row, at least one of them positive.

    Parameters
    ----------
    sample_weight : array-like of shape (n,), float or None
        A float is the weight of each row; None is a weight of 1.
    X : array-like of n rows

    Returns
    -------
    float64 ndarray of shape (n,)

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or if all weights are 0.
    """
    if sample_weight is None and _num_samples(X):
        return np.ones(_num_samples(X))
    rows = np.empty((_num_samples(X), 0))
    weights = _check_sample_weight(
        sample_weight, rows, dtype=np.float64, ensure_non_negative=True
    )
    largest = weights.max()
    weights = np.where(
        weights > 0.0, np.maximum(weights, MIN_WEIGHT_SHARE * largest), 0.0
    )
    # Rescale extreme weights so that their sums neither overflow nor vanish; only the
    # ratios of weights matter.
    return weights / largest if not 1e-100 < largest < 1e100 else weights


def check_lengths(*arrays: Any) -> None:
    """Raise ValueError unless all arrays that are not None have the same length.

    Torch data sets and lazy frames of polars raise TypeError.
    """
    for array in arrays:
        check_supported(array)
    check_consistent_length(*(a for a in arrays if a is not None))

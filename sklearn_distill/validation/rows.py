"""What may come in: rows, targets and weights, checked before anything is learned."""

# SPDX-License-Identifier: BSD-3-Clause

from datetime import date, time, timedelta
from numbers import Integral
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_consistent_length, validate_data

from .._utils._sklearn_private import _check_sample_weight
from ..encoding.columns import is_number

# Sparse input is made dense up to this many cells (400 MB in float64).
MAX_DENSE_CELLS = 50_000_000
# Squares of larger numbers overflow.
MAX_MAGNITUDE = 1e150
# A weight below this share of the largest counts as that much: sums of weights could
# not tell it from 0, and a row of positive weight is there.
MIN_WEIGHT_SHARE = 1e-12
VALUES = (str, bytes, bool, np.bool_, int, float, np.number)
DATES = (date, time, timedelta, np.datetime64, np.timedelta64)


def check_rows(estimator: Any, X: Any, *, reset: bool, may_lack: bool = False) -> Any:
    """Return X as a DataFrame or as an array of numbers or objects, all of it usable.

    Raises
    ------
    ValueError, TypeError
        For missing values, unless rows `may_lack` some, infinite ones, dates, nested
        objects, complex numbers, a sparse matrix too large to be made dense, and shapes
        that do not fit.
    """
    if hasattr(X, "iloc") and hasattr(X, "columns"):
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        if not X.shape[0] or not X.shape[1]:
            what = "sample(s)" if not X.shape[0] else "feature(s)"
            raise ValueError(
                f"Found array with 0 {what} (shape={X.shape}) while a minimum of 1 is "
                "required."
            )
        for j in range(X.shape[1]):
            _check_series(X.columns[j], X.iloc[:, j], may_lack)
    else:
        given = X
        X = validate_data(
            estimator,
            _keep_mixed_types(X),
            reset=reset,
            dtype=None,
            accept_sparse=("csr", "csc"),
            allow_nd=True,
            ensure_all_finite=False,
        )
        if issparse(X):
            cells = X.shape[0] * X.shape[1]
            if cells > MAX_DENSE_CELLS:
                raise ValueError(
                    f"X is sparse and would take {cells:,} cells as a dense array; at "
                    f"most {MAX_DENSE_CELLS:,} are made dense. Reduce its columns "
                    "first, for example with TruncatedSVD."
                )
            X = X.toarray()
        if hasattr(given, "to_pandas") and X.dtype.kind not in "biuf":
            raise TypeError(
                f"A {type(given).__module__.partition('.')[0]} table with categories "
                "would lose its columns. Pass X.to_pandas()."
            )
        _check_array_values(X, may_lack)
    if reset and len(X) < 2:
        raise ValueError(
            "Found array with 1 sample(s) while a minimum of 2 is required: there is "
            "nothing to distill in one row."
        )
    _check_image_shape(estimator, X, reset=reset)
    return X


def _keep_mixed_types(X: Any) -> Any:
    """Return nested lists with strings in them as objects: NumPy makes all strings."""
    if isinstance(X, list | tuple) and np.asarray(X).dtype.kind in "US":
        return np.asarray(X, dtype=object)
    return X


def _check_array_values(X: np.ndarray, may_lack: bool) -> None:
    if 0 in X.shape:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is "
            "required."
        )
    if X.dtype.kind in "biuf":
        with np.errstate(invalid="ignore"):  # it sums up, which may overflow both ways
            assert_all_finite(X, allow_nan=may_lack, input_name="X")
        check_magnitude("X", X)
    elif X.dtype.kind in "Mm":
        raise TypeError(_no_dates("X"))
    elif X.dtype.kind in "OUS":
        if X.ndim > 2:
            raise ValueError(f"Images must be numbers, not {X.dtype}.")
        for j in range(X.shape[1]):
            _check_objects(j, X[:, j], may_lack)
    else:
        raise TypeError(f"X has dtype {X.dtype}, which holds no numbers or categories.")


def _check_series(name: Any, column: Any, may_lack: bool) -> None:
    dtype = column.dtype
    if hasattr(dtype, "subtype") and hasattr(dtype, "fill_value"):
        raise TypeError(
            f"column {name!r} is sparse. Make it dense: X.sparse.to_dense()."
        )
    missing = int(column.isna().sum())
    if missing and may_lack:
        column = column.dropna()
    elif missing:
        raise ValueError(
            f"column {name!r} has {missing} missing values (NaN). Impute them first, "
            "for example with SimpleImputer, or, for categories, make 'missing' a "
            "category of its own with fillna."
        )
    if dtype.kind in "biuf":
        values = column.to_numpy(dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError(
                f"column {name!r} holds infinity (inf). Replace it by a finite value."
            )
        check_magnitude(f"column {name!r}", values)
    elif dtype.kind in "Mm":
        raise TypeError(_no_dates(f"column {name!r}"))
    elif dtype.kind == "c":
        raise ValueError(f"Complex data not supported: column {name!r}.")
    else:
        _check_objects(name, column.to_numpy(dtype=object), may_lack)


def _check_objects(name: Any, values: np.ndarray, may_lack: bool) -> None:
    if may_lack:
        values = values[[not is_gap(value) for value in values]]
    for example in one_of_each_type(values):
        if is_missing(example):
            raise ValueError(
                f"column {name!r} has missing values (NaN). Impute them first or make "
                "'missing' a category of its own."
            )
        if is_date(example):
            raise TypeError(_no_dates(f"column {name!r}"))
        if isinstance(example, complex | np.complexfloating):
            raise ValueError(f"Complex data not supported: column {name!r}.")
        if not isinstance(example, VALUES):
            raise TypeError(
                f"column {name!r} holds {type(example).__name__} objects; each "
                "argument must be a string or a number. Turn other values into "
                "strings, and nested ones into columns of their own."
            )
    numbers = as_floats([v for v in values if is_number(v)])
    if np.isnan(numbers).any():
        raise ValueError(
            f"column {name!r} has missing values (NaN). Impute them first, or, for "
            "categories, make 'missing' a category of its own."
        )
    if np.isinf(numbers).any():
        raise ValueError(
            f"column {name!r} holds infinity (inf), or numbers too large for a float. "
            "Replace them by finite values."
        )
    if len(numbers):
        check_magnitude(f"column {name!r}", numbers)


def one_of_each_type(values: Any) -> list[Any]:
    return list({type(v): v for v in values}.values())


def is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def is_gap(value: Any) -> bool:
    """Tell whether a value of a table is missing, NaN among numbers too."""
    # What is not equal to itself is NaN.
    is_nan = isinstance(value, float | np.floating) and value != value
    return is_nan or is_missing(value)


def is_date(value: Any) -> bool:
    # Periods of pandas, which need not be there, are told by their ordinal.
    return isinstance(value, DATES) or hasattr(value, "ordinal")


def as_floats(numbers: Any) -> np.ndarray:
    """Return Python numbers as floats, infinite where a float cannot hold them."""
    try:
        with np.errstate(over="ignore"):
            return np.asarray(numbers, dtype=np.float64)
    except OverflowError:
        return np.full(len(numbers), np.inf)


def check_magnitude(name: str, values: np.ndarray) -> None:
    if values.size and values.dtype.kind == "f" and values.dtype.itemsize > 4:
        # Those that pass over NaN, where values may be missing.
        ends = (end.reduce(values, axis=None) for end in (np.fmin, np.fmax))
        largest = max(map(abs, ends))
        if largest > MAX_MAGNITUDE:
            raise ValueError(
                f"{name} holds values of {largest:.3g}; beyond {MAX_MAGNITUDE:g} their "
                "squares overflow. Rescale it."
            )


def _no_dates(name: str) -> str:
    return (
        f"{name} holds dates or times. Turn them into numbers first, such as days "
        "since a fixed day (`(date - start).dt.days`), the month or the weekday."
    )


def _check_image_shape(estimator: Any, X: Any, *, reset: bool) -> None:
    """Images must all have the shape that was declared, or that was seen in fit."""
    ndim = getattr(X, "ndim", 2)
    image_shape = getattr(estimator, "image_shape", None)
    if reset:
        if ndim not in (2, 4):
            raise ValueError(
                f"Found array with dim {ndim}. Rows are 2-D, (n, features), and images "
                "4-D, (n, channels, height, width); grey ones are X[:, None]."
            )
        _check_layout(X.shape[1:] if ndim == 4 else image_shape)
        if image_shape is not None:
            if len(image_shape) != 3 or not all(
                isinstance(s, Integral) and int(s) > 0 for s in image_shape
            ):
                raise ValueError(
                    f"image_shape={image_shape} is not (channels, height, width), "
                    "three positive integers."
                )
            if hasattr(X, "iloc"):
                raise TypeError("Images come as an array, not as a DataFrame.")
            if X.dtype.kind not in "biuf":
                raise ValueError(f"Images must be numbers, not {X.dtype}.")
            if np.prod(X.shape[1:]) != np.prod(image_shape):
                raise ValueError(
                    f"image_shape={image_shape} has {np.prod(image_shape)} pixels, but "
                    f"rows of X have {np.prod(X.shape[1:])}."
                )
            if ndim == 4 and tuple(X.shape[1:]) != tuple(image_shape):
                raise ValueError(
                    f"image_shape={image_shape}, but X holds images of {X.shape[1:]}."
                )
    elif hasattr(estimator, "row_shape_") and X.shape[1:] != estimator.row_shape_:
        raise ValueError(
            f"X has rows of shape {X.shape[1:]}, but {type(estimator).__name__} was "
            f"fitted with rows of shape {estimator.row_shape_}."
        )


def _check_layout(shape: Any) -> None:
    """Refuse images whose channels stand last, as most readers of files leave them."""
    if shape is None or len(shape) != 3:
        return
    first, *_, last = shape
    if last in (1, 3, 4) and first not in (1, 2, 3, 4):
        raise ValueError(
            f"Images of shape {tuple(shape)} look as if channels stood last, but they "
            "come first, (channels, height, width). Pass np.moveaxis(X, -1, 1)."
        )


def check_weights(sample_weight: Any, X: Any) -> np.ndarray:
    """Return one non-negative float64 weight a row, not all of them zero."""
    rows = np.empty((len(X), 0))
    weights = _check_sample_weight(
        sample_weight, rows, dtype=np.float64, ensure_non_negative=True
    )
    largest = weights.max()
    weights = np.where(
        weights > 0.0, np.maximum(weights, MIN_WEIGHT_SHARE * largest), 0.0
    )
    # Sums of weights must not overflow or vanish; only their ratios matter.
    return weights / largest if not 1e-100 < largest < 1e100 else weights


def check_lengths(*arrays: Any) -> None:
    """Raise ValueError unless all that are given have the same number of rows."""
    check_consistent_length(*(a for a in arrays if a is not None))

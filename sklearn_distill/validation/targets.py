"""Checks of targets, and the task (classification or regression) that they imply."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import type_of_target

from ..encoding.values import is_missing, is_number, plain_numbers, values_of
from .values import as_floats, check_magnitude, is_date, one_of_each_type


class Target(NamedTuple):
    """A checked y.

    Attributes
    ----------
    task : {"classification", "regression", "unsupervised"}
    values : ndarray of shape (n,) or None
        The int64 codes of the classes, or the continuous targets.
    classes : ndarray of shape (n_classes,) or None
        The sorted class labels; None unless the task is classification.
    dtype : dtype or None
        The dtype of y.
    name : str or None
        The name of y, if y is a Series or a DataFrame of one column.
    """

    task: str
    values: Any
    classes: np.ndarray | None
    dtype: np.dtype | None
    name: str | None


def label_values(y: Any) -> np.ndarray:
    """Return y as a 1-D array of numbers, booleans or strings.

    Parameters
    ----------
    y : array-like of shape (n,)

    Returns
    -------
    ndarray of shape (n,)

    Raises
    ------
    ValueError
        For missing values, dates, complex numbers or more than one column.
    """
    if hasattr(y, "isna") and np.any(y.isna()):
        raise _missing_error()
    if hasattr(y, "ndim") and y.ndim == 2 and y.shape[1] > 1:
        raise ValueError(
            f"y has {y.shape[1]} columns, but only one target is supported. Distill "
            "separately for each target."
        )
    if hasattr(getattr(y, "dtype", None), "numpy_dtype"):
        # scikit-learn would convert nullable integers and booleans to floats.
        y = values_of(y)
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "O":
        y = _check_label_objects(y)
    if y.dtype.kind in "Mm":
        raise _dates_error()
    if y.dtype.kind == "c":
        raise ValueError("Complex data not supported: y.")
    assert_all_finite(y, input_name="y")
    return y


def check_target(y: Any, *, task: str = "auto") -> Target:
    """Check y, and return class codes or continuous targets together with the task.

    Strings, booleans and integers are classes. Floats are classes if they are whole
    numbers with few distinct values: at most max(50, sqrt(n)) and at most
    max(10, n / 2).

    Parameters
    ----------
    y : array-like of shape (n,) or None
        None stands for rows without labels.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto" infers the task from y.

    Returns
    -------
    Target

    Raises
    ------
    ValueError
        For missing values, more than one column, a single class, or integers that
        could be either classes or continuous targets.
    """
    if y is None:
        if task in ("classification", "regression"):
            raise ValueError(
                f"task={task!r} requires y to be passed, but the target y is None."
            )
        return Target("unsupervised", None, None, None, None)
    name = y.columns[0] if hasattr(y, "columns") else getattr(y, "name", None)
    name = name if isinstance(name, str) else None
    y = label_values(y)
    if task == "auto":
        task = _task_of(y)
    if task == "regression":
        y = _check_continuous(y)
        return Target("regression", y, None, y.dtype, name)
    classes, codes = _check_classes(y)
    return Target("classification", codes, classes, y.dtype, name)


def _check_continuous(y: np.ndarray) -> np.ndarray:
    """Return labels as continuous targets; numbers in strings are converted."""
    if y.dtype.kind not in "biuf":
        try:
            y = y.astype(np.float64)
        except ValueError:
            raise ValueError(
                "y must contain numbers for regression, but has values of dtype "
                f"{y.dtype}. To distill classes, set task='classification' or use a "
                "classifier."
            ) from None
        assert_all_finite(y, input_name="y")
    check_magnitude("y", y)
    return y


def _check_classes(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted classes and the int64 class code of each label."""
    # type_of_target casts floats to integers, which may be invalid.
    with np.errstate(invalid="ignore"):
        kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind == "continuous":
        raise ValueError(
            "Unknown label type: classes must be strings, booleans or whole numbers, "
            "but y contains fractions. Bin y into classes, or, for regression, set "
            "task='regression' or use a regressor."
        )
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"y has 1 class ({classes.tolist()[0]!r}), but classification needs at "
            "least 2 classes among the rows with a positive sample_weight. To distill "
            "rows without labels, pass y=None."
        )
    return classes, codes.astype(np.int64)


def _check_label_objects(y: np.ndarray) -> np.ndarray:
    """Convert labels of dtype object to numbers or booleans; strings stay objects."""
    examples = one_of_each_type(y)
    if any(map(is_missing, examples)) or any(v != v for v in y if is_number(v)):
        raise _missing_error()
    if any(map(is_date, examples)):
        raise _dates_error()
    if all(isinstance(v, bool | np.bool_) for v in examples):
        return y.astype(bool)
    if all(map(is_number, examples)):
        return plain_numbers(y) if np.isfinite(as_floats(y)).all() else as_floats(y)
    if not all(isinstance(v, str | bytes) for v in examples):
        types = ", ".join(sorted(type(v).__name__ for v in examples))
        raise ValueError(
            f"Unknown label type: y contains objects of type {types}. Convert all "
            "labels to strings or all to numbers."
        )
    return y


def _task_of(y: np.ndarray) -> str:
    """Infer the task from the dtype and the number of distinct values."""
    if y.dtype.kind not in "iuf":
        return "classification"
    is_float = y.dtype.kind == "f"
    # All floats beyond 2**53 are whole numbers, so they do not indicate classes.
    if is_float and np.any((y != np.rint(y)) | (np.abs(y) >= 2**53)):
        return "regression"
    n_distinct = len(np.unique(y))
    max_classes = max(50, np.sqrt(len(y)))
    if is_float:
        # If most values of a small sample differ, then y is a continuous target.
        max_classes = min(max_classes, max(10, len(y) / 2))
    if n_distinct <= max_classes:
        return "classification"
    if is_float:
        return "regression"
    raise ValueError(
        f"y contains {n_distinct} distinct whole numbers in {len(y)} rows, which could "
        "be classes or continuous targets. Set task='classification' or "
        "task='regression'."
    )


def _missing_error() -> ValueError:
    """Return the error for missing values in y."""
    return ValueError("Input y contains NaN. Drop the rows whose label is missing.")


def _dates_error() -> ValueError:
    """Return the error for dates in y."""
    return ValueError(
        "Unknown label type: y contains dates or times. Convert them to numbers."
    )

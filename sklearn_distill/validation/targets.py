"""Labels as they come, checked: class codes or numbers, and the task that they set."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import type_of_target

from ..encoding.columns import is_number, plain_numbers, values_of
from .rows import (
    as_floats,
    check_magnitude,
    is_date,
    is_missing,
    one_of_each_type,
)


class Target(NamedTuple):
    """A checked y: class codes or numbers, and what they stand for."""

    task: str
    values: Any
    classes: np.ndarray | None
    dtype: np.dtype | None
    name: str | None


def label_values(y: Any) -> np.ndarray:
    """Return labels as a flat array of numbers, booleans or strings.

    Raises
    ------
    ValueError
        For missing values, dates, complex numbers or more than one column.
    """
    if hasattr(y, "isna") and np.any(y.isna()):
        raise ValueError("Input y contains NaN. Drop the rows whose label is missing.")
    if hasattr(y, "ndim") and y.ndim == 2 and y.shape[1] > 1:
        raise ValueError(
            f"y has {y.shape[1]} columns. Several targets at once are not supported: "
            "distill once for each."
        )
    if hasattr(getattr(y, "dtype", None), "numpy_dtype"):
        # scikit-learn would make floats of nullable integers and booleans.
        y = values_of(y)
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "O":
        y = _check_label_objects(y)
    if y.dtype.kind in "Mm":
        raise ValueError("Unknown label type: y holds dates. Turn them into numbers.")
    if y.dtype.kind == "c":
        raise ValueError("Complex data not supported: y.")
    assert_all_finite(y, input_name="y")
    return y


def check_target(y: Any, *, task: str = "auto") -> Target:
    """Return y as class codes or as numbers, with the task that it sets.

    Strings, booleans and integers are classes. Floats are classes if they are whole
    and few: at most max(50, sqrt(n)) distinct ones, and at most max(10, n / 2).

    Raises
    ------
    ValueError
        For missing values, more than one column, one class only, or integers of which
        neither reading is safe.
    """
    if y is None:
        if task in ("classification", "regression"):
            raise ValueError(
                f"task={task!r} requires y to be passed, but the target y is None."
            )
        return Target("unsupervised", None, None, None, None)
    name = y.columns[0] if hasattr(y, "columns") else getattr(y, "name", None)
    y = label_values(y)
    if task == "auto":
        task = _task_of(y)
    name = name if isinstance(name, str) else None
    if task == "regression":
        if y.dtype.kind not in "biuf":
            try:
                y = y.astype(np.float64)
            except ValueError:
                raise ValueError(
                    f"y holds {y.dtype} values, no numbers, and this is regression. "
                    "For classes set task='classification', or take a Classifier."
                ) from None
            assert_all_finite(y, input_name="y")
        check_magnitude("y", y)
        return Target("regression", y, None, y.dtype, name)
    with np.errstate(invalid="ignore"):  # it casts floats to integers to see if it can
        kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind == "continuous":
        raise ValueError(
            "Unknown label type: y holds fractions, and this is classification. "
            "Classes are strings, booleans or whole numbers: bin y, or set "
            "task='regression', or take a Regressor."
        )
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"y has 1 class ({classes.tolist()[0]!r}); classification needs at least 2 "
            "classes among the rows of positive sample_weight. To distill rows without "
            "labels pass y=None."
        )
    return Target("classification", codes.astype(np.int64), classes, y.dtype, name)


def _check_label_objects(y: np.ndarray) -> np.ndarray:
    """Return labels that came as Python objects as numbers, booleans or strings."""
    examples = one_of_each_type(y)
    if any(map(is_missing, examples)) or any(v != v for v in y if is_number(v)):
        raise ValueError("Input y contains NaN. Drop the rows whose label is missing.")
    if any(map(is_date, examples)):
        raise ValueError("Unknown label type: y holds dates. Turn them into numbers.")
    if all(isinstance(v, bool | np.bool_) for v in examples):
        return y.astype(bool)
    if all(map(is_number, examples)):
        return plain_numbers(y) if np.isfinite(as_floats(y)).all() else as_floats(y)
    if not all(isinstance(v, str | bytes) for v in examples):
        types = ", ".join(sorted(type(v).__name__ for v in examples))
        raise ValueError(
            f"Unknown label type: y holds objects of type {types}. Make them all "
            "strings or all numbers."
        )
    return y


def _task_of(y: np.ndarray) -> str:
    if y.dtype.kind not in "iuf":
        return "classification"
    # Beyond 2**53 every float is whole, and says nothing of classes.
    if y.dtype.kind == "f" and np.any((y != np.rint(y)) | (np.abs(y) >= 2**53)):
        return "regression"
    n_distinct = len(np.unique(y))
    is_float = y.dtype.kind == "f"
    few_enough = max(50, np.sqrt(len(y)))
    if is_float:
        # Most of few rows different: that is a quantity, of which there are few rows.
        few_enough = min(few_enough, max(10, len(y) / 2))
    if n_distinct <= few_enough:
        return "classification"
    if is_float:
        return "regression"
    raise ValueError(
        f"y holds {n_distinct} different whole numbers in {len(y)} rows: classes or "
        "quantities? Say task='classification' or task='regression'."
    )

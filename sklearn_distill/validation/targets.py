"""Checks of targets, and the task (classification or regression) that they imply."""

# SPDX-License-Identifier: BSD-3-Clause

from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import type_of_target

from .._utils.native_rows import from_native
from ..encoding.values import is_gap, is_number, plain_numbers, values_of
from .values import as_floats, check_magnitude, is_date, one_of_each_type

# The largest number of distinct whole numbers that are always classes.
MAX_CLASSES = 20
# The largest numbers of codes, which count from 0 or 1, that are classes: as integers,
# and as floats, which are codes less often.
MAX_CODES = 100
MAX_FLOAT_CODES = 50
# Codes of classes occur this often on average, and the most and the least frequent ones
# differ from the average by less than this factor.
MIN_ROWS_PER_CODE = 3
MAX_IMBALANCE = 5


class SingleClassError(ValueError):
    """The y of a classification contains a single class."""


class Target(NamedTuple):
    """A checked y.

    Attributes
    ----------
    task : {"classification", "regression", "unsupervised"}
    values : ndarray of shape (n,) or (n, n_targets), or None
        The int64 codes of the classes, or the continuous targets.
    classes : ndarray of shape (n_classes,) or None
        The sorted class labels; None unless the task is classification.
    dtype : dtype or None
        The dtype of y.
    name : str, list of str or None
        The name of y, if y is a Series or a DataFrame of one column; the names of the
        columns of a DataFrame with several targets.
    """

    task: str
    values: Any
    classes: np.ndarray | None
    dtype: np.dtype | None
    name: str | list[str] | None


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
    if isinstance(y, list | tuple) and len(y) and isinstance(y[0], list | tuple):
        y = np.asarray(y)
    if hasattr(y, "ndim") and y.ndim == 2 and y.shape[1] > 1:
        raise _columns_error(y)
    if hasattr(y, "cat") and y.cat.categories.dtype == bool:
        # scikit-learn would convert categories that are booleans to floats.
        y = y.astype(bool)
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


def check_target(y: Any, *, task: str = "auto", several: bool = False) -> Target:
    """Check y, and return class codes or continuous targets together with the task.

    Strings and booleans are classes, and numbers with fractions are continuous
    targets. Whole numbers, as integers or floats, are classes if they have at most 20
    distinct values, or if they are codes that count from 0 or 1 without gaps and occur
    about equally often (at most 100 codes, or 50 as floats). Other floats are
    continuous targets if they have more than max(100, sqrt(n)) distinct values, or more
    than 10 distinct values of which most occur once or twice. For all other whole
    numbers, `task` must be set.

    Several columns are continuous targets if one of them is by these rules.

    Parameters
    ----------
    y : array-like of shape (n,) or (n, n_targets), or None
        None stands for rows without labels.
    task : {"auto", "classification", "regression"}, default="auto"
        "auto" infers the task from y.
    several : bool, default=False
        Whether several continuous targets are allowed.

    Returns
    -------
    Target

    Raises
    ------
    ValueError
        For missing values, several columns that are not allowed or not continuous, a
        single class, or whole numbers that could be either classes or continuous
        targets.
    """
    y = from_native(y)
    _check_container(y)
    if y is None:
        if task in ("classification", "regression"):
            raise ValueError(
                f"task={task!r} requires y to be passed, but the target y is None."
            )
        return Target("unsupervised", None, None, None, None)
    if task != "classification" and n_columns(y) > 1:
        target = _several_targets(y, task)
        if several:
            return target
        raise ValueError(
            f"Several targets are not supported here, but y has {n_columns(y)} "
            "columns. Pass one column of y at a time."
        )
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


def _check_container(y: Any) -> None:
    """Raise ValueError for an empty y and for an index of several levels."""
    if hasattr(y, "levels"):
        raise ValueError(
            "y is a MultiIndex. Pass one of its levels: y.get_level_values(0)."
        )
    is_list = isinstance(y, list | tuple)
    if 0 in ((len(y),) if is_list else getattr(y, "shape", ())):
        raise ValueError("y is empty. Pass one label for each row of X.")


def n_columns(y: Any) -> int:
    """Return the number of columns of y; 1 if y is one-dimensional."""
    if not hasattr(y, "shape") and isinstance(y, list | tuple):
        nested = len(y) and isinstance(y[0], list | tuple | np.ndarray)
        return len(y[0]) if nested else 1
    shape: tuple[int, ...] = getattr(y, "shape", ())
    return int(shape[1]) if len(shape) == 2 else 1


def target_columns(y: Any) -> np.ndarray:
    """Return continuous targets as an array of numbers of shape (n, n_targets).

    Raises
    ------
    ValueError
        If a column contains missing values or values other than numbers.
    """
    if issparse(y):
        raise ValueError("y is a sparse matrix. Pass y.toarray().")
    if hasattr(y, "iloc"):
        columns = [y.iloc[:, j] for j in range(y.shape[1])]
    else:
        columns = list(np.asarray(y).T)
    return np.column_stack([_check_continuous(label_values(c)) for c in columns])


def _several_targets(y: Any, task: str) -> Target:
    """Return the continuous targets in the columns of y."""
    if task == "auto":
        _check_not_classes(y)
    values = target_columns(y)
    names: list[Any] | None = list(y.columns) if hasattr(y, "columns") else None
    if names is not None and not all(isinstance(name, str) for name in names):
        names = None
    return Target("regression", values, None, values.dtype, names)


def _check_not_classes(y: Any) -> None:
    """Raise ValueError if the columns of y could be classes or their probabilities."""
    values = y.toarray() if issparse(y) else np.asarray(y)
    if values.dtype.kind not in "iufO" or is_distribution(values):
        raise _columns_error(y)
    columns = [y.iloc[:, j] for j in range(y.shape[1])] if hasattr(y, "iloc") else None
    for column in values.T if columns is None else columns:
        try:
            if _task_of(label_values(column)) == "regression":
                return
        except ValueError as error:
            if "distinct whole numbers" not in str(error):
                raise
    raise _columns_error(y)


def is_distribution(values: np.ndarray) -> bool:
    """Return whether the rows of an array are non-negative numbers that sum to 1."""
    try:
        values = values.astype(np.float64)
    except (TypeError, ValueError):
        return False
    return bool((values >= 0).all() and np.allclose(values.sum(axis=1), 1.0))


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
        raise SingleClassError(
            f"y has 1 class ({classes.tolist()[0]!r}), but classification needs at "
            "least 2 classes among the rows with a positive sample_weight. To distill "
            "rows without labels, pass y=None."
        )
    return classes, codes.astype(np.int64)


def _check_label_objects(y: np.ndarray) -> np.ndarray:
    """Convert labels of dtype object to numbers or booleans; strings stay objects."""
    examples = one_of_each_type(y)
    if any(map(is_gap, y)):
        raise _missing_error()
    if any(map(is_date, examples)):
        raise _dates_error()
    if all(isinstance(v, bool | np.bool_) for v in examples):
        return y.astype(bool)
    if any(isinstance(v, Decimal) for v in examples) and all(
        isinstance(v, Decimal) or is_number(v) for v in examples
    ):
        return as_floats(y)
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
    values, counts = np.unique(y, return_counts=True)
    n_distinct = len(values)
    # If most values of a small sample differ, then y is a continuous target.
    if is_float and n_distinct > max(10, len(y) / 2):
        return "regression"
    max_codes = MAX_FLOAT_CODES if is_float else MAX_CODES
    if n_distinct <= MAX_CLASSES or (
        n_distinct <= max_codes and _are_codes(values, counts)
    ):
        return "classification"
    if is_float and n_distinct > max(MAX_CODES, np.sqrt(len(y))):
        return "regression"
    raise ValueError(
        f"y contains {n_distinct} distinct whole numbers in {len(y)} rows, which could "
        "be classes or continuous targets. Set task='classification' or "
        "task='regression'."
    )


def _are_codes(values: np.ndarray, counts: np.ndarray) -> bool:
    """Return whether sorted values are codes of classes of similar sizes.

    Codes count from 0 or 1 without gaps. The values of a measured quantity mostly start
    elsewhere, have gaps, or are frequent in the middle and rare at the ends.
    """
    mean = counts.mean()
    return bool(
        values[0] in (0, 1)
        and values[-1] - values[0] == len(values) - 1
        and mean >= MIN_ROWS_PER_CODE
        and counts.min() > mean / MAX_IMBALANCE
        and counts.max() < MAX_IMBALANCE * mean
    )


def _columns_error(y: Any) -> ValueError:
    """Return the error for a y of several columns that are not continuous targets."""
    values = y.toarray() if issparse(y) else np.asarray(y)
    message = (
        f"Multilabel and multioutput classification is not supported. y has "
        f"{values.shape[1]} columns, but must be one column of labels. "
    )
    if is_distribution(values):
        one_hot = np.isin(values.astype(np.float64), (0.0, 1.0)).all()
        held = "one-hot encoded classes" if one_hot else "class probabilities"
        array = "y.toarray()" if issparse(y) else "numpy.asarray(y)"
        return ValueError(
            f"{message}Its rows look like {held}. Pass the index of the class instead: "
            f"y={array}.argmax(axis=1). For several continuous targets, set "
            "task='regression'."
        )
    return ValueError(
        message + "Distill separately for each target, or, for several continuous "
        "targets, set task='regression'."
    )


def _missing_error() -> ValueError:
    """Return the error for missing values in y."""
    return ValueError("Input y contains NaN. Drop the rows whose label is missing.")


def _dates_error() -> ValueError:
    """Return the error for dates in y."""
    return ValueError(
        "Unknown label type: y contains dates or times. Convert them to numbers."
    )

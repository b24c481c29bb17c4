"""Real validation rows and the distilled rows of all folds in one container.

A search trains candidates on rows of the X that is passed to its `fit`. Distilled rows
are therefore appended to the real rows, and the splits refer to both by position.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from .._utils.containers import stacked
from .._utils.native_rows import from_native, is_table, like_native
from ..compose.wrapper import ends_in_net, is_column
from ..validation.targets import label_values, n_columns, target_columns
from .training_rows import TrainingRows

Splits = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class StackedRows:
    """The input of a search over distilled rows.

    Attributes
    ----------
    X : array, sparse matrix, DataFrame or table of n + m rows
        The n real rows, then the m distilled rows of all folds.
    y : ndarray of shape (n + m,) or (n + m, 1), or None
    sample_weight : ndarray of shape (n + m,) or None
        For the real rows the weights of the scorer, for distilled rows those of the
        estimator.
    splits : list of (training, validation)
        The training positions of each fold are distilled rows, and its validation
        positions are real rows.
    soft_labels : SoftLabels or None
        The soft labels of the distilled rows.
    """

    X: Any
    y: Any
    sample_weight: np.ndarray | None
    splits: Splits
    soft_labels: "SoftLabels | None" = None


class SoftLabels(NamedTuple):
    """The soft labels of the distilled rows of all folds.

    Attributes
    ----------
    values : ndarray of shape (m, n_classes)
    classes : ndarray of shape (n_classes,)
    rows : ndarray of int of shape (n + m,)
        The position of each row in `values`; -1 for real rows.
    """

    values: np.ndarray
    classes: np.ndarray
    rows: np.ndarray


def stack_rows(
    X: Any,
    y: Any,
    folds: Sequence[TrainingRows],
    splits: Splits,
    *,
    estimator: Any,
    scorer_weight: Any = None,
) -> StackedRows:
    """Append the distilled rows of all folds to the real rows.

    Parameters
    ----------
    X, y : array-like
        The real rows and labels.
    folds : sequence of TrainingRows
        The distilled rows of each fold.
    splits : list of (training, validation)
        Positions of real rows.
    estimator : estimator
        A skorch net for regression gets y as a column if y is a column.
    scorer_weight : array-like of shape (n,), default=None
        Weights of the real rows for the scorer.

    Returns
    -------
    StackedRows
    """
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    sizes = [fold.X.shape[0] for fold in folds]
    ends = n_rows + np.cumsum(sizes)
    pairs = [
        (np.arange(end - size, end), np.asarray(validation))
        for end, size, (_, validation) in zip(ends, sizes, splits, strict=True)
    ]
    return StackedRows(
        X=_stack_X(X, [fold.X for fold in folds]),
        y=_stack_y(y, folds, estimator),
        sample_weight=_stack_weights(n_rows, folds, scorer_weight),
        splits=pairs,
        soft_labels=_stack_soft_labels(n_rows, folds),
    )


def _stack_X(X: Any, parts: Sequence[Any]) -> Any:
    """Return real rows followed by distilled rows, in the container of X."""
    if sparse.issparse(X):
        return sparse.vstack([X, *parts], format="csr", dtype=X.dtype)
    native = [from_native(part) for part in parts]
    if hasattr(native[0], "iloc"):
        import pandas as pd

        real = from_native(X).reset_index(drop=True)
        cast = [_in_categories_of(native[0], part) for part in native]
        rows = stacked(real, pd.concat(cast, ignore_index=True))
        return like_native(X, rows) if is_table(X) else rows
    real = from_native(X)
    real = real if is_table(X) else np.asarray(real)
    rows = stacked(real, np.concatenate(native))
    return like_native(X, rows) if is_table(X) else rows


def _in_categories_of(first: Any, part: Any) -> Any:
    """Return rows as objects where their categories differ from those of `first`.

    `pandas.concat` would otherwise convert such columns to another dtype silently.
    """
    differing = [
        name
        for name, dtype in part.dtypes.items()
        if dtype == "category" and dtype != first.dtypes[name]
    ]
    return part.astype(dict.fromkeys(differing, object)) if differing else part


def _stack_y(y: Any, folds: Sequence[TrainingRows], estimator: Any) -> Any:
    """Return real labels followed by distilled labels."""
    if y is None:
        return None
    given = from_native(without_column(y))
    labels = target_columns(given) if n_columns(given) > 1 else label_values(given)
    learned = np.concatenate([np.asarray(fold.y) for fold in folds])
    if labels.dtype.kind == "f" and learned.dtype.kind == "f":
        # Networks require targets of their own precision.
        learned = learned.astype(labels.dtype)
    both = np.concatenate([labels, learned])
    return both[:, None] if is_column(y) and ends_in_net(estimator) else both


def without_column(y: Any) -> Any:
    """Return y of shape (n, 1), which skorch nets for regression require, as (n,)."""
    if not is_column(y):
        return y
    return y.iloc[:, 0] if hasattr(y, "iloc") else np.asarray(y)[:, 0]


def _stack_soft_labels(n_rows: int, folds: Sequence[TrainingRows]) -> SoftLabels | None:
    """Return the soft labels of all distilled rows; None if no fold has any."""
    known = [fold.classes for fold in folds if fold.classes is not None]
    if not known:
        return None
    classes = np.unique(np.concatenate(known))
    values = np.zeros((sum(fold.X.shape[0] for fold in folds), len(classes)))
    end = 0
    for fold in folds:
        start, end = end, end + fold.X.shape[0]
        if fold.soft_labels is None or fold.classes is None:
            codes = np.searchsorted(classes, np.asarray(fold.y))
            values[np.arange(start, end), codes] = 1.0
        else:
            columns = np.searchsorted(classes, fold.classes)
            values[start:end, columns] = fold.soft_labels
    rows = np.concatenate([np.full(n_rows, -1), np.arange(end)])
    return SoftLabels(values, classes, rows)


def _stack_weights(
    n_rows: int, folds: Sequence[TrainingRows], scorer_weight: Any
) -> np.ndarray | None:
    """Return the weights of all rows; None if every weight is 1."""
    if scorer_weight is None and all(fold.sample_weight is None for fold in folds):
        return None
    real = np.ones(n_rows) if scorer_weight is None else np.asarray(scorer_weight)
    distilled = [
        np.ones(fold.X.shape[0]) if fold.sample_weight is None else fold.sample_weight
        for fold in folds
    ]
    return np.concatenate([real.astype(np.float64), *distilled])

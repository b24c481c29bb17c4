"""Real validation rows and the distilled rows of all folds in one container.

A search trains candidates on rows of the X that is passed to its `fit`. Distilled rows
are therefore appended to the real rows, and the splits refer to both by position.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from .._utils.containers import stacked
from .._utils.native_rows import from_native, is_table, like_native
from ..compose.wrapper import ends_in_net, is_column
from ..validation.targets import label_values, n_columns, target_columns
from .training_rows import RowLabels, TrainingRows

Splits = list[tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class StackedRows:
    """The input of a search over distilled rows.

    Attributes
    ----------
    X : array, sparse matrix, DataFrame or table of n + m rows
        The n real rows, then the m distilled rows of all folds.
    y : ndarray of shape (n + m,) or (n + m, 1), or None
    splits : list of (training, validation)
        The training positions of each fold are distilled rows, and its validation
        positions are real rows.
    labels, own_labels : RowLabels
        The weights and soft labels of the m distilled rows; see `TrainingRows`.
    classes : ndarray of shape (n_classes,) or None
        The classes of the columns of soft labels.
    rows : ndarray of int of shape (n + m,)
        The position of each row among the distilled rows; -1 for real rows.
    """

    X: Any
    y: Any
    splits: Splits
    labels: RowLabels
    own_labels: RowLabels
    classes: np.ndarray | None
    rows: np.ndarray


def stack_rows(
    X: Any,
    y: Any,
    folds: Sequence[TrainingRows],
    splits: Splits,
    *,
    estimator: Any,
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
    known = [fold.classes for fold in folds if fold.classes is not None]
    classes = np.unique(np.concatenate(known)) if known else None
    labels = [(fold, fold.labels) for fold in folds]
    own_labels = [(fold, fold.own_labels) for fold in folds]
    return StackedRows(
        X=_stack_X(X, [fold.X for fold in folds]),
        y=_stack_y(y, folds, estimator),
        splits=pairs,
        labels=_stack_labels(labels, classes),
        own_labels=_stack_labels(own_labels, classes),
        classes=classes,
        rows=np.concatenate([np.full(n_rows, -1), np.arange(sum(sizes))]),
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


def _stack_labels(
    folds: Sequence[tuple[TrainingRows, RowLabels]], classes: np.ndarray | None
) -> RowLabels:
    """Return the weights and soft labels of all distilled rows.

    There are no weights if every weight is 1, and no soft labels if no fold has any.
    """
    weights = None
    if any(labels.sample_weight is not None for _, labels in folds):
        weights = np.concatenate(
            [
                np.ones(fold.X.shape[0])
                if labels.sample_weight is None
                else labels.sample_weight
                for fold, labels in folds
            ]
        )
    if classes is None:
        return RowLabels(weights)
    parts = [_soft_labels(fold, labels, classes) for fold, labels in folds]
    return RowLabels(weights, np.concatenate(parts))


def _soft_labels(
    fold: TrainingRows, labels: RowLabels, classes: np.ndarray
) -> np.ndarray:
    """Return the soft labels of a fold, or its hard labels as such."""
    values = np.zeros((fold.X.shape[0], len(classes)))
    if labels.soft_labels is None or fold.classes is None:
        codes = np.searchsorted(classes, np.asarray(fold.y))
        values[np.arange(len(values)), codes] = 1.0
    else:
        values[:, np.searchsorted(classes, fold.classes)] = labels.soft_labels
    return values

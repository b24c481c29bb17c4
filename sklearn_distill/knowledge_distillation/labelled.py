"""The labelled rows: from X and y, or from the labels that distilled rows carry."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from .._utils.containers import take_rows
from ..distilled_set.distilled_array import (
    DistilledLabels,
    distilled_labels,
    is_part_of_distilled,
)
from ..validation.rows import check_lengths, check_rows, check_weights
from ..validation.targets import check_target


class Labelled(NamedTuple):
    """Checked rows of positive weight and their labels.

    Attributes
    ----------
    X : array or DataFrame of n rows
    y : ndarray of shape (n,)
        Class codes, or numbers.
    labels : ndarray of shape (n, n_classes) or (n,)
        One-hot rows, or the distilled set's soft labels; numbers.
    weights : ndarray of shape (n,) or None
        None if there were none.
    classes : ndarray or None
        None for quantities.
    present : ndarray of int
        Where these rows stood in what came in.
    n_given : int
        How many rows came in.
    is_distilled : bool
        Whether the rows carried their labels.
    soft : bool
        Whether these are soft labels.
    """

    X: Any
    y: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None
    classes: np.ndarray | None
    present: np.ndarray
    n_given: int
    is_distilled: bool
    soft: bool


def read_labelled(
    estimator: Any, X: Any, y: Any, sample_weight: Any, task: str
) -> Labelled:
    """Check what `fit` was given; distilled rows bring their labels along.

    Whether values may be missing from the rows is for who learns from them to say.

    Raises
    ------
    ValueError, TypeError
        For rows, labels or weights that cannot be learned from.
    """
    carried = _labels_on(X, y)
    soft = None
    if carried is not None:
        y, sample_weight, soft = _carried(carried, X, y, sample_weight, task)
    elif y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is "
            "None."
        )
    else:
        check_lengths(X, y)
    X = check_rows(estimator, X, reset=True, may_lack=True)
    estimator.row_shape_ = X.shape[1:]
    weights = check_weights(sample_weight, X)
    present, n_given = np.flatnonzero(weights > 0), len(weights)
    if len(present) < n_given:
        X, weights = take_rows(X, present), weights[present]
        y = take_rows(y if hasattr(y, "iloc") else np.asarray(y), present)
        soft = None if soft is None else soft[present]
    target = check_target(y, task=task)
    values = target.values
    if target.classes is None:
        values = labels = values.astype(np.float64)
    else:
        labels = np.eye(len(target.classes))[values] if soft is None else soft
    return Labelled(
        X=X,
        y=values,
        labels=labels,
        weights=None if sample_weight is None else weights,
        classes=target.classes,
        present=present,
        n_given=n_given,
        is_distilled=carried is not None,
        soft=soft is not None,
    )


def _labels_on(X: Any, y: Any) -> DistilledLabels | None:
    """Return the labels that rows carry; None for a part of them that y has labels for.

    pandas hands `attrs` on to the parts of a frame, as cross-validation makes them.
    Rows that are as many as before but others, or in another order, are an error.
    """
    if y is not None and is_part_of_distilled(X) and len(y) == len(X):
        return None
    return distilled_labels(X)


def _carried(
    carried: Any, X: Any, y: Any, sample_weight: Any, task: str
) -> tuple[Any, Any, Any]:
    """Return y, weights and soft labels of rows that carry them."""
    if carried.y is None:
        raise ValueError(
            "These rows come from a set that was distilled without labels. Distill "
            "with y."
        )
    if sample_weight is not None:
        raise ValueError(
            "sample_weight belongs to the rows before distillation, which are no more. "
            "Pass it to the distiller."
        )
    if (carried.classes is None) != (task == "regression"):
        wanted, other = (
            ("quantities", "classes")
            if task == "regression"
            else ("classes", "numbers")
        )
        raise ValueError(
            f"{wanted} are to be learned, but these rows were distilled with y as "
            f"{other}. Set the distiller's task."
        )
    if y is not None and len(y) == len(carried.y):
        if not np.array_equal(np.asarray(y), carried.y):
            raise ValueError(
                "X carries the labels of a distilled set, and y holds others. Pass "
                "np.asarray(X) to train on y."
            )
    return carried.y, carried.sample_weight, carried.soft_labels

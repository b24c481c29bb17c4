"""The labeled rows of `fit`: X and y, or distilled rows that carry their labels."""

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


class LabeledRows(NamedTuple):
    """Validated rows of positive weight and their labels.

    Attributes
    ----------
    X : array or DataFrame of n rows
    y : ndarray of shape (n,) or (n, n_targets)
        Class codes, or continuous targets.
    labels : ndarray of shape (n, n_classes), (n,) or (n, n_targets)
        One-hot rows or the soft labels of a distilled set; continuous targets.
    weights : ndarray of shape (n,) or None
        None if no sample weights were given.
    classes : ndarray or None
        None for regression.
    present : ndarray of int of shape (n,)
        The positions of these rows in the X that was given.
    n_given : int
        The number of rows in the X that was given.
    is_distilled : bool
        Whether the rows carry the labels of a distilled set.
    soft : bool
        Whether the labels are soft.
    class_mass : ndarray of shape (n_classes,) or None
        The class mass of the data that the rows were distilled from, if it is known.
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
    class_mass: np.ndarray | None = None


def read_labeled_rows(
    estimator: Any, X: Any, y: Any, sample_weight: Any, task: str
) -> LabeledRows:
    """Validate the rows, labels and weights that were passed to `fit`.

    Missing values are allowed here; `check_missing_values` rejects them for estimators
    that do not accept them.

    Parameters
    ----------
    estimator : estimator
        Gets `n_features_in_`, `feature_names_in_` and `row_shape_`.
    X, y, sample_weight
        As in `fit`. The labels that distilled rows carry take the place of y.
    task : {"classification", "regression"}

    Raises
    ------
    ValueError, TypeError
        If rows, labels or weights are invalid.
    """
    carried = _carried_labels(X, y)
    soft = None
    if carried is not None:
        _check_carried(carried, y, sample_weight, task)
        y, sample_weight, soft = carried.y, carried.sample_weight, carried.soft_labels
    elif y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires y to be passed, but the target y is "
            "None."
        )
    else:
        check_lengths(X, y)
    X = check_rows(estimator, X, reset=True)
    estimator.row_shape_ = X.shape[1:]
    weights = check_weights(sample_weight, X)
    present, n_given = np.flatnonzero(weights > 0), len(weights)
    if len(present) < n_given:
        X, weights = take_rows(X, present), weights[present]
        y = take_rows(y if hasattr(y, "iloc") else np.asarray(y), present)
        soft = None if soft is None else soft[present]
    target = check_target(y, task=task, several=True)
    values = target.values
    if target.classes is None:
        values = labels = values.astype(np.float64)
    else:
        labels = np.eye(len(target.classes))[values] if soft is None else soft
    return LabeledRows(
        X=X,
        y=values,
        labels=labels,
        weights=None if sample_weight is None else weights,
        classes=target.classes,
        present=present,
        n_given=n_given,
        is_distilled=carried is not None,
        soft=soft is not None,
        class_mass=None if carried is None else _mass_of(carried, target.classes),
    )


def _mass_of(carried: DistilledLabels, classes: np.ndarray | None) -> Any:
    """Return the class mass that distilled rows carry if it belongs to `classes`."""
    if classes is None or carried.classes is None:
        return None
    if not np.array_equal(classes, carried.classes):
        return None
    return carried.class_mass


def _carried_labels(X: Any, y: Any) -> DistilledLabels | None:
    """Return the labels that X carries, or None.

    None is also returned for a part of distilled rows that is passed with its own y.
    pandas copies `attrs` to the parts of a DataFrame, such as those that
    cross-validation makes. Reordered rows raise an error.
    """
    if y is not None and is_part_of_distilled(X) and len(y) == len(X):
        return None
    return distilled_labels(X)


def _check_carried(carried: Any, y: Any, sample_weight: Any, task: str) -> None:
    """Raise ValueError for carried labels that do not fit the other arguments."""
    if carried.y is None:
        raise ValueError(
            "The rows of X were distilled without labels. Pass y to the distiller."
        )
    if sample_weight is not None:
        raise ValueError(
            "sample_weight belongs to the rows before distillation, but X holds "
            "distilled rows. Pass sample_weight to the distiller."
        )
    if (carried.classes is None) != (task == "regression"):
        expected, found = "class labels", "continuous targets"
        if task == "regression":
            expected, found = found, expected
        raise ValueError(
            f"This estimator learns {expected}, but the rows of X were distilled with "
            f"{found}. Set the parameter task of the distiller to {task!r}."
        )
    if y is not None and len(y) == len(carried.y):
        if not np.array_equal(np.asarray(y), carried.y):
            raise ValueError(
                "X carries the labels of a distilled set, but y holds different "
                "labels. Pass np.asarray(X) to train on y."
            )

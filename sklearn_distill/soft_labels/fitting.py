"""Fit estimators with sample weights, on rows with hard or soft labels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils.validation import has_fit_parameter

from .._utils.containers import take_rows
from .._utils.native_rows import rows_for
from .expansion import weighted_hard_rows
from .repeated_rows import (
    balanced_class_weights,
    holds_out_rows,
    restore_parameters,
    scaled_row_counts,
)


def weight_parameter(estimator: Any) -> str | None:
    """Return the name under which `fit` of an estimator takes sample weights, or None.

    For a Pipeline the name is that of the last step, ``step__sample_weight``.
    """
    if hasattr(estimator, "steps"):
        name, last = estimator.steps[-1]
        inner = weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    if isinstance(estimator, MultiOutputRegressor):
        # Its `fit` raises an error if the regressor for each target takes no weights.
        inner = weight_parameter(estimator.estimator)
        return inner if inner == "sample_weight" else None
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None


def fit_weighted(estimator: Any, X: Any, y: Any, weights: np.ndarray | None) -> Any:
    """Fit an estimator, with sample weights if they are given and it takes them.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    X, y : array-like
    weights : ndarray of shape (n,) or None

    Returns
    -------
    estimator
    """
    parameter = weight_parameter(estimator)
    # Return the estimator itself, in case its `fit` returns another object.
    if weights is None or parameter is None:
        estimator.fit(X, y)
        return estimator
    # These weights are computed by this package. With metadata routing, scikit-learn
    # would require the estimator and all its parts to have requested them.
    with config_context(enable_metadata_routing=False):
        estimator.fit(X, y, **{parameter: weights})
    return estimator


def fit_on_set(estimator: Any, distilled: Any, *, as_column: bool = False) -> Any:
    """Fit an estimator on a DistilledSet, with soft labels and weights where it can.

    An estimator that takes `sample_weight` is trained on the soft labels. Every other
    estimator, and one that holds rows out to evaluate itself, is trained on the hard
    labels.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    distilled : DistilledSet
    as_column : bool, default=False
        Whether to pass the hard labels as an array of shape (m, 1) instead of (m,).

    Returns
    -------
    estimator
    """
    return fit_on_labels(
        estimator,
        rows_for(estimator, distilled.X),
        distilled.y[:, None] if as_column else distilled.y,
        distilled.soft_labels,
        distilled.classes,
        distilled.sample_weight,
    )


def fit_on_labels(
    estimator: Any,
    X: Any,
    y: Any,
    soft_labels: np.ndarray | None,
    classes: np.ndarray | None,
    sample_weight: np.ndarray | None,
) -> Any:
    """Fit an estimator on soft labels if they exist and it can be trained on them.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    X : array or DataFrame of n rows
    y : array-like of shape (n,) or (n, n_targets)
        Hard labels or continuous targets, for every other estimator.
    soft_labels : ndarray of shape (n, n_classes) or None
    classes : ndarray of shape (n_classes,) or None
    sample_weight : ndarray of shape (n,) or None

    Returns
    -------
    estimator
    """
    if soft_labels is None or classes is None or not takes_soft_labels(estimator):
        return fit_weighted(estimator, X, y, sample_weight)
    return fit_on_soft_labels(estimator, X, soft_labels, classes, sample_weight)


def takes_soft_labels(estimator: Any) -> bool:
    """Return whether an estimator can be trained on weighted copies of each row."""
    return weight_parameter(estimator) is not None and not holds_out_rows(estimator)


def fit_on_soft_labels(
    estimator: Any,
    X: Any,
    soft_labels: np.ndarray,
    classes: np.ndarray,
    sample_weight: np.ndarray | None = None,
    *,
    keep_mean: bool = True,
) -> Any:
    """Fit an estimator on soft labels, as weighted hard rows.

    While it is trained, parameters that count rows are scaled by the mean number of
    copies of a row, and ``class_weight="balanced"`` is replaced by weights computed
    from the soft labels. The fitted estimator has the parameters that it had before.

    Parameters
    ----------
    estimator : estimator
        A classifier for which `takes_soft_labels` is true. Fitted in place.
    X : array or DataFrame of n rows
    soft_labels : ndarray of shape (n, n_classes)
        Rows sum to 1.
    classes : ndarray of shape (n_classes,)
    sample_weight : ndarray of shape (n,), default=None
    keep_mean : bool, default=True
        See `weighted_hard_rows`.

    Returns
    -------
    estimator
    """
    rows, codes, weights = weighted_hard_rows(
        soft_labels, sample_weight, keep_mean=keep_mean
    )
    if len(rows) == len(soft_labels):
        # Each row has one likely class, so that these are hard labels.
        varies = sample_weight is not None and np.ptp(sample_weight) > 0
        return fit_weighted(
            estimator, X, classes[codes], sample_weight if varies else None
        )
    changed, class_weights = balanced_class_weights(estimator, soft_labels)
    changed |= scaled_row_counts(estimator, len(rows) / len(soft_labels))
    params = estimator.get_params(deep=True)
    original = {name: params[name] for name in changed}
    if changed:
        estimator.set_params(**changed)
    try:
        return fit_weighted(
            estimator,
            take_rows(X, rows),
            classes[codes],
            weights * class_weights[codes],
        )
    finally:
        restore_parameters(estimator, original)

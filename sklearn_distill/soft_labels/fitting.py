"""Fitting estimators with weights, on rows with soft or hard labels."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.utils.validation import has_fit_parameter

from .expansion import weighted_hard_rows
from .repeated_rows import holds_rows_back, take_balance


def weight_parameter(estimator: Any) -> str | None:
    """Return what `fit` of an estimator calls its sample weights, or None.

    For a Pipeline that is the last step's, in the form ``step__sample_weight``.
    """
    if hasattr(estimator, "steps"):
        name, last = estimator.steps[-1]
        inner = weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None


def fit_on_set(estimator: Any, distilled: Any) -> Any:
    """Fit an estimator on a DistilledSet, using as much of its labels as it can.

    An estimator that takes `sample_weight` gets soft labels as weighted hard rows. One
    that does not, or that holds rows back to judge itself on, gets the rows with their
    hard labels, each once.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    distilled : DistilledSet

    Returns
    -------
    estimator
    """
    if weight_parameter(estimator) is None:
        return estimator.fit(distilled.X, distilled.y)
    if distilled.soft_labels is None:
        return fit_weighted(estimator, *distilled.expand())
    if holds_rows_back(estimator):
        once = distilled.X, distilled.y, distilled.sample_weight
        return fit_weighted(estimator, *once)
    balance = take_balance(estimator, distilled.soft_labels)
    X, y, weights = distilled.expand()
    _, codes, _ = weighted_hard_rows(distilled.soft_labels)
    return fit_weighted(estimator, X, y, weights * balance[codes])


def fit_weighted(estimator: Any, X: Any, y: Any, weights: np.ndarray | None) -> Any:
    """Fit an estimator, with weights if there are any and it takes them.

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
    if weights is None or parameter is None:
        return estimator.fit(X, y)
    # These weights are ours, not metadata of the user's that the estimator and all its
    # parts would have to have requested.
    with config_context(enable_metadata_routing=False):
        return estimator.fit(X, y, **{parameter: weights})

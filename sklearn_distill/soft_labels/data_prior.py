"""Predictions under the class shares of the training data of a distilled set."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import warnings
from typing import Any

import numpy as np
from scipy.special import expit, log_softmax, softmax
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    TunedThresholdClassifierCV,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier

from .._utils.caller import caller_stacklevel
from .expansion import weighted_hard_rows
from .fitting import fit_on_set, takes_soft_labels, weight_parameter

# Classifiers that combine copies of one classifier.
WITH_ONE_CLASSIFIER = (BaggingClassifier, OneVsRestClassifier, OneVsOneClassifier)
# The smallest probability whose logarithm is a finite decision value.
TINY = np.finfo(np.float64).tiny


def fit_under_data_prior(
    estimator: Any, distilled: Any
) -> tuple[Any, np.ndarray | None]:
    """Fit a classifier on a distilled set, and return the correction of its prior.

    Parameters
    ----------
    estimator : classifier
        A clone is fitted.
    distilled : DistilledSet
        A set of class labels. If its class mass is unknown, nothing is corrected.

    Returns
    -------
    fitted : classifier
        Fitted with sample weights that restore the class shares of the data if it
        accepts sample weights but does not predict probabilities.
    ratio : ndarray of shape (n_classes,) or None
        The factors for the columns of the predicted probabilities, in the order of the
        classes of `fitted`. None if its predictions need no correction.
    """
    if distilled.class_mass is not None and needs_prior_weights(estimator):
        return fit_on_set(clone(estimator), reweighted(distilled)), None
    fitted = fit_on_set(clone(estimator), distilled)
    return fitted, data_prior_ratio(fitted, distilled)


def needs_prior_weights(estimator: Any) -> bool:
    """Return whether the prior of a classifier is corrected by sample weights."""
    return (
        not hasattr(estimator, "predict_proba")
        and weight_parameter(estimator) is not None
        and not sets_own_prior(estimator)
    )


def data_prior_ratio(fitted: Any, distilled: Any) -> np.ndarray | None:
    """Return the factors that correct the predicted probabilities of a classifier.

    Parameters
    ----------
    fitted : classifier
        Fitted by `fit_on_set`; some ensembles define `predict_proba` only then.
    distilled : DistilledSet
        The set that the classifier was fitted on.

    Returns
    -------
    ndarray or None
        As in `fit_under_data_prior`.
    """
    if distilled.class_mass is None or sets_own_prior(fitted):
        return None
    trained_on = trained_class_mass(fitted, distilled)
    ratio = prior_ratio(distilled.class_mass, trained_on)
    if ratio is None:
        return None
    if not hasattr(fitted, "predict_proba"):
        warnings.warn(
            f"{type(fitted).__name__} neither predicts probabilities nor accepts "
            "sample weights, so that its predictions assume the class shares of the "
            "distilled set instead of those of the training data. Use another "
            "classifier, or set prior='set'.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )
        return None
    known = getattr(fitted, "classes_", distilled.classes)
    return ratio[np.searchsorted(distilled.classes, known)]


def sets_own_prior(estimator: Any) -> bool:
    """Return whether a classifier does not take its prior from the training rows.

    This holds for ``class_weight="balanced"``, for given priors, and for classifiers
    that set a threshold for their decisions. For a Pipeline or a fitted search, the
    last step or the best estimator is considered, and for bagging, voting and
    multiclass strategies the classifiers that they consist of.
    """
    if hasattr(estimator, "steps"):
        return sets_own_prior(estimator.steps[-1][1])
    if hasattr(estimator, "best_estimator_"):
        return sets_own_prior(estimator.best_estimator_)
    if isinstance(estimator, VotingClassifier):
        members = [member for _, member in estimator.estimators if member != "drop"]
        return bool(members) and all(map(sets_own_prior, members))
    if isinstance(estimator, WITH_ONE_CLASSIFIER):
        return sets_own_prior(estimator.estimator)
    if not hasattr(estimator, "get_params"):
        return False
    if isinstance(estimator, FixedThresholdClassifier | TunedThresholdClassifierCV):
        return True
    params = estimator.get_params(deep=False)
    priors = params.get("priors")
    return (
        isinstance(params.get("class_weight"), str)
        or not (priors is None or (isinstance(priors, str) and priors == "empirical"))
        or params.get("class_prior") is not None
        or params.get("fit_prior") is False
    )


def trained_class_mass(estimator: Any, distilled: Any) -> np.ndarray:
    """Return the class mass of the rows that `fit_on_set` passes to an estimator.

    Parameters
    ----------
    estimator : classifier
    distilled : DistilledSet
        A set of class labels.

    Returns
    -------
    ndarray of shape (n_classes,)
        The sum of the weights of the rows of each class, up to a factor.
    """
    n_classes = len(distilled.classes)
    if distilled.soft_labels is not None and takes_soft_labels(estimator):
        _, codes, weights = weighted_hard_rows(
            distilled.soft_labels, distilled.sample_weight
        )
        return np.bincount(codes, weights=weights, minlength=n_classes)
    codes = np.searchsorted(distilled.classes, distilled.y)
    given = None if weight_parameter(estimator) is None else distilled.sample_weight
    return np.bincount(codes, weights=given, minlength=n_classes).astype(np.float64)


def prior_ratio(class_mass: np.ndarray, trained_on: np.ndarray) -> np.ndarray | None:
    """Return the shares of the data divided by those of the rows trained on.

    Parameters
    ----------
    class_mass, trained_on : ndarray of shape (n_classes,)
        Class shares, up to a factor.

    Returns
    -------
    ndarray of shape (n_classes,) or None
        1 for a class without training rows. None if all shares are equal already.
    """
    present = trained_on > 0
    ratio = np.ones(len(class_mass))
    data_share = class_mass / class_mass.sum()
    ratio[present] = data_share[present] / (trained_on / trained_on.sum())[present]
    return None if np.allclose(ratio[present], 1.0, rtol=1e-9, atol=0) else ratio


def reweighted(distilled: Any) -> Any:
    """Return a copy of a distilled set whose labels have the class shares of the data.

    Hard labels are weighted by `DistilledSet.prior_weights`. Soft labels are corrected
    by Bayes' rule, and the weights of the rows change accordingly, so that the mass of
    each class is multiplied by the same factor in all rows.
    """
    changed = copy.copy(distilled)
    changed.sample_weight = distilled.prior_weights()
    if distilled.soft_labels is None:
        return changed
    weights = distilled.sample_weight
    weights = np.ones(len(distilled)) if weights is None else weights
    ratio = prior_ratio(distilled.class_mass, weights @ distilled.soft_labels)
    if ratio is None:
        return distilled
    joint = distilled.soft_labels * ratio
    changed.sample_weight = weights * joint.sum(axis=1)
    changed.sample_weight /= changed.sample_weight.mean()
    changed.soft_labels = joint / joint.sum(axis=1, keepdims=True)
    return changed


def correct_proba(proba: np.ndarray, ratio: np.ndarray | None) -> np.ndarray:
    """Return probabilities times the prior ratio, renormalized.

    Rows that cannot be normalized, such as rows of zeros, remain unchanged.
    """
    if ratio is None:
        return proba
    moved = proba * ratio
    total = moved.sum(axis=1, keepdims=True)
    return np.divide(
        moved, total, out=np.array(proba, dtype=moved.dtype), where=total > 0
    )


def correct_log_proba(log_proba: np.ndarray, ratio: np.ndarray | None) -> np.ndarray:
    """Return log probabilities plus the logarithms of the prior ratio, normalized."""
    if ratio is None:
        return log_proba
    with np.errstate(divide="ignore"):
        return log_softmax(log_proba + np.log(ratio), axis=1)


def corrected_decisions(fitted: Any, X: Any, ratio: np.ndarray | None) -> np.ndarray:
    """Return decision values that agree with the corrected probabilities.

    Parameters
    ----------
    fitted : classifier
    X : array or DataFrame of n rows
    ratio : ndarray of shape (n_classes,) or None
        If None, the decision function of the classifier is returned.

    Returns
    -------
    ndarray of shape (n,) or (n, n_classes)
    """
    values = fitted.decision_function(X)
    if ratio is None:
        return values
    proba = fitted.predict_proba(X)
    log_ratio = np.log(np.maximum(ratio, TINY))
    if values.ndim == 1:
        if np.allclose(expit(values), proba[:, 1], atol=1e-5):
            return values + (log_ratio[1] - log_ratio[0])
    elif values.shape == proba.shape:
        if np.allclose(softmax(values, axis=1), proba, atol=1e-5):
            return values + log_ratio
    logs = np.log(np.maximum(correct_proba(proba, ratio), TINY))
    return logs[:, 1] - logs[:, 0] if values.ndim == 1 else logs

"""Metrics of a fitted learner on real test rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)

from ...soft_labels.calibration import Calibrator
from ...soft_labels.data_prior import correct_proba

# Metrics of predictions that are corrected to the class shares of the training data.
DATA_PRIOR_METRICS = ("accuracy_data_prior", "log_loss_data_prior")
# Names of the metrics of each task. "score" is balanced accuracy or, for regression,
# R^2.
METRICS = {
    "classification": ("score", "accuracy", "auc", "log_loss", *DATA_PRIOR_METRICS),
    "regression": ("score", "rmse"),
}


def metric_title(name: str) -> str:
    """Return the name of a metric as the title of a column of a table."""
    if name in DATA_PRIOR_METRICS:
        name = name.replace("_data_prior", " (data prior)")
    return name.replace("_", " ")


def classification_metrics(fitted: Any, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return the metrics of a fitted classifier on test rows.

    Parameters
    ----------
    fitted : classifier
    X : ndarray of shape (n, d)
    y : ndarray of shape (n,)
        Classes without a test row are left out of all means over classes.

    Returns
    -------
    dict
        "score" (balanced accuracy), "accuracy", "auc", "log_loss", "recall" (dict of
        class to recall) and "score_error", the standard error of "score" over the
        sampling of the test rows.
    """
    predicted = fitted.predict(X)
    present, counts = np.unique(y, return_counts=True)
    recall = recall_score(y, predicted, labels=present, average=None, zero_division=0)
    scores, are_probabilities = _class_scores(fitted, X)
    known = fitted.classes_
    return {
        "score": float(recall.mean()),
        "accuracy": float(accuracy_score(y, predicted)),
        "auc": _macro_auc(y, scores, known),
        "log_loss": _log_loss(y, scores, known) if are_probabilities else float("nan"),
        "recall": dict(zip(present.tolist(), recall.tolist(), strict=True)),
        "score_error": recall_standard_error(recall, counts),
    }


def data_prior_metrics(
    fitted: Any,
    ratio: np.ndarray | None,
    X: np.ndarray,
    y: np.ndarray,
    calibrator: Calibrator | None = None,
) -> dict[str, float]:
    """Return accuracy and log loss under the class shares of the training data.

    Parameters
    ----------
    fitted : classifier
    ratio : ndarray or None
        The result of `fit_under_data_prior`.
    X : ndarray of shape (n, d)
    y : ndarray of shape (n,)
    calibrator : Calibrator, default=None
        The calibration of the corrected probabilities.
    """
    loss, known = float("nan"), fitted.classes_
    if hasattr(fitted, "predict_proba"):
        proba = correct_proba(fitted.predict_proba(X), ratio)
        if calibrator is not None:
            proba = calibrator.proba(proba)
        loss = _log_loss(y, proba, known)
    predicted = fitted.predict(X)
    if ratio is not None or calibrator is not None:
        predicted = known[proba.argmax(axis=1)]
    accuracy = float(accuracy_score(y, predicted))
    return dict(zip(DATA_PRIOR_METRICS, (accuracy, loss), strict=True))


def regression_metrics(fitted: Any, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return the metrics of a fitted regressor on test rows.

    Returns
    -------
    dict
        "score" (R^2), "rmse", and "score_error", the standard error of R^2 over the
        sampling of the test rows.
    """
    predicted = fitted.predict(X)
    return {
        "score": float(r2_score(y, predicted)),
        "rmse": float(root_mean_squared_error(y, predicted)),
        "score_error": r2_standard_error(y, predicted),
    }


def recall_standard_error(recalls: Any, n_rows: Any) -> float:
    """Return the standard error of a mean recall over the sampling of the test rows.

    The mean of the recalls of all classes is the balanced accuracy. Each recall is a
    share of the test rows of its class, with the variance of a binomial share after two
    hits and two misses are added (Agresti and Coull), so that a recall of 1 on a few
    rows is uncertain too.

    Parameters
    ----------
    recalls : array-like of shape (n_classes,)
    n_rows : array-like of shape (n_classes,)
        The number of test rows of each class.

    Returns
    -------
    float
    """
    recalls, n_rows = np.asarray(recalls), np.asarray(n_rows)
    shares = (recalls * n_rows + 2.0) / (n_rows + 4.0)
    variance = (shares * (1.0 - shares) / (n_rows + 4.0)).sum() / len(recalls) ** 2
    return float(np.sqrt(variance))


def r2_standard_error(y: np.ndarray, predicted: np.ndarray) -> float:
    r"""Return the standard error of R^2 over the sampling of the test rows.

    R^2 is one minus the ratio of two means over the rows, of the squared errors
    :math:`e_i` and of the squared deviations :math:`d_i` of y from its mean. By the
    delta method, its standard error is that of the mean of :math:`(e_i - r d_i) /
    ar d`, where r is the ratio. For several targets, these values are averaged.

    Parameters
    ----------
    y, predicted : ndarray of shape (n,) or (n, n_targets)

    Returns
    -------
    float
        NaN if there is one row, or if a target is constant.
    """
    y, predicted = (np.asarray(a, float).reshape(len(y), -1) for a in (y, predicted))
    errors, deviations = (predicted - y) ** 2, (y - y.mean(axis=0)) ** 2
    variance = deviations.mean(axis=0)
    if len(y) < 2 or not (variance > 0).all():
        return float("nan")
    ratio = errors.mean(axis=0) / variance
    influence = ((errors - ratio * deviations) / variance).mean(axis=1)
    return float(influence.std(ddof=1) / np.sqrt(len(y)))


def _class_scores(fitted: Any, X: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """Return a score for each row and class, and whether scores are probabilities."""
    if hasattr(fitted, "predict_proba"):
        return fitted.predict_proba(X), True
    if hasattr(fitted, "decision_function"):
        scores = fitted.decision_function(X)
        if scores.ndim == 1:
            scores = np.column_stack([-scores, scores])
        return scores, False
    return None, False


def _macro_auc(y: np.ndarray, scores: np.ndarray | None, known: np.ndarray) -> float:
    """Return the one-vs-rest area under the ROC curve, averaged over the classes."""
    if scores is None or not np.isfinite(scores).all():
        return float("nan")
    column_of = {label: j for j, label in enumerate(known.tolist())}
    aucs = []
    for label in np.unique(y).tolist():
        is_label = y == label
        if is_label.all():
            continue
        # A learner cannot rank rows of a class that is missing from its training set.
        # Its area under the curve for that class is 0.5, as for random scores.
        j = column_of.get(label)
        aucs.append(0.5 if j is None else roc_auc_score(is_label, scores[:, j]))
    return float(np.mean(aucs)) if aucs else float("nan")


def _log_loss(y: np.ndarray, proba: np.ndarray | None, known: np.ndarray) -> float:
    """Return the log loss; classes that the learner does not know get probability 0."""
    if proba is None or not np.isfinite(proba).all() or not proba.any(axis=1).all():
        return float("nan")
    labels = np.unique(np.concatenate([known, np.unique(y)]))
    aligned = np.zeros((len(proba), len(labels)))
    # Renormalize, because the probabilities of GaussianNB may not sum exactly to 1.
    aligned[:, np.searchsorted(labels, known)] = proba / proba.sum(1, keepdims=True)
    return float(log_loss(y, aligned, labels=labels))

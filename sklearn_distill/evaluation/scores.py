"""Utility: train on the distilled rows, test on real ones, with a panel of learners."""

# SPDX-License-Identifier: BSD-3-Clause

import time
import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    r2_score,
    recall_score,
    roc_auc_score,
    root_mean_squared_error,
)
from sklearn.utils.class_weight import compute_sample_weight

from .._utils.containers import take_rows
from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.fitting import fit_on_set
from .panel import as_numbers, resolve_learners

# What a row of scores holds, by task; "score" is balanced accuracy, or R^2.
METRICS = {
    "classification": ("score", "accuracy", "auc", "log_loss"),
    "regression": ("score", "rmse"),
}


def utility(
    train: DistilledSet,
    X_test: Any,
    y_test: Any,
    *,
    prepare: Any,
    random_state: int = 0,
    learners: Any = None,
) -> dict[str, float]:
    """Return the score on real test rows of each learner trained on `train`.

    Parameters
    ----------
    train : DistilledSet
        Soft labels and weights reach the learners that take `sample_weight`.
    X_test, y_test : array-like
        Real rows.
    prepare : transformer
        Fitted, as `preprocessor` returns it.
    random_state : int
    learners : dict of str to estimator, default=None
        None is the panel of `panel_learners`.

    Returns
    -------
    dict of str to float
        Balanced accuracy, or R^2 for regression, and their "mean".
    """
    scores = {
        row["learner"]: row["score"]
        for row in learner_scores(
            train,
            X_test,
            y_test,
            prepare=prepare,
            random_state=random_state,
            learners=learners,
        )
    }
    return scores | {"mean": float(np.mean(list(scores.values())))}


def learner_scores(
    train: DistilledSet,
    X_test: Any,
    y_test: Any,
    *,
    prepare: Any,
    random_state: int = 0,
    learners: Any = None,
    on_error: str = "raise",
) -> list[dict[str, Any]]:
    """Return every metric of each learner trained on `train`.

    Parameters
    ----------
    train : DistilledSet
    X_test, y_test : array-like
    prepare : transformer
    random_state : int
    learners : "panel", dict, list or None
        See `resolve_learners`.
    on_error : {"raise", "record"}
        "record" makes a learner that fails a row of NaN with its "error".

    Returns
    -------
    list of dict
        "learner", "fit_seconds", and for classification "score" (balanced accuracy),
        "accuracy", "auc" (mean over the classes of each against the rest) and
        "log_loss"; for regression "score" (R^2) and "rmse". "recall" is a dict of each
        class's own. What a learner cannot give is NaN.
    """
    is_classification = train.classes is not None
    task = "classification" if is_classification else "regression"
    chosen = resolve_learners(learners, task, len(train), random_state=random_state)
    ready = DistilledSet(
        as_numbers(prepare, train.X),
        train.y,
        soft_labels=train.soft_labels,
        sample_weight=train.sample_weight,
        classes=train.classes,
    )
    X_test, y_test = as_numbers(prepare, X_test), np.asarray(y_test)
    evaluate = classification_metrics if is_classification else regression_metrics
    rows = []
    for name, learner in chosen.items():
        started = time.perf_counter()
        row: dict[str, Any] = {"learner": name}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ConvergenceWarning)
                # Of few rows of each class scikit-learn asks if y is a quantity.
                warnings.filterwarnings("ignore", message="The number of unique class")
                fitted = fit_on_set(clone(learner), ready)
            row["fit_seconds"] = time.perf_counter() - started
            row |= evaluate(fitted, X_test, y_test)
        except Exception as error:
            if on_error == "raise":
                raise
            row |= dict.fromkeys(METRICS[task], float("nan"))
            row["error"] = f"{type(error).__name__}: {error}"
        rows.append(row)
    return rows


def classification_metrics(fitted: Any, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return the metrics of a fitted classifier on (X, y).

    Parameters
    ----------
    fitted : classifier
    X : ndarray of n rows
    y : ndarray of n labels
        Classes that are not among them count in no mean.
    """
    predicted = fitted.predict(X)
    present = np.unique(y)
    recall = recall_score(y, predicted, labels=present, average=None, zero_division=0)
    scores, are_probabilities = _class_scores(fitted, X)
    known = fitted.classes_
    return {
        "score": float(recall.mean()),
        "accuracy": float(accuracy_score(y, predicted)),
        "auc": _macro_auc(y, scores, known),
        "log_loss": _log_loss(y, scores, known) if are_probabilities else float("nan"),
        "recall": dict(zip(present.tolist(), recall.tolist(), strict=True)),
    }


def regression_metrics(fitted: Any, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return the metrics of a fitted regressor on (X, y)."""
    predicted = fitted.predict(X)
    return {
        "score": float(r2_score(y, predicted)),
        "rmse": float(root_mean_squared_error(y, predicted)),
    }


def _class_scores(fitted: Any, X: np.ndarray) -> tuple[np.ndarray | None, bool]:
    """Return a score for each row and class, and whether they are probabilities."""
    if hasattr(fitted, "predict_proba"):
        return fitted.predict_proba(X), True
    if hasattr(fitted, "decision_function"):
        scores = fitted.decision_function(X)
        if scores.ndim == 1:
            scores = np.column_stack([-scores, scores])
        return scores, False
    return None, False


def _macro_auc(y: np.ndarray, scores: np.ndarray | None, known: np.ndarray) -> float:
    if scores is None or not np.isfinite(scores).all():
        return float("nan")
    column_of = {label: j for j, label in enumerate(known.tolist())}
    aucs = []
    for label in np.unique(y).tolist():
        is_label = y == label
        if is_label.all():
            continue
        # A class that the learner was never shown: it ranks nothing, which is 0.5.
        j = column_of.get(label)
        aucs.append(0.5 if j is None else roc_auc_score(is_label, scores[:, j]))
    return float(np.mean(aucs)) if aucs else float("nan")


def _log_loss(y: np.ndarray, proba: np.ndarray | None, known: np.ndarray) -> float:
    if proba is None or not np.isfinite(proba).all() or not proba.any(axis=1).all():
        return float("nan")
    labels = np.unique(np.concatenate([known, np.unique(y)]))
    aligned = np.zeros((len(proba), len(labels)))
    # Naive Bayes takes differences of large logarithms: its sums are not quite 1.
    aligned[:, np.searchsorted(labels, known)] = proba / proba.sum(1, keepdims=True)
    return float(log_loss(y, aligned, labels=labels))


def weighted_full_data(
    X: Any, y: Any, *, classes: Any, max_rows: int | None = None, random_state: int = 0
) -> DistilledSet:
    """Return real rows as a set: the reference that distilled ones are held against.

    Parameters
    ----------
    X, y : array-like of n rows
    classes : ndarray or None
        None says that y holds quantities. Classes get equal weight in all, so that a
        balanced set and an unbalanced one are compared at the same class balance.
    max_rows : int, default=None
        Draw so many at most, as many as the slowest learner can take: of each class
        in proportion, but at least one row, however many classes there are.
    random_state : int
    """
    y = np.asarray(y)
    if max_rows is not None and len(y) > max_rows:
        order = np.random.RandomState(random_state).permutation(len(y))
        some = order[:max_rows]
        if classes is not None:
            some = order[_in_proportion(y[order], max_rows)]
        X, y = take_rows(X if hasattr(X, "iloc") else np.asarray(X), some), y[some]
    weights = None if classes is None else compute_sample_weight("balanced", y)
    return DistilledSet(X, y, sample_weight=weights, classes=classes)


def _in_proportion(y: np.ndarray, n: int) -> np.ndarray:
    """Return the places of n labels, the first of each class in proportion.

    At least one of each class, so more than n if there are more classes than that.
    """
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    by_class = np.argsort(codes, kind="stable")
    first = np.cumsum(counts) - counts
    rank = np.empty(len(y), dtype=np.int64)
    rank[by_class] = np.arange(len(y)) - first[codes[by_class]]
    # How much of its class comes before a row; a class's first row goes before all.
    before = np.where(rank == 0, -1.0, (rank + 0.5) / counts[codes])
    return np.sort(np.argsort(before, kind="stable")[: max(n, len(counts))])

"""The gain of a teacher over its student alone, measured on held-out rows."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold

from .._utils.caller import caller_stacklevel
from .._utils.containers import take_rows
from ..soft_labels.fitting import fit_weighted
from .students import class_probabilities, fit_student
from .targets import plain_targets

N_FOLDS = 5
# Folds are evaluated until this many rows have been held out.
ENOUGH_ROWS = 500
# With fewer rows than this, the comparison is skipped.
MIN_ROWS = 20


class Gain(NamedTuple):
    """The scores of a teacher and of the student alone, on held-out rows.

    Attributes
    ----------
    teacher, student : float
        Accuracy, or R^2.
    difference : float
        The score of the teacher minus that of the student.
    standard_error : float
        The standard error of the difference, from paired rows.
    n_rows : int
        The number of held-out rows.
    """

    teacher: float
    student: float
    difference: float
    standard_error: float
    n_rows: int

    @property
    def is_clear(self) -> bool:
        """Whether the teacher is better by more than one standard error."""
        return self.difference > self.standard_error


def held_out_gain(
    committee: Any,
    student: Any,
    X: Any,
    y: np.ndarray,
    weights: np.ndarray | None,
    *,
    predictions: np.ndarray | None,
    seed: int,
) -> Gain | None:
    """Train teacher and student on some folds, and compare them on the others.

    Parameters
    ----------
    committee : Committee
        Not fitted.
    student : estimator
    X, y, weights
        The labeled rows; y holds class codes or continuous targets.
    predictions : ndarray or None
        The predictions of a teacher that cannot be trained again. Such a teacher may
        have been trained on these rows, which makes its score too high.
    seed : int

    Returns
    -------
    Gain or None
        None if there are too few rows for a comparison.
    """
    classes = committee.classes
    stratified = classes is not None
    if len(X) < MIN_ROWS or (stratified and np.bincount(y).min() < 2):
        return None
    splitter = (StratifiedKFold if stratified else KFold)(
        N_FOLDS, shuffle=True, random_state=seed
    )
    scores, n_held_out = [], 0
    with warnings.catch_warnings():
        # A class may have fewer rows than there are folds. Warnings of the trained
        # estimators are repeated when they are fitted on all rows.
        warnings.simplefilter("ignore")
        for train, test in splitter.split(np.zeros(len(y)), y):
            train_weights = None if weights is None else weights[train]
            test_weights = None if weights is None else weights[test]
            X_train, X_test = take_rows(X, train), take_rows(X, test)
            if predictions is None:
                fitted = fit_weighted(
                    clone(committee), X_train, y[train], train_weights
                )
                predicted = fitted.predict_targets(X_test)
            else:
                predicted = predictions[test]
            targets = plain_targets(y[train], train_weights, classes)
            alone = fit_student(student, X_train, targets, seed)
            scores.append(
                _row_scores(alone, X_test, y[test], predicted, test_weights, classes)
            )
            n_held_out += len(test)
            if n_held_out >= ENOUGH_ROWS:
                break
    return _compare(*np.concatenate(scores, axis=1))


def _row_scores(
    alone: Any,
    X: Any,
    y: np.ndarray,
    predicted: np.ndarray,
    weights: np.ndarray | None,
    classes: np.ndarray | None,
) -> np.ndarray:
    """Return the teacher's score, the student's score and the weight of each row."""
    row_weights = np.ones(len(y)) if weights is None else weights
    if classes is None:
        variance = np.maximum(np.var(y, axis=0), np.finfo(float).tiny)
        by_student = np.asarray(alone.predict(X)).reshape(y.shape)
        teacher, student = (
            (1 - (values - y) ** 2 / variance).reshape(len(y), -1).mean(axis=1)
            for values in (predicted, by_student)
        )
    else:
        teacher = predicted.argmax(axis=1) == y
        if hasattr(alone, "classes_"):
            student = alone.predict(X) == classes[y]
        else:
            student = class_probabilities(alone, X, classes).argmax(axis=1) == y
    return np.array([teacher, student, row_weights], dtype=np.float64)


def _compare(teacher: np.ndarray, student: np.ndarray, weights: np.ndarray) -> Gain:
    """Return the weighted mean scores and the standard error of their difference."""
    shares = weights / weights.sum()
    difference = float(shares @ (teacher - student))
    variance = float(shares**2 @ (teacher - student - difference) ** 2)
    return Gain(
        float(shares @ teacher),
        float(shares @ student),
        difference,
        float(np.sqrt(variance)),
        len(teacher),
    )


def warn_if_no_gain(gain: Gain | None, metric: str) -> None:
    """Warn if the teacher is not clearly better than the student alone."""
    if gain is None or gain.is_clear:
        return
    warnings.warn(
        "The teacher is not clearly better than the student alone: "
        f"{metric} {gain.teacher:.3f} and {gain.student:.3f} on {gain.n_rows} "
        f"held-out rows (difference {gain.difference:+.3f}, standard error "
        f"{gain.standard_error:.3f}). The student can gain little from this teacher. "
        "Pass a better teacher or a smaller student, or set check_teacher=False.",
        UserWarning,
        stacklevel=caller_stacklevel(),
    )

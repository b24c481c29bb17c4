"""Is the teacher better than the student alone? Decided on rows that neither saw."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold

from .._utils.containers import take_rows
from ..soft_labels.fitting import fit_weighted
from .students import class_probabilities, fit_student
from .targets import plain_targets

N_FOLDS = 5
# As many folds as it takes to hold back so many rows.
ENOUGH_ROWS = 500
# Fewer rows than this tell nothing.
FEWEST_ROWS = 20


class Gain(NamedTuple):
    """How much better than the student alone a teacher is, on held-out rows.

    Attributes
    ----------
    teacher, student : float
        Accuracy, or R^2.
    difference : float
        The first less the second.
    standard_error : float
        Of the difference, the rows being paired.
    n_rows : int
        How many rows were held out.
    """

    teacher: float
    student: float
    difference: float
    standard_error: float
    n_rows: int

    @property
    def is_clear(self) -> bool:
        """Whether the teacher is better by more than a standard error."""
        return self.difference > self.standard_error


def held_out_gain(
    committee: Any,
    student: Any,
    X: Any,
    y: np.ndarray,
    weights: np.ndarray | None,
    *,
    opinions: np.ndarray | None,
    seed: int,
) -> Gain | None:
    """Train teacher and student on some folds, and compare them on the others.

    Parameters
    ----------
    committee : Committee
        Unfitted.
    student : estimator
    X, y, weights
        The labelled rows; y holds class codes or numbers.
    opinions : ndarray or None
        What a teacher said that cannot be trained again: it may have seen the rows, so
        it is flattered.
    seed : int

    Returns
    -------
    Gain or None
        None where there are too few rows to say.
    """
    classes = committee.classes
    stratified = classes is not None
    if len(X) < FEWEST_ROWS or (stratified and np.bincount(y).min() < 2):
        return None
    splitter = (StratifiedKFold if stratified else KFold)(
        N_FOLDS, shuffle=True, random_state=seed
    )
    marks, held_back = [], 0
    with warnings.catch_warnings():
        # A class may have fewer rows than there are folds; and what a trial fit warns
        # of, the fit itself will.
        warnings.simplefilter("ignore")
        for train, test in splitter.split(np.zeros(len(y)), y):
            some = None if weights is None else weights[train]
            X_train, X_test = take_rows(X, train), take_rows(X, test)
            if opinions is None:
                fitted = fit_weighted(clone(committee), X_train, y[train], some)
                said = fitted.opinion(X_test)
            else:
                said = opinions[test]
            plain = plain_targets(y[train], some, classes)
            alone = fit_student(student, X_train, plain, seed)
            rows_weights = None if weights is None else weights[test]
            marks.append(_marks(alone, X_test, y[test], said, rows_weights, classes))
            held_back += len(test)
            if held_back >= ENOUGH_ROWS:
                break
    teacher, student_marks, row_weights = np.concatenate(marks, axis=1)
    return _compare(teacher, student_marks, row_weights)


def _marks(
    alone: Any,
    X: Any,
    y: np.ndarray,
    said: np.ndarray,
    weights: np.ndarray | None,
    classes: np.ndarray | None,
) -> np.ndarray:
    """Return (teacher's, student's, weight) for each held-out row."""
    row_weights = np.ones(len(y)) if weights is None else weights
    if classes is None:
        spread = max(float(np.var(y)), np.finfo(float).tiny)
        guessed = np.asarray(alone.predict(X)).reshape(len(y))
        teacher, student = 1 - (said - y) ** 2 / spread, 1 - (guessed - y) ** 2 / spread
    else:
        teacher = said.argmax(axis=1) == y
        if hasattr(alone, "classes_"):
            student = alone.predict(X) == classes[y]
        else:
            student = class_probabilities(alone, X, classes).argmax(axis=1) == y
    return np.array([teacher, student, row_weights], dtype=np.float64)


def _compare(teacher: np.ndarray, student: np.ndarray, weights: np.ndarray) -> Gain:
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


def warn_of_no_gain(gain: Gain, measure: str) -> None:
    """Say that there is little to learn from this teacher."""
    warnings.warn(
        "The teacher is not clearly better than the student alone: "
        f"{measure} {gain.teacher:.3f} against {gain.student:.3f} on {gain.n_rows} "
        f"held-out rows (difference {gain.difference:+.3f}, standard error "
        f"{gain.standard_error:.3f}). It has little to pass on; take a stronger "
        "teacher or a smaller student, or say check_teacher=False.",
        UserWarning,
        stacklevel=4,
    )

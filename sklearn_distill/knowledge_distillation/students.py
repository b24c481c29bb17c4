"""Students: how blended targets reach an estimator of any kind."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from .._utils.containers import take_rows
from ..soft_labels.fitting import fit_weighted, weight_parameter
from ..soft_labels.repeated_rows import (
    holds_rows_back,
    scale_counts_of_rows,
    take_balance,
)
from .targets import Targets, prune
from .wrapping import innermost, is_net, split_pipeline, wrap_nets


def fit_student(
    student: Any, X: Any, targets: Targets, seed: int, lesson: Any = None
) -> Any:
    """Return a clone of a student, fitted on rows and targets.

    Parameters
    ----------
    student : estimator, skorch net, module class, or Pipeline that ends in one
    X : array or DataFrame of n rows
    targets : Targets
    seed : int
        For a net's start.
    lesson : Lesson, default=None
        How a net is taught; others take the blended targets as they are.

    Returns
    -------
    estimator
        It predicts labels in the user's terms; a regressor that was trained on class
        probabilities predicts these.
    """
    if is_net(innermost(student)):
        return _fit_net(student, X, targets, seed, lesson)
    weights = targets.weights if targets.has_weights() else None
    if targets.classes is None:
        return fit_weighted(clone(student), X, targets.blended(), weights)
    if is_regressor(student):
        return _fit_on_probabilities(student, X, targets.blended(), weights)
    blended = prune(targets.blended())
    likeliest = targets.classes[blended.argmax(axis=1)]
    if weight_parameter(student) is None:
        # Without weights a row can have one label only: the most probable.
        return clone(student).fit(X, likeliest)
    if holds_rows_back(student):
        # Its own label where a row has one, so that no class is lost.
        own = targets.classes[targets.labels.argmax(axis=1)]
        return fit_weighted(clone(student), X, own, weights)
    if (blended.max(axis=1) == 1.0).all():
        return fit_weighted(clone(student), X, likeliest, weights)
    # The weights of a row's copies add up to its own: then this is the cross-entropy
    # with the blended labels, on the scale of the hard ones.
    rows, codes = np.nonzero(blended)
    ready = scale_counts_of_rows(clone(student), len(rows) / len(blended))
    shares = blended[rows, codes] * targets.weights[rows]
    shares *= take_balance(ready, blended)[codes]
    return fit_weighted(ready, take_rows(X, rows), targets.classes[codes], shares)


def _fit_net(student: Any, X: Any, targets: Targets, seed: int, lesson: Any) -> Any:
    from .nets import Lesson

    task = "regression" if targets.classes is None else "classification"
    before, net = split_pipeline(student)
    wrapped = clone(wrap_nets(net, task, seed))
    if before is None:
        return wrapped.train(X, targets, lesson or Lesson())
    blended = targets.labels
    if targets.classes is not None:
        blended = targets.classes[blended.argmax(axis=1)]
    fitted = clone(before)
    wrapped.train(fitted.fit_transform(X, blended), targets, lesson or Lesson())
    return Pipeline([*fitted.steps, (student.steps[-1][0], wrapped)])


def _fit_on_probabilities(
    student: Any, X: Any, proba: np.ndarray, weights: np.ndarray | None
) -> Any:
    """Fit a regressor on all classes' probabilities at once, or on each in turn."""
    regressor = clone(student)
    if not get_tags(innermost(student)).target_tags.multi_output:
        # Inside a Pipeline, so that weights find their way to the last step.
        before, last = split_pipeline(regressor)
        each = MultiOutputRegressor(last)
        name = student.steps[-1][0] if before is not None else ""
        regressor = each if before is None else Pipeline([*before.steps, (name, each)])
    if weights is not None and weight_parameter(student) is None:
        # `MultiOutputRegressor` would take weights, and only then find out.
        weights = None
    return fit_weighted(regressor, X, proba, weights)


def class_probabilities(student: Any, X: Any, classes: np.ndarray) -> np.ndarray:
    """Return a fitted student's probabilities in the order of `classes`."""
    from .teachers import normalised, probabilities

    if is_regressor(student):
        return normalised(np.clip(student.predict(X), 0.0, None))
    return probabilities(student, X, classes)


def says(student: Any, X: Any, classes: np.ndarray) -> np.ndarray:
    """Return a fitted student's probabilities; its predictions one-hot without."""
    if is_regressor(student) or hasattr(student, "predict_proba"):
        return class_probabilities(student, X, classes)
    return np.eye(len(classes))[np.searchsorted(classes, student.predict(X))]


def can_predict(estimator: Any) -> bool:
    """Tell whether an estimator predicts, or will: a stacking ensemble once fitted."""
    is_known = is_classifier(estimator) or is_regressor(estimator)
    return is_known or hasattr(estimator, "predict")


def check_student(student: Any, task: str) -> None:
    """Raise TypeError or ValueError for a student that cannot be trained so."""
    last = innermost(student)
    if is_net(last):
        from .net_checks import check_net

        check_net(last, task)
    elif not hasattr(student, "fit") or not can_predict(student):
        raise TypeError(
            f"student {student!r} is no estimator: it lacks fit or predict."
        )
    elif task == "regression":
        if is_classifier(student):
            raise ValueError(
                f"student {student!r} is a classifier, but y holds quantities. Take a "
                "regressor."
            )
    elif not (is_classifier(student) or is_regressor(student)):
        raise ValueError(
            f"student {student!r} is neither a classifier nor a regressor."
        )

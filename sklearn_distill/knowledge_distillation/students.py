"""Students: how estimators of every kind are trained on targets."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from .._utils.caller import caller_stacklevel
from ..soft_labels.data_prior import prior_ratio, sets_own_prior
from ..soft_labels.fitting import (
    fit_on_soft_labels,
    fit_weighted,
    takes_soft_labels,
    weight_parameter,
)
from .nets.wrapping import innermost, is_net, split_pipeline, wrap_nets
from .targets import Targets
from .teachers import normalized, probabilities


def fit_student(
    student: Any, X: Any, targets: Targets, seed: int, net_training: Any = None
) -> Any:
    """Return a clone of a student, fitted on rows and targets.

    Parameters
    ----------
    student : estimator, skorch net, module class, or Pipeline that ends in one
    X : array or DataFrame of n rows
    targets : Targets
    seed : int
        Seed of the initial parameters of a net.
    net_training : NetTraining, default=None
        How a net is trained. All other estimators are trained on the blended targets.

    Returns
    -------
    estimator
        It predicts the labels of y; a regressor that was trained on class probabilities
        predicts probabilities.
    """
    if is_net(innermost(student)):
        return _fit_net(student, X, targets, seed, net_training)
    weights = targets.weights if targets.has_weights() else None
    blended = targets.blended()
    if targets.classes is None and blended.ndim == 1:
        return fit_weighted(clone(student), X, blended, weights)
    if targets.classes is None or is_regressor(student):
        return _fit_on_columns(student, X, blended, weights)
    if weight_parameter(student) is None:
        # Without sample weights, each row can only have its likeliest class.
        return clone(student).fit(X, targets.classes[blended.argmax(axis=1)])
    if not takes_soft_labels(student):
        # Labeled rows keep their own label, so that no class is lost.
        own = targets.classes[targets.labels.argmax(axis=1)]
        return fit_weighted(clone(student), X, own, weights)
    # The weights of the copies of a row sum to the weight of the row, so that the
    # weighted loss is the cross-entropy with the blended labels.
    return fit_on_soft_labels(
        clone(student), X, blended, targets.classes, targets.weights, keep_mean=False
    )


def _fit_net(
    student: Any, X: Any, targets: Targets, seed: int, net_training: Any
) -> Any:
    """Fit a net, or a Pipeline that ends in one."""
    from .nets.estimators import NetTraining

    task = "regression" if targets.classes is None else "classification"
    training = net_training or NetTraining()
    before, net = split_pipeline(student)
    wrapped = clone(wrap_nets(net, task, seed))
    if before is None:
        return wrapped.train(X, targets, training)
    labels = targets.labels
    if targets.classes is not None:
        labels = targets.classes[labels.argmax(axis=1)]
    fitted = clone(before)
    wrapped.train(fitted.fit_transform(X, labels), targets, training)
    return Pipeline([*fitted.steps, (student.steps[-1][0], wrapped)])


def _fit_on_columns(
    student: Any, X: Any, targets: np.ndarray, weights: np.ndarray | None
) -> Any:
    """Fit a regressor on several targets or probabilities, jointly or one by one."""
    regressor = clone(student)
    if not get_tags(innermost(student)).target_tags.multi_output:
        # The regressor is replaced inside the Pipeline, so that sample weights still
        # reach the last step.
        before, last = split_pipeline(regressor)
        each = MultiOutputRegressor(last)
        name = student.steps[-1][0] if before is not None else ""
        regressor = each if before is None else Pipeline([*before.steps, (name, each)])
    if weights is not None and weight_parameter(student) is None:
        # `fit` of MultiOutputRegressor takes weights, but raises an error if the
        # regressor inside does not.
        weights = None
    return fit_weighted(regressor, X, targets, weights)


def class_probabilities(student: Any, X: Any, classes: np.ndarray) -> np.ndarray:
    """Return the probabilities of a fitted student, in the order of `classes`."""
    if is_regressor(student):
        return normalized(np.clip(student.predict(X), 0.0, None))
    return probabilities(student, X, classes)


def class_targets(student: Any, X: Any, classes: np.ndarray) -> np.ndarray:
    """Return the probabilities of a fitted student, or its one-hot predictions."""
    if is_regressor(student) or hasattr(student, "predict_proba"):
        return class_probabilities(student, X, classes)
    return np.eye(len(classes))[np.searchsorted(classes, student.predict(X))]


def students_class_mass(student: Any, targets: Targets) -> np.ndarray:
    """Return the class mass of the rows and labels that `fit_student` passes on.

    Parameters
    ----------
    student : estimator, skorch net, module class, or Pipeline that ends in one
    targets : Targets
        Targets of class labels.

    Returns
    -------
    ndarray of shape (n_classes,)
    """
    if is_net(innermost(student)):
        blended = targets.predictions if callable(targets.alpha) else targets.blended()
        return targets.weights @ blended
    labels, weights = targets.blended(), targets.weights
    if weight_parameter(student) is None:
        weights = np.ones(len(labels))
    if is_classifier(student) and not takes_soft_labels(student):
        hard = labels if weight_parameter(student) is None else targets.labels
        labels = np.eye(labels.shape[1])[hard.argmax(axis=1)]
    return weights @ labels


def under_data_prior(
    student: Any, targets: Targets, class_mass: np.ndarray | None
) -> tuple[Targets, np.ndarray | None]:
    """Return targets for a student, and the correction of its predictions.

    Parameters
    ----------
    student : estimator, skorch net, module class, or Pipeline that ends in one
    targets : Targets
    class_mass : ndarray of shape (n_classes,) or None
        The class shares that predictions should assume. If None, nothing is corrected.

    Returns
    -------
    targets : Targets
        They have the class shares of `class_mass` if the student accepts sample weights
        but does not predict probabilities.
    ratio : ndarray of shape (n_classes,) or None
        The factors for predicted probabilities; None if they need no correction.
    """
    if class_mass is None or sets_own_prior(student):
        return targets, None
    ratio = prior_ratio(class_mass, students_class_mass(student, targets))
    is_regressor_or_net = is_net(innermost(student)) or is_regressor(student)
    if ratio is None or is_regressor_or_net or hasattr(student, "predict_proba"):
        return targets, ratio
    if weight_parameter(student) is None:
        warnings.warn(
            f"The student {type(student).__name__} neither predicts probabilities nor "
            "accepts sample weights, so that its predictions assume the class shares "
            "of the distilled rows instead of those of the training data. Use another "
            "student, or set prior='set'.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )
        return targets, None
    joint = targets.blended() * ratio
    mass = joint.sum(axis=1)
    labels = predictions = joint / mass[:, None]
    if not takes_soft_labels(student):
        labels, predictions = targets.labels, targets.predictions
        mass = ratio[labels.argmax(axis=1)]
    weights = targets.weights * mass
    weights *= targets.weights.sum() / weights.sum()
    return replace(
        targets, labels=labels, predictions=predictions, weights=weights
    ), None


def check_student(student: Any, task: str) -> None:
    """Raise TypeError or ValueError for a student that does not fit the task."""
    last = innermost(student)
    if is_net(last):
        from .nets.checks import check_net

        check_net(last, task)
        return
    # A stacking ensemble has `predict` only once it is fitted.
    is_known = is_classifier(student) or is_regressor(student)
    if not hasattr(student, "fit") or not (is_known or hasattr(student, "predict")):
        raise TypeError(
            f"student must be an estimator with fit and predict; got {student!r}."
        )
    if task == "regression" and is_classifier(student):
        raise ValueError(
            f"The student {student!r} is a classifier, but y is continuous. Pass a "
            "regressor."
        )
    if task == "classification" and not is_known:
        raise ValueError(
            f"student must be a classifier or a regressor; got {student!r}."
        )

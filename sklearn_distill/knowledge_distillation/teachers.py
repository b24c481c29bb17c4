"""Teachers: one or several, fitted or not, and their predictions."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from .._utils.containers import take_rows
from ..soft_labels.fitting import fit_weighted, weight_parameter
from ..soft_labels.teacher import cross_fitted_predictions, for_targets, gets_method
from .nets.wrapping import innermost, is_net, wrap_nets

TINY = 1e-12


class UniformTeacher(DummyClassifier):
    """A teacher that predicts the same probability for every class.

    With this teacher, knowledge distillation is label smoothing.
    """

    # The amount of label smoothing in the paper on the Inception architecture.
    default_alpha = 0.1

    def __init__(self) -> None:
        super().__init__(strategy="uniform")


def list_teachers(teacher: Any, student: Any, loss: Any) -> list[Any]:
    """Return the teachers that the parameters of an estimator specify, as a list.

    Parameters
    ----------
    teacher : estimator, list of estimators, "self" or None
    student : estimator
    loss : str or callable

    Returns
    -------
    list of estimators
        Empty if the predictions of the teacher are passed to `fit`.
    """
    if loss == "label_smoothing":
        return [UniformTeacher()]
    if teacher is None:
        return []
    if isinstance(teacher, str):
        return [student]
    return teacher if isinstance(teacher, list) else [teacher]


def is_label_smoothing(teachers: list[Any]) -> bool:
    """Return whether the only teacher is the uniform one."""
    return len(teachers) == 1 and isinstance(teachers[0], UniformTeacher)


def needs_training(teachers: list[Any]) -> bool:
    """Return whether any teacher is not frozen."""
    return not all(isinstance(teacher, FrozenEstimator) for teacher in teachers)


def default_alpha(teachers: list[Any], has_added_rows: bool) -> float:
    """Return the share of the teacher in labeled rows for ``alpha="auto"``."""
    if is_label_smoothing(teachers):
        return teachers[0].default_alpha
    return 0.0 if has_added_rows else 0.5


class Committee(BaseEstimator):
    """Several teachers as one estimator on class codes or continuous targets.

    The predicted probabilities are averaged, not the logits, so that a single very
    confident teacher does not outweigh all others.

    Parameters
    ----------
    teachers : list of estimators
    weights : list of float or None
        None gives all teachers the same weight.
    classes : ndarray or None
        The labels that the class codes index; None for regression.
    seed : int
        Seed of teachers that are nets.
    """

    def __init__(
        self, teachers: list[Any], weights: Any, classes: np.ndarray | None, seed: int
    ):
        self.teachers = teachers
        self.weights = weights
        self.classes = classes
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> Self:
        """Fit a clone of each teacher."""
        task = "regression" if self.classes is None else "classification"
        labels = y if self.classes is None else self.classes[y]
        wrapped = [wrap_nets(teacher, task, self.seed) for teacher in self.teachers]
        wrapped = [
            each if isinstance(each, FrozenEstimator) else for_targets(each, y[0].size)
            for each in wrapped
        ]
        self.teachers_ = [
            fit_weighted(clone(each), X, labels, sample_weight) for each in wrapped
        ]
        if self.classes is not None:
            # Some classes may be missing from y, as in a fold of cross-fitting.
            self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the mean of the probabilities, in the order of `classes_`."""
        each = [probabilities(t, X, self.classes) for t in self.teachers_]
        total = np.tensordot(self._weights(), each, axes=1)
        return normalized(total[:, self.classes_])

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean of the predictions of regressors."""
        each = [_predict(teacher, X) for teacher in self.teachers_]
        return np.tensordot(self._weights(), each, axes=1)

    def predict_targets(self, X: Any) -> np.ndarray:
        """Return class probabilities, or the predictions of `as_targets`."""
        if self.classes is None:
            return as_targets(self.predict(X))
        proba = np.zeros((len(X), len(self.classes)))
        proba[:, self.classes_] = self.predict_proba(X)
        return proba

    def _weights(self) -> np.ndarray:
        weights = np.ones(len(self.teachers)) if self.weights is None else self.weights
        weights = np.asarray(weights, dtype=np.float64)
        return weights / weights.sum()


def fitted_committee(
    teachers: list[Any], weights: Any, classes: np.ndarray | None
) -> Committee:
    """Return a committee of teachers that are fitted already."""
    committee = Committee(teachers, weights, classes, seed=0)
    committee.teachers_ = teachers
    if classes is not None:
        committee.classes_ = np.arange(len(classes))
    return committee


def out_of_fold_targets(
    committee: Committee, X: Any, y: np.ndarray, sample_weight: np.ndarray, seed: int
) -> np.ndarray:
    """Return the predictions for each row of teachers that were trained without it."""
    n_classes = None if committee.classes is None else len(committee.classes)
    return cross_fitted_predictions(
        committee,
        X,
        y,
        sample_weight,
        X,
        np.arange(len(X)),
        n_classes=n_classes,
        seed=seed,
    )


def probabilities(estimator: Any, X: Any, classes: Any) -> np.ndarray:
    """Return the probabilities of a fitted classifier, with a column for each class.

    A class that the classifier does not know gets probability 0. The columns of classes
    that are not in `classes` are dropped, and the other columns are rescaled.
    """
    proba = np.asarray(estimator.predict_proba(_as_input(estimator, X)), np.float64)
    known = known_classes(estimator, classes)
    column_of = {label: j for j, label in enumerate(known.tolist())}
    aligned = np.zeros((len(proba), len(classes)))
    for k, label in enumerate(classes.tolist()):
        if label in column_of:
            aligned[:, k] = proba[:, column_of[label]]
    return normalized(aligned)


def known_classes(estimator: Any, classes: np.ndarray) -> np.ndarray:
    """Return the labels of the classes that a fitted classifier knows.

    A skorch net can only be trained on the codes 0 to n_classes - 1, which stand for
    the classes in their order.
    """
    known = np.asarray(estimator.classes_)
    if is_net(innermost(estimator)) and np.array_equal(known, np.arange(len(classes))):
        return classes
    return known


def normalized(proba: np.ndarray) -> np.ndarray:
    """Return rows that sum to 1; rows of zeros become uniform."""
    sums = proba.sum(axis=1, keepdims=True)
    uniform = np.full_like(proba, 1.0 / proba.shape[1])
    return np.where(sums > TINY, proba / np.maximum(sums, TINY), uniform)


def _predict(teacher: Any, X: Any) -> np.ndarray:
    return as_targets(teacher.predict(_as_input(teacher, X)))


def as_targets(predictions: Any) -> np.ndarray:
    """Return the predictions of a regressor; a single column becomes 1-D."""
    predictions = np.asarray(predictions, dtype=np.float64)
    is_column = predictions.ndim == 2 and predictions.shape[1] == 1
    return predictions[:, 0] if is_column else predictions


def _as_input(teacher: Any, X: Any) -> Any:
    """Return the rows as a teacher takes them; a bare skorch net requires float32."""
    bare = teacher.estimator if isinstance(teacher, FrozenEstimator) else teacher
    return np.asarray(X, dtype=np.float32) if is_net(bare) else X


def check_teachers(
    teachers: list[Any], weights: Any, task: str, classes: np.ndarray | None
) -> None:
    """Raise TypeError or ValueError for teachers that do not fit the task.

    No teacher is trained for this check.

    Parameters
    ----------
    teachers : list of estimators
    weights : list of float or None
    task : {"classification", "regression"}
    classes : ndarray or None
    """
    if not teachers:
        raise ValueError(
            "teacher must not be an empty list. Pass at least one teacher."
        )
    if weights is not None:
        given = np.asarray(weights, dtype=np.float64)
        if given.shape != (len(teachers),) or (given < 0).any() or not given.sum() > 0:
            raise ValueError(
                f"teacher_weights={weights!r} must hold one number for each of the "
                f"{len(teachers)} teachers, with none negative and a positive sum."
            )
    for teacher in teachers:
        _check_kind(teacher, task)
        if isinstance(teacher, FrozenEstimator):
            _check_frozen(teacher, classes)


def _check_kind(teacher: Any, task: str) -> None:
    if is_net(innermost(teacher)):
        if not isinstance(teacher, FrozenEstimator):
            from .nets.checks import check_net

            check_net(innermost(teacher), task)
    elif not hasattr(teacher, "fit") or not gets_method(teacher, "predict"):
        raise TypeError(
            f"teacher must be an estimator with fit and predict; got {teacher!r}."
        )
    elif task == "regression":
        if is_classifier(teacher):
            raise ValueError(
                f"The teacher {teacher!r} is a classifier, but y is continuous. Pass a "
                "regressor."
            )
    elif is_regressor(teacher):
        raise ValueError(
            f"The teacher {teacher!r} is a regressor, but y holds classes. Pass a "
            "classifier."
        )
    elif not gets_method(teacher, "predict_proba"):
        raise ValueError(
            f"The teacher {teacher!r} lacks predict_proba, but the student learns "
            "from probabilities. Pass a classifier with predict_proba, or wrap this "
            "one in CalibratedClassifierCV."
        )


def _check_frozen(teacher: Any, classes: np.ndarray | None) -> None:
    """Raise ValueError unless a frozen teacher is fitted on all classes."""
    try:
        check_is_fitted(teacher)
    except NotFittedError as error:
        raise ValueError(
            f"The teacher {teacher!r} was frozen before it was fitted. Fit it first, "
            "or pass it without FrozenEstimator."
        ) from error
    if classes is None:
        return
    known = known_classes(teacher, classes)
    if missing := sorted(set(classes.tolist()) - set(known.tolist())):
        raise ValueError(
            f"The teacher was trained on the classes {known.tolist()}, but y also "
            f"holds {missing}. Pass a teacher that was trained on the same classes."
        )


def check_frozen_predictions(teacher: Any, X: Any, y: np.ndarray) -> None:
    """Raise ValueError unless a frozen regressor predicts as many targets as y has."""
    shape = _predict(teacher, take_rows(X, np.arange(2))).shape
    if shape != (2, *y.shape[1:]):
        n_targets = int(np.prod(shape[1:]))
        raise ValueError(
            f"The teacher {teacher!r} predicts {n_targets} targets, but y has "
            f"{y[0].size}. Pass a teacher that was trained on the same targets."
        )


def check_can_be_trained(teachers: list[Any]) -> None:
    """Raise ValueError for a frozen teacher, which cannot be trained on folds."""
    for teacher in teachers:
        last = teacher.steps[-1][1] if hasattr(teacher, "steps") else teacher
        if isinstance(last, FrozenEstimator):
            raise ValueError(
                "teacher_labels='out_of_fold' trains the teacher on several folds, but "
                f"{last!r} is frozen. Pass the estimator without FrozenEstimator, or "
                "pass its predictions to fit."
            )


def check_takes_weights(estimator: Any, role: str) -> None:
    """Raise TypeError for an estimator that ignores the sample weights of `fit`."""
    if is_net(innermost(estimator)) or isinstance(estimator, FrozenEstimator):
        return
    if weight_parameter(estimator) is None:
        raise TypeError(
            f"sample_weight was given, but fit of the {role} {estimator!r} does not "
            f"take sample_weight. Pass another {role}, or leave out sample_weight."
        )

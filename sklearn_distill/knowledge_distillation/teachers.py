"""Teachers: one or several, trained here or before, and what they say of rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from ..soft_labels.fitting import fit_weighted, weight_parameter
from ..soft_labels.teacher import cross_fitted_predictions
from .wrapping import innermost, is_net, wrap_nets

TINY = 1e-12


class Committee(BaseEstimator):
    """Teachers as one estimator on class codes (or numbers) that averages opinions.

    Probabilities are averaged, not logits: one teacher that is all but certain must not
    outvote the others.

    Parameters
    ----------
    teachers : list of estimators
    weights : list of float or None
        None counts all alike.
    classes : ndarray or None
        What the codes stand for; None for quantities.
    seed : int
        For teachers that are nets.
    """

    def __init__(
        self, teachers: list[Any], weights: Any, classes: np.ndarray | None, seed: int
    ):
        self.teachers = teachers
        self.weights = weights
        self.classes = classes
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray, sample_weight: Any = None) -> Self:
        task = "regression" if self.classes is None else "classification"
        labels = y if self.classes is None else self.classes[y]
        self.teachers_ = [
            fit_weighted(
                clone(wrap_nets(teacher, task, self.seed)), X, labels, sample_weight
            )
            for teacher in self.teachers
        ]
        if self.classes is not None:
            # Those that were there: in a part of the rows some may be missing.
            self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the mean of the probabilities, in the order of `classes_`."""
        said = [probabilities(t, X, self.classes) for t in self.teachers_]
        total = np.tensordot(self._weights(), said, axes=1)
        return normalised(total[:, self.classes_])

    def predict(self, X: Any) -> np.ndarray:
        """Return the mean of the predictions, of quantities."""
        said = [_predict(teacher, X) for teacher in self.teachers_]
        return np.tensordot(self._weights(), said, axes=1)

    def opinion(self, X: Any) -> np.ndarray:
        """Return what the fitted teachers say, (n, n_classes) or (n,)."""
        if self.classes is None:
            return np.asarray(self.predict(X), dtype=np.float64).reshape(len(X))
        said = np.zeros((len(X), len(self.classes)))
        said[:, self.classes_] = self.predict_proba(X)
        return said

    def _weights(self) -> np.ndarray:
        weights = np.ones(len(self.teachers)) if self.weights is None else self.weights
        weights = np.asarray(weights, dtype=np.float64)
        return weights / weights.sum()


def out_of_fold(
    committee: Committee, X: Any, y: np.ndarray, sample_weight: np.ndarray, seed: int
) -> np.ndarray:
    """Return for each row what teachers say that were trained without it."""
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
    """Return a fitted classifier's probabilities with a column for each of `classes`.

    Classes that it does not know get 0; columns of classes that are not asked for are
    dropped and the others take their share.
    """
    said = np.asarray(estimator.predict_proba(_as_seen(estimator, X)), np.float64)
    known = known_classes(estimator, classes)
    place = {label: j for j, label in enumerate(known.tolist())}
    columns = [place.get(label) for label in classes.tolist()]
    aligned = np.zeros((len(said), len(classes)))
    for k, j in enumerate(columns):
        if j is not None:
            aligned[:, k] = said[:, j]
    return normalised(aligned)


def known_classes(estimator: Any, classes: np.ndarray) -> np.ndarray:
    """Return the classes of a fitted classifier, in the user's terms.

    A skorch net can only have been trained on codes 0 to n_classes - 1: these stand for
    the classes in their order.
    """
    known = np.asarray(estimator.classes_)
    if is_net(innermost(estimator)) and np.array_equal(known, np.arange(len(classes))):
        return classes
    return known


def normalised(proba: np.ndarray) -> np.ndarray:
    sums = proba.sum(axis=1, keepdims=True)
    uniform = np.full_like(proba, 1.0 / proba.shape[1])
    return np.where(sums > TINY, proba / np.maximum(sums, TINY), uniform)


def _predict(teacher: Any, X: Any) -> np.ndarray:
    answers = teacher.predict(_as_seen(teacher, X))
    return np.asarray(answers, dtype=np.float64).reshape(len(X))


def _as_seen(teacher: Any, X: Any) -> Any:
    """Return rows as a teacher takes them: a skorch net by itself wants float32."""
    itself = teacher.estimator if isinstance(teacher, FrozenEstimator) else teacher
    return np.asarray(X, dtype=np.float32) if is_net(itself) else X


def check_teachers(
    teachers: list[Any], weights: Any, task: str, classes: np.ndarray | None
) -> None:
    """Raise TypeError or ValueError for teachers that cannot teach this.

    Nothing is trained to find out.
    """
    if not teachers:
        raise ValueError("teacher is an empty list: there is nobody to learn from.")
    if weights is not None:
        given = np.asarray(weights, dtype=np.float64)
        if given.shape != (len(teachers),) or (given < 0).any() or not given.sum() > 0:
            raise ValueError(
                f"teacher_weights={weights!r} must hold one number for each of the "
                f"{len(teachers)} teachers, none negative and not all 0."
            )
    for teacher in teachers:
        _check_kind(teacher, task)
        frozen = isinstance(teacher, FrozenEstimator)
        if frozen:
            try:
                check_is_fitted(teacher)
            except NotFittedError as error:
                raise ValueError(
                    f"{teacher!r} is frozen before it was fitted. Fit it first, or "
                    "pass it without FrozenEstimator."
                ) from error
        if frozen and classes is not None:
            known = known_classes(teacher, classes)
            if missing := sorted(set(classes.tolist()) - set(known.tolist())):
                raise ValueError(
                    f"The teacher knows the classes {known.tolist()}, but y holds "
                    f"{missing} too. Take a teacher that was trained on the same "
                    "classes."
                )


def _check_kind(teacher: Any, task: str) -> None:
    if is_net(innermost(teacher)):
        if not isinstance(teacher, FrozenEstimator):
            from .net_checks import check_net

            check_net(innermost(teacher), task)
    elif not hasattr(teacher, "fit") or not hasattr(teacher, "predict"):
        raise TypeError(
            f"teacher {teacher!r} is no estimator: it lacks fit or predict."
        )
    elif task == "regression":
        if is_classifier(teacher):
            raise ValueError(
                f"teacher {teacher!r} is a classifier, but y holds quantities. Take a "
                "regressor."
            )
    elif is_regressor(teacher):
        raise ValueError(
            f"teacher {teacher!r} is a regressor, but y holds classes. Take a "
            "classifier."
        )
    elif not hasattr(teacher, "predict_proba"):
        raise ValueError(
            f"teacher {teacher!r} has no predict_proba: it cannot say how sure it is. "
            "Take a classifier that has, or CalibratedClassifierCV around this one."
        )


def check_can_be_trained(teachers: list[Any]) -> None:
    """Raise ValueError for a teacher that cannot be trained without some rows."""
    for teacher in teachers:
        last = teacher.steps[-1][1] if hasattr(teacher, "steps") else teacher
        if isinstance(last, FrozenEstimator):
            raise ValueError(
                "teacher_labels='out_of_fold' trains a teacher without the rows that "
                f"it is asked about, but {last!r} is fitted once and for all. Pass the "
                "estimator itself, or its answers to fit."
            )


def check_takes_weights(estimator: Any, role: str) -> None:
    """Raise TypeError if weights were given to an estimator that takes none."""
    if is_net(innermost(estimator)) or isinstance(estimator, FrozenEstimator):
        return
    if weight_parameter(estimator) is None:
        raise TypeError(
            f"sample_weight was given, but the {role} {estimator!r} takes none. Take "
            "another, or leave the weights out."
        )

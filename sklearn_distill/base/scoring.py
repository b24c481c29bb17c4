"""What a distilled set is worth to one model: the `score` of a distiller."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.fitting import fit_on_set


def check_evaluator(evaluator: Any, task: str) -> None:
    """Raise ValueError unless an evaluator, if there is one, is made for the task."""
    fits = {"classification": is_classifier, "regression": is_regressor}.get(task)
    if evaluator is not None and fits is not None and not fits(evaluator):
        raise ValueError(
            f"evaluator={evaluator!r} does not fit the task, {task}: its score would "
            "mean something else."
        )


def score_with(
    evaluator: Any,
    distilled: DistilledSet,
    encoder: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
) -> float:
    """Train a model on the distilled rows and return its score on real ones.

    Parameters
    ----------
    evaluator : estimator or None
        None is a nearest neighbour in the encoded space, to which a category that was
        not there in fit is equally far from all others.
    distilled : DistilledSet
    encoder : TableEncoder or ImageEncoder
    X, y, sample_weight
        Real rows, checked.

    Returns
    -------
    float
        Accuracy or R^2.
    """
    if distilled.classes is not None:
        _warn_of_unknown_classes(np.asarray(y).tolist(), distilled.classes.tolist())
    if evaluator is None:
        kind = (
            KNeighborsRegressor if distilled.classes is None else KNeighborsClassifier
        )
        flat = (len(distilled), -1)
        model = kind(n_neighbors=1).fit(
            encoder.encode(distilled.X).reshape(flat), distilled.y
        )
        X = encoder.encode(X).reshape(len(X), -1)
    else:
        model = fit_on_set(clone(evaluator), distilled)
    if sample_weight is None:
        return model.score(X, y)
    return model.score(X, y, sample_weight=sample_weight)


def _warn_of_unknown_classes(labels: list[Any], classes: list[Any]) -> None:
    if unknown := sorted(set(labels) - set(classes), key=str):
        warnings.warn(
            f"y holds classes that were not there in fit: {unknown}. All their rows "
            "count as wrong. In a search or cross-validation pass "
            "cv=StratifiedKFold(): only classifiers get it by themselves.",
            UserWarning,
            stacklevel=4,
        )

"""The score of a model that is trained on a distilled set."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from .._utils.caller import caller_stacklevel
from .._utils.native_rows import dense_rows_of, from_native
from ..distilled_set.distilled_set import DistilledSet
from ..soft_labels.fitting import fit_on_set
from ..validation.targets import label_values, target_columns


def check_evaluator(evaluator: Any, task: str) -> None:
    """Raise ValueError if the evaluator is an estimator for another task."""
    fits = {"classification": is_classifier, "regression": is_regressor}.get(task)
    if evaluator is not None and fits is not None and not fits(evaluator):
        raise ValueError(
            f"evaluator must be an estimator for {task}, got {evaluator!r}."
        )


def labels_to_score(distilled: DistilledSet, y: Any) -> np.ndarray:
    """Return the checked labels of the rows on which a distilled set is scored.

    Raises
    ------
    ValueError
        If the distilled set has no labels, or if y is invalid.
    """
    if distilled.y is None:
        raise ValueError(
            "score requires labels, but fit was called without y. Call fit(X, y)."
        )
    y = from_native(y)
    return target_columns(y) if distilled.y.ndim == 2 else label_values(y)


def score_with(
    evaluator: Any,
    distilled: DistilledSet,
    encoder: Any,
    X: Any,
    y: Any,
    sample_weight: Any = None,
) -> float:
    """Train a model on the distilled rows and return its score on real rows.

    Parameters
    ----------
    evaluator : estimator or None
        None is a 1-nearest-neighbor model in the encoded space, in which a category
        that `fit` did not see has the same distance from all known categories.
    distilled : DistilledSet
    encoder : TableEncoder or ImageEncoder
    X, y, sample_weight
        Real rows that have been checked.

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
            encoder.encode(dense_rows_of(distilled.X)).reshape(flat), distilled.y
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
            f"y contains classes that fit did not see: {unknown}. All of their rows "
            "count as errors. In a search or in cross-validation pass "
            "cv=StratifiedKFold(), which scikit-learn uses by default for classifiers "
            "only.",
            UserWarning,
            stacklevel=caller_stacklevel(),
        )

"""Out-of-fold predictions of a teacher for distilled rows.

A teacher that was trained on a row overestimates the probability of the label of that
row. Probabilities for rows that are kept therefore come from the fold that held the row
out.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold, StratifiedKFold

from .._utils.containers import take_rows
from .fitting import fit_weighted

N_FOLDS = 5


def teacher_or_forest(teacher: Any, seed: int, *, is_regression: bool = False) -> Any:
    """Return the estimator that a `soft_labels` or `proxy` parameter stands for.

    None and "teacher" stand for a random forest.

    Raises
    ------
    ValueError
        If it is frozen, or to give class probabilities and cannot, or quantities and
        is a classifier.
    """
    if teacher is None or isinstance(teacher, str):
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

        forest = RandomForestRegressor if is_regression else RandomForestClassifier
        return forest(random_state=seed)
    if isinstance(teacher, FrozenEstimator):
        raise ValueError(
            f"{teacher!r} is fitted already, but is to be trained here, on parts of "
            "the encoded rows. Pass the estimator itself; a fitted teacher is for "
            "KnowledgeDistillationClassifier."
        )
    if not is_regression and not hasattr(teacher, "predict_proba"):
        raise ValueError(
            f"{teacher!r} has no predict_proba, so it cannot give class probabilities. "
            "Take a classifier that has, or calibrate this one."
        )
    if is_regression and is_classifier(teacher):
        raise ValueError(
            f"{teacher!r} is a classifier, but y holds quantities. Take a regressor."
        )
    return teacher


def cross_fitted_predictions(
    teacher: Any,
    Z: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray,
    Z_new: np.ndarray,
    kept: np.ndarray | None,
    *,
    n_classes: int | None,
    seed: int,
) -> np.ndarray:
    """Return what a cross-fitted teacher says of the distilled rows.

    Parameters
    ----------
    teacher : estimator
        Unfitted; a clone is trained for each fold.
    Z, y, sample_weight : ndarray of n rows
        The training rows, encoded; Z may be a DataFrame too. y holds class codes, or
        numbers for regression.
    Z_new : ndarray of m rows
        The encoded distilled rows.
    kept : ndarray of int of shape (m,) or None
        Where each distilled row stands in Z, if it is a real one. Its opinion comes
        from the fold that did not train on it. Rows that no fold has seen get the mean
        over the folds.
    n_classes : int or None
        None asks for a regressor's predictions.
    seed : int
        Draws the folds.

    Returns
    -------
    ndarray of shape (m, n_classes), or (m,) for regression
        Rows of probabilities sum to 1.
    """
    if n_classes is None or np.bincount(y).max() == 1:
        n_folds = min(N_FOLDS, len(Z))
        splitter = KFold(n_folds, shuffle=True, random_state=seed)
    else:
        # Classes with fewer rows than folds are missing from some folds' training
        # rows; scikit-learn warns of it, and those folds give them probability 0.
        n_folds = int(np.clip(np.bincount(y).max(), 2, N_FOLDS))
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    shape = (len(Z_new),) if n_classes is None else (len(Z_new), n_classes)
    total, votes = np.zeros(shape), np.zeros(len(Z_new))
    everything = np.ones(len(Z_new), dtype=bool)
    for train, held_back in _folds(splitter, Z, y):
        asked = np.isin(kept, held_back) if kept is not None else everything
        if not asked.any():
            continue
        votes[asked] += 1
        if n_classes is not None and (y[train] == y[train[0]]).all():
            # Few classifiers can be fitted on one class, and all would say the same.
            total[asked, y[train[0]]] += 1.0
            continue
        fitted = fit_weighted(
            seeded(teacher, seed), take_rows(Z, train), y[train], sample_weight[train]
        )
        if n_classes is None:
            total[asked] += fitted.predict(take_rows(Z_new, np.flatnonzero(asked)))
        else:
            rows = take_rows(Z_new, np.flatnonzero(asked))
            proba = np.zeros((len(rows), n_classes))
            proba[:, fitted.classes_] = fitted.predict_proba(rows)
            total[asked] += proba
    said = total / votes.reshape((-1,) + (1,) * (total.ndim - 1))
    if n_classes is not None and kept is not None:
        # A class of one row is unknown to the fold that holds the row back: nobody
        # has an opinion on it but its own label.
        unknown = said[np.arange(len(kept)), y[kept]] == 0
        lonely = unknown & (np.bincount(y)[y[kept]] == 1)
        said[lonely] = np.eye(n_classes)[y[kept[lonely]]]
    return said


def _folds(
    splitter: Any, Z: np.ndarray, y: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        yield from splitter.split(Z, y)


def seeded(estimator: Any, seed: int) -> Any:
    """Return a clone whose every random_state that is None is the seed instead."""
    made = clone(estimator)
    unset = [
        name
        for name, value in made.get_params().items()
        if value is None and name.rpartition("__")[2] == "random_state"
    ]
    return made.set_params(**dict.fromkeys(unset, seed))

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
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils import get_tags

from .._utils.containers import take_rows
from .fitting import fit_weighted

N_FOLDS = 5
# The largest number of rows that a random forest is trained on to rank rows.
MAX_RANKING_ROWS = 16_384
# The largest number of rows from which the default teacher of a regression is a random
# forest. For more rows, gradient boosting is faster and at least as accurate.
MAX_FOREST_ROWS = 2_000


def teacher_or_forest(
    teacher: Any,
    seed: int,
    *,
    is_regression: bool = False,
    n_rows: int = 0,
    n_targets: int = 1,
) -> Any:
    """Return the teacher that a `soft_labels`, `proxy` or similar parameter specifies.

    None and "teacher" specify a random forest or, for a regression with more than
    `MAX_FOREST_ROWS` rows, histogram gradient boosting. For several targets, a teacher
    that supports only one is trained once for each target.

    Raises
    ------
    ValueError
        If the teacher is frozen, if it is a classifier although y is continuous, or if
        it lacks `predict_proba` although y holds classes.
    """
    if teacher is None or isinstance(teacher, str):
        from sklearn import ensemble

        if not is_regression:
            return ensemble.RandomForestClassifier(random_state=seed)
        if n_rows <= MAX_FOREST_ROWS:
            return ensemble.RandomForestRegressor(random_state=seed)
        boosting = ensemble.HistGradientBoostingRegressor(
            learning_rate=0.3,
            max_iter=30,
            max_leaf_nodes=15,
            early_stopping=False,
            random_state=seed,
        )
        return for_targets(boosting, n_targets)
    if isinstance(teacher, FrozenEstimator):
        raise ValueError(
            f"The teacher {teacher!r} is frozen, but a distiller trains its teacher on "
            "parts of the encoded rows. Pass the estimator without FrozenEstimator. "
            "Fitted teachers are supported by KnowledgeDistillationClassifier."
        )
    if is_regression and not gets_method(teacher, "predict"):
        raise ValueError(
            f"The teacher {teacher!r} lacks predict, which regression "
            "needs. Pass a regressor."
        )
    if not is_regression and not gets_method(teacher, "predict_proba"):
        raise ValueError(
            f"The teacher {teacher!r} lacks predict_proba, but soft labels are class "
            "probabilities. Pass a classifier with predict_proba, or wrap this one in "
            "CalibratedClassifierCV."
        )
    if is_regression and is_classifier(teacher):
        raise ValueError(
            f"The teacher {teacher!r} is a classifier, but y is continuous. Pass a "
            "regressor."
        )
    return for_targets(teacher, n_targets)


def for_targets(regressor: Any, n_targets: int) -> Any:
    """Return a regressor that supports a number of targets.

    A regressor that supports only one target is wrapped, so that a clone is trained for
    each target. One whose tags are unknown is returned unchanged.
    """
    if n_targets == 1 or supports_several_targets(regressor):
        return regressor
    return MultiOutputRegressor(regressor)


def supports_several_targets(regressor: Any) -> bool:
    """Return whether a regressor may support several targets; True if unknown."""
    if hasattr(regressor, "initialize_module") or isinstance(regressor, type):
        return True
    if not hasattr(regressor, "__sklearn_tags__"):
        return True
    if get_tags(regressor).target_tags.multi_output:
        return True
    # The tags of a search over a regressor do not tell what the regressor supports.
    inner = getattr(regressor, "estimator", None)
    is_search = hasattr(regressor, "refit")
    return bool(is_search and hasattr(inner, "fit") and supports_several_targets(inner))


def gets_method(estimator: Any, name: str) -> bool:
    """Return whether an estimator has a method before, or at least after, its fit.

    A stacking ensemble whose final estimator is the default one gets its methods of
    prediction in `fit`.
    """
    if hasattr(estimator, name):
        return True
    if hasattr(estimator, "steps"):
        return gets_method(estimator.steps[-1][1], name)
    if getattr(estimator, "final_estimator", "none") is not None:
        return False
    return name == "predict" or is_classifier(estimator)


def cross_fitted_predictions(
    teacher: Any,
    Z: np.ndarray,
    y: np.ndarray,
    sample_weight: np.ndarray | None,
    Z_new: np.ndarray,
    kept: np.ndarray | None,
    *,
    n_classes: int | None,
    seed: int,
    max_rows: int | None = None,
) -> np.ndarray:
    """Return the predictions of a cross-fitted teacher for the distilled rows.

    Parameters
    ----------
    teacher : estimator
        Unfitted; a clone is trained for each fold.
    Z, y, sample_weight : ndarray of n rows
        The encoded training rows; Z may also be a DataFrame. y holds class codes, or
        continuous targets for regression. `sample_weight` may be None.
    Z_new : ndarray of m rows
        The encoded distilled rows.
    kept : ndarray of int of shape (m,) or None
        The position in Z of each distilled row, if these are real rows. The prediction
        for a real row comes from the teacher that was not trained on it. If None, the
        distilled rows were learned, and their predictions are the mean over the folds.
    n_classes : int or None
        None for regression.
    seed : int
        Seed of the folds and of the teacher.
    max_rows : int, default=None
        The largest number of rows that a teacher is trained on, which are a random
        sample of the training rows of its fold. None is all training rows.

    Returns
    -------
    ndarray of shape (m, n_classes), or (m,) or (m, n_targets) for regression
        Rows of probabilities sum to 1.
    """
    splitter = _splitter(y, n_classes, seed)
    shape = (len(Z_new), *(y.shape[1:] if n_classes is None else (n_classes,)))
    total, n_predictions = np.zeros(shape), np.zeros(len(Z_new))
    all_rows = np.ones(len(Z_new), dtype=bool)
    for train, held_out in _folds(splitter, Z, y):
        predicted = np.isin(kept, held_out) if kept is not None else all_rows
        if not predicted.any():
            continue
        n_predictions[predicted] += 1
        train = _sampled(train, y, max_rows, seed)
        if n_classes is not None and (y[train] == y[train[0]]).all():
            # Many classifiers cannot be fitted on a single class, and the only possible
            # prediction is that class.
            total[predicted, y[train[0]]] += 1.0
            continue
        weights = None if sample_weight is None else sample_weight[train]
        fitted = fit_weighted(
            seeded(teacher, seed), take_rows(Z, train), y[train], weights
        )
        rows = take_rows(Z_new, np.flatnonzero(predicted))
        if n_classes is None:
            total[predicted] += fitted.predict(rows)
        else:
            proba = np.zeros((len(rows), n_classes))
            proba[:, fitted.classes_] = fitted.predict_proba(rows)
            total[predicted] += proba
    predictions = total / n_predictions.reshape((-1,) + (1,) * (total.ndim - 1))
    if n_classes is not None and kept is not None:
        # The only row of a class is held out in one fold, whose teacher does not know
        # the class. Such a row keeps its own label.
        unknown = predictions[np.arange(len(kept)), y[kept]] == 0
        singleton = unknown & (np.bincount(y)[y[kept]] == 1)
        predictions[singleton] = np.eye(n_classes)[y[kept[singleton]]]
    return predictions


def _splitter(y: np.ndarray, n_classes: int | None, seed: int) -> Any:
    """Return the splitter that makes the folds, stratified if this is possible."""
    if n_classes is None or np.bincount(y).max() == 1:
        n_folds = min(N_FOLDS, len(y))
        return KFold(n_folds, shuffle=True, random_state=seed)
    # A class with fewer rows than folds is missing from the training rows of some
    # folds. Teachers trained there predict probability 0 for this class.
    n_folds = int(np.clip(np.bincount(y).max(), 2, N_FOLDS))
    return StratifiedKFold(n_folds, shuffle=True, random_state=seed)


def _sampled(
    train: np.ndarray, y: np.ndarray, max_rows: int | None, seed: int
) -> np.ndarray:
    """Return a random sample of rows, stratified by class, with rows of every class."""
    if max_rows is None or len(train) <= max_rows:
        return train
    rows = np.random.RandomState(seed).permutation(train)
    rows = rows[np.argsort(y[rows], kind="stable")]
    evenly_spaced = np.linspace(0, len(rows) - 1, max_rows).astype(int)
    first_of_class = np.unique(y[rows], return_index=True)[1]
    return rows[np.union1d(evenly_spaced, first_of_class)]


def _folds(
    splitter: Any, Z: np.ndarray, y: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the training rows and the held-out rows of each fold."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        yield from splitter.split(Z, y)


def seeded(estimator: Any, seed: int) -> Any:
    """Return a clone in which every `random_state` that is None is set to the seed."""
    made = clone(estimator)
    unset = [
        name
        for name, value in made.get_params().items()
        if value is None and name.rpartition("__")[2] == "random_state"
    ]
    return made.set_params(**dict.fromkeys(unset, seed))

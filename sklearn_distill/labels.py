"""Labels that say more than a class: a teacher's probabilities for the distilled rows.

A teacher that has seen a row is too sure of it, and a teacher trained on many rows of
one class expects as many in the distilled set. So its opinion is out-of-fold, and
corrected from the training prior to the set's own class balance.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils.validation import has_fit_parameter

from ._sklearn_private import _routing_enabled

N_FOLDS = 5


def teacher_opinion(
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
        The encoded training rows. y holds class codes, or numbers for regression.
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
    if n_classes is None:
        n_folds = min(N_FOLDS, len(Z))
        splitter = KFold(n_folds, shuffle=True, random_state=seed)
    else:
        # Classes with fewer rows than folds are missing from some folds' training
        # rows; scikit-learn warns of it, and those folds give them probability 0.
        n_folds = int(np.clip(np.bincount(y).max(), 2, N_FOLDS))
        splitter = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    shape = (len(Z_new),) if n_classes is None else (len(Z_new), n_classes)
    total, votes = np.zeros(shape), np.zeros(len(Z_new))
    for train, held_back in _folds(splitter, Z, y):
        asked = np.isin(kept, held_back) if kept is not None else slice(None)
        if kept is not None and not asked.any():
            continue
        fitted = clone(teacher)
        weighted = has_fit_parameter(fitted, "sample_weight")
        fitted.fit(
            Z[train],
            y[train],
            **({"sample_weight": sample_weight[train]} if weighted else {}),
        )
        if n_classes is None:
            total[asked] += fitted.predict(Z_new[asked])
        else:
            proba = np.zeros((len(Z_new[asked]), n_classes))
            proba[:, fitted.classes_] = fitted.predict_proba(Z_new[asked])
            total[asked] += proba
        votes[asked] += 1
    said = total / votes.reshape((-1,) + (1,) * (total.ndim - 1))
    if n_classes is not None and kept is not None:
        # A class of one row is unknown to the fold that holds the row back: nobody
        # has an opinion on it but its own label.
        unknown = said[np.arange(len(kept)), y[kept]] == 0
        lonely = unknown & (np.bincount(y)[y[kept]] == 1)
        said[lonely] = np.eye(n_classes)[y[kept[lonely]]]
    return said


def _folds(splitter: Any, Z: np.ndarray, y: np.ndarray):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        yield from splitter.split(Z, y)


def correct_prior(
    proba: np.ndarray, prior_from: np.ndarray, prior_to: np.ndarray
) -> np.ndarray:
    r"""Move probabilities from one class balance to another.

    By Bayes' rule, with equal class-conditional densities on both sides,

    .. math:: p'(c \mid x) \propto p(c \mid x) \, \pi'_c / \pi_c .

    Parameters
    ----------
    proba : ndarray of shape (m, n_classes)
    prior_from, prior_to : ndarray of shape (n_classes,)
        Class shares where the teacher was trained, and where its opinion is used.

    Returns
    -------
    ndarray of shape (m, n_classes)
        Rows sum to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.labels import correct_prior
    >>> correct_prior(np.array([[0.9, 0.1]]), np.array([0.9, 0.1]), np.array([0.5, 0.5]))
    array([[0.5, 0.5]])
    """
    moved = proba * (prior_to / prior_from)
    return moved / moved.sum(axis=1, keepdims=True)


def weighted_hard_rows(
    soft_labels: np.ndarray, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn soft labels into hard ones that any estimator with weights can train on.

    A row of probabilities p becomes one row for each class c with p_c > 0, of weight
    p_c: the weighted log loss of those is the cross-entropy with p.

    Parameters
    ----------
    soft_labels : ndarray of shape (m, n_classes)
    sample_weight : ndarray of shape (m,), default=None

    Returns
    -------
    rows : ndarray of int
        Which row each weighted row repeats.
    codes : ndarray of int
        Its class, as a column of `soft_labels`.
    weights : ndarray of float
        Its weight; the weights of a row add up to its `sample_weight`, or to 1.
    """
    rows, codes = np.nonzero(soft_labels > 0)
    weights = soft_labels[rows, codes]
    if sample_weight is not None:
        weights = weights * sample_weight[rows]
    return rows, codes, weights


def weight_parameter(estimator: Any) -> str | None:
    """Return what `fit` of an estimator calls its sample weights, or None.

    For a Pipeline that is the last step's, in the form ``step__sample_weight``.
    """
    if hasattr(estimator, "steps"):
        name, last = estimator.steps[-1]
        inner = weight_parameter(last)
        return None if inner is None else f"{name}__{inner}"
    return "sample_weight" if has_fit_parameter(estimator, "sample_weight") else None


def fit_on_set(estimator: Any, distilled: Any) -> Any:
    """Fit an estimator on a DistilledSet, using as much of its labels as it can.

    An estimator that takes `sample_weight` gets soft labels as weighted hard rows. One
    that does not gets the rows with their hard labels, each once.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    distilled : DistilledSet

    Returns
    -------
    estimator
    """
    parameter = weight_parameter(estimator)
    if parameter is None:
        return estimator.fit(distilled.X, distilled.y)
    X, y, weights = distilled.expand()
    if weights is None:
        return estimator.fit(X, y)
    if hasattr(estimator, "steps") and _routing_enabled():
        _request_weights(estimator)
        parameter = "sample_weight"
    return estimator.fit(X, y, **{parameter: weights})


def _request_weights(pipeline: Any) -> None:
    """Ask for the weights in the last step, and decline them where nothing was said."""
    steps = [step for _, step in pipeline.steps if hasattr(step, "set_fit_request")]
    for step in steps:
        if not has_fit_parameter(step, "sample_weight"):
            continue
        if step is pipeline.steps[-1][1]:
            step.set_fit_request(sample_weight=True)
        elif step.get_metadata_routing().fit.requests.get("sample_weight") is None:
            step.set_fit_request(sample_weight=False)

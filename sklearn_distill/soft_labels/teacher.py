"""Labels that say more than a class: a teacher's probabilities for the distilled rows.

A teacher that has seen a row is too sure of it, and a teacher trained on many rows of
one class expects as many in the distilled set. So its opinion is out-of-fold, and
corrected from the training prior until it has the set's own class balance. Nor does it
know the row's own label, which counts as much as the teacher does.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils.validation import has_fit_parameter

from .._utils.containers import take_rows
from .repeated_rows import holds_rows_back, take_balance

N_FOLDS = 5
# Corrections of the balance at most; a few are enough unless most probabilities are 0.
MAX_CORRECTIONS = 100
# A class with less than this share of the likeliest one's probability says nothing, but
# would multiply the rows that an estimator is trained on.
LEAST_SHARE = 0.01


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
    >>> from sklearn_distill.soft_labels.teacher import correct_prior
    >>> trained_on, used_on = np.array([0.9, 0.1]), np.array([0.5, 0.5])
    >>> correct_prior(np.array([[0.9, 0.1]]), trained_on, used_on)
    array([[0.5, 0.5]])
    """
    moved = proba * (prior_to / prior_from)
    return moved / moved.sum(axis=1, keepdims=True)


def soft_labels_of_set(
    proba: np.ndarray, codes: np.ndarray, prior_from: np.ndarray
) -> np.ndarray:
    r"""Make a teacher's opinion into the soft labels of a set.

    The teacher's classes are to be as frequent in the set as its labels: Bayes' rule
    (`correct_prior`) is applied to the teacher's prior, and then to the balance that
    came out, until it is the one asked for. Once is not enough, since distilled rows
    are no random draws from their class. Then the mean is taken with the row's own
    label,

    .. math:: q_i = \tfrac12 p_i + \tfrac12 e_{y_i},

    which is evidence that a teacher who did not see the row lacks. The likeliest class
    is therefore the row's own.

    Parameters
    ----------
    proba : ndarray of shape (m, n_classes)
        Rows sum to 1.
    codes : int ndarray of shape (m,)
        The hard labels, as columns of `proba`.
    prior_from : ndarray of shape (n_classes,)
        Class shares where the teacher was trained; positive.

    Returns
    -------
    ndarray of shape (m, n_classes)
        Rows sum to 1.
    """
    own = np.eye(proba.shape[1])[codes]
    prior_to = own.mean(axis=0)
    # A teacher that rules out all classes of the set leaves the row its own label.
    lost = (proba * prior_to).sum(axis=1) == 0
    moved = np.where(lost[:, None], own, proba)
    moved = correct_prior(moved, np.where(prior_from > 0, prior_from, 1.0), prior_to)
    for _ in range(MAX_CORRECTIONS):
        found = moved.mean(axis=0)
        if np.allclose(found, prior_to, rtol=1e-3, atol=1e-6):
            break
        # What nobody believes in cannot be made more likely.
        moved = correct_prior(moved, np.where(found > 0, found, 1.0), prior_to)
    return (moved + own) / 2


def weighted_hard_rows(
    soft_labels: np.ndarray, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Turn soft labels into hard ones that any estimator with weights can train on.

    A row of probabilities p becomes one row for each likely class c, with a weight in
    proportion to :math:`p_c`: the weighted log loss of those is, up to a factor, the
    cross-entropy with p. The factor gives the weights the mean that they would have
    without soft labels. It matters to estimators whose penalty is set against the sum
    of losses: copies of a row with different labels work against each other, and with
    weights that add up to 1 a support vector machine hardly fits them at all.

    Parameters
    ----------
    soft_labels : ndarray of shape (m, n_classes)
    sample_weight : ndarray of shape (m,), default=None

    Returns
    -------
    rows : ndarray of int of shape (k,)
        Which row each weighted row repeats.
    codes : ndarray of int of shape (k,)
        Its class, as a column of `soft_labels`. Classes with less than `LEAST_SHARE` of
        the likeliest one's probability are left out.
    weights : ndarray of float of shape (k,)
        Their mean is that of `sample_weight`, or 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.soft_labels.teacher import weighted_hard_rows
    >>> rows, codes, weights = weighted_hard_rows(np.array([[0.75, 0.25], [0.0, 1.0]]))
    >>> rows, codes, weights
    (array([0, 0, 1]), array([0, 1, 1]), array([1.125, 0.375, 1.5  ]))
    """
    likely = soft_labels >= LEAST_SHARE * soft_labels.max(axis=1, keepdims=True)
    likely &= soft_labels > 0
    kept = np.where(likely, soft_labels, 0.0)
    kept /= kept.sum(axis=1, keepdims=True)
    rows, codes = np.nonzero(likely)
    weights = kept[rows, codes] * (len(rows) / len(soft_labels))
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
    that does not, or that holds rows back to judge itself on, gets the rows with their
    hard labels, each once.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    distilled : DistilledSet

    Returns
    -------
    estimator
    """
    if weight_parameter(estimator) is None:
        return estimator.fit(distilled.X, distilled.y)
    if distilled.soft_labels is None:
        return fit_weighted(estimator, *distilled.expand())
    if holds_rows_back(estimator):
        once = distilled.X, distilled.y, distilled.sample_weight
        return fit_weighted(estimator, *once)
    balance = take_balance(estimator, distilled.soft_labels)
    X, y, weights = distilled.expand()
    _, codes, _ = weighted_hard_rows(distilled.soft_labels)
    return fit_weighted(estimator, X, y, weights * balance[codes])


def fit_weighted(estimator: Any, X: Any, y: Any, weights: np.ndarray | None) -> Any:
    """Fit an estimator, with weights if there are any and it takes them.

    Parameters
    ----------
    estimator : estimator
        Fitted in place.
    X, y : array-like
    weights : ndarray of shape (n,) or None

    Returns
    -------
    estimator
    """
    parameter = weight_parameter(estimator)
    if weights is None or parameter is None:
        return estimator.fit(X, y)
    # These weights are ours, not metadata of the user's that the estimator and all its
    # parts would have to have requested.
    with config_context(enable_metadata_routing=False):
        return estimator.fit(X, y, **{parameter: weights})

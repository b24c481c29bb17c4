"""Detection of labels that contradict out-of-fold predictions."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

# A label is suspect if its out-of-fold probability is below MAX_OWN and the probability
# of another class is above MIN_OTHER.
MAX_OWN, MIN_OTHER = 0.2, 0.6
# A continuous target is suspect if its residual exceeds this multiple of the median
# absolute residual.
MAX_RESIDUAL = 5


def suspect_labels(
    forest: Any, Z: np.ndarray, y: np.ndarray, is_classification: bool, seed: int
) -> np.ndarray:
    """Return the positions of suspect rows, the most suspect row first.

    Parameters
    ----------
    forest : RandomForestClassifier or RandomForestRegressor
        Unfitted.
    Z : ndarray of shape (n, d)
        Encoded rows.
    y : ndarray of shape (n,)
        Class codes or continuous targets.
    is_classification : bool
    seed : int
        Seed of the folds.

    Returns
    -------
    ndarray of int
    """
    if not is_classification:
        folds: Any = KFold(min(5, len(Z)), shuffle=True, random_state=seed)
        residuals = np.abs(y - cross_val_predict(forest, Z, y, cv=folds))
        order = np.argsort(-residuals)
        return order[residuals[order] > MAX_RESIDUAL * np.median(residuals)]
    # The only row of a class cannot be predicted out of fold, because the training rows
    # of its fold do not contain the class.
    sizes = np.bincount(y)
    rows = np.flatnonzero(sizes[y] >= 2)
    if not len(rows) or len(np.unique(y[rows])) < 2:
        return rows[:0]
    n_folds = min(5, int(sizes.max()))
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # scikit-learn warns if a class has fewer rows than there are folds.
        warnings.simplefilter("ignore")
        probabilities = cross_val_predict(
            forest, Z[rows], y[rows], cv=folds, method="predict_proba"
        )
    column = np.searchsorted(np.unique(y[rows]), y[rows])
    own = probabilities[np.arange(len(rows)), column]
    largest = probabilities.max(axis=1)
    is_suspect = (own < MAX_OWN) & (largest > MIN_OTHER)
    order = np.argsort(own - largest, kind="stable")
    return rows[order[is_suspect[order]]]

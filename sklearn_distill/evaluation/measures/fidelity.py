"""Fidelity: the similarity of distilled rows to real rows, by all measures.

The class shares of a distilled set usually differ from those of its training data.
Measures are therefore computed within each class and averaged over the classes, or on
real rows that are weighted to the class shares of the distilled set. All measures
depend on the number of rows, so compare them with those of a random sample of the same
size.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state

from ..._utils.containers import take_rows
from ...distilled_set.distilled_set import DistilledSet
from .column_similarity import correlation_similarity, marginal_similarity
from .copies import copies
from .distribution_distances import (
    density_and_coverage,
    sliced_wasserstein,
    squared_mmd,
    two_sample_auc,
)
from .preprocessing import as_numbers, dense_rows

# Maximum number of real rows of each class. It bounds the cost of pairwise distances.
MAX_ROWS = 2_000


def fidelity(
    distilled: DistilledSet,
    X: Any,
    y: Any,
    *,
    prepare: Any,
    X_test: Any = None,
    y_test: Any = None,
    random_state: int = 0,
) -> dict[str, float]:
    """Return all fidelity measures of a distilled set.

    Parameters
    ----------
    distilled : DistilledSet
    X, y : array-like of n rows
        The training data of the distilled set.
    prepare : transformer
        Fitted on X, as `preprocessor` returns it. Distances are measured between
        preprocessed rows.
    X_test, y_test : array-like, default=None
        Real rows that were not distilled. Two-sample tests compare the distilled rows
        with them, or with X if they are None.
    random_state : int, default=0

    Returns
    -------
    dict of str to float
        "marginals", "mmd2", "sliced wasserstein", "density", "coverage",
        "correlations", "auc linear" and "auc trees" (two-sample tests), "copies",
        "nearest" and "nearer to training".
    """
    rng = check_random_state(random_state)
    Z, Z_distilled = as_numbers(prepare, X), as_numbers(prepare, distilled.X)
    Z_test = None if X_test is None else as_numbers(prepare, X_test)
    codes = _class_codes(distilled, y)
    distilled_codes = _class_codes(distilled, distilled.y)
    test_codes = codes if y_test is None else _class_codes(distilled, y_test)
    per_class = []
    for code in np.unique(distilled_codes):
        rows = np.flatnonzero(codes == code)
        if not len(rows):
            continue
        rows = rng.permutation(rows)[:MAX_ROWS]
        own = np.flatnonzero(distilled_codes == code)
        similarities = marginal_similarity(
            take_rows(X, rows), take_rows(dense_rows(distilled.X), own)
        )
        measures = _distribution_measures(Z[rows], Z_distilled[own], rng)
        per_class.append({"marginals": float(similarities.mean()), **measures})
    found = {name: _mean([one[name] for one in per_class]) for name in per_class[0]}
    found["correlations"] = correlation_similarity(
        Z, Z_distilled, _weights_to_match(codes, distilled_codes)
    )
    matched = _rows_to_match(test_codes, distilled_codes, rng)
    compared = (Z if Z_test is None else Z_test)[matched]
    found |= _two_sample_aucs(compared, Z_distilled, random_state)
    return found | copies(Z, Z_test, Z_distilled)


def _distribution_measures(
    real: np.ndarray, distilled: np.ndarray, rng: Any
) -> dict[str, float]:
    """Return the distances between the real and the distilled rows of one class."""
    density, coverage = density_and_coverage(real, distilled)
    return {
        "mmd2": squared_mmd(real, distilled),
        "sliced wasserstein": sliced_wasserstein(real, distilled, random_state=rng),
        "density": density,
        "coverage": coverage,
    }


def _two_sample_aucs(
    real: np.ndarray, distilled: np.ndarray, random_state: int
) -> dict[str, float]:
    """Return the two-sample AUC of a linear classifier and of randomized trees."""
    classifiers = {
        "auc linear": LogisticRegression(max_iter=1_000),
        "auc trees": ExtraTreesClassifier(random_state=random_state),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            name: two_sample_auc(real, distilled, classifier, random_state=random_state)
            for name, classifier in classifiers.items()
        }


def _class_codes(distilled: DistilledSet, y: Any) -> np.ndarray:
    """Return the position of each label in the set's classes; 0 for regression."""
    if distilled.classes is None:
        return np.zeros(len(y), dtype=np.int64)
    return np.searchsorted(distilled.classes, np.asarray(y))


def _weights_to_match(codes: np.ndarray, distilled_codes: np.ndarray) -> np.ndarray:
    """Return weights of real rows that give them the distilled set's class shares."""
    n_distilled = np.bincount(distilled_codes, minlength=codes.max() + 1)
    shares = n_distilled / len(distilled_codes)
    n_real = np.bincount(codes, minlength=len(shares))
    return (shares / np.maximum(n_real, 1))[codes]


def _rows_to_match(
    codes: np.ndarray, distilled_codes: np.ndarray, rng: Any
) -> np.ndarray:
    """Draw as many real rows of each class as the distilled set has, if available."""
    counts = zip(*np.unique(distilled_codes, return_counts=True), strict=True)
    return np.concatenate(
        [rng.permutation(np.flatnonzero(codes == code))[:n] for code, n in counts]
    )


def _mean(values: list[float]) -> float:
    """Return the mean of the finite values, or NaN if there are none."""
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")

"""Fidelity: how much distilled rows look like real ones.

Distilled sets seldom have the classes' own balance, so everything is measured within a
class and averaged over the classes, or on real rows weighted to the set's balance. It
all depends on the number of rows: compare with a random sample of the same size.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import ks_2samp, wasserstein_distance
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances, pairwise_kernels, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state

from .._utils.containers import take_rows
from ..distilled_set.distilled_set import DistilledSet
from .panel import as_numbers

# So many real rows of a class tell as much as all of them, at a bounded price.
MAX_ROWS = 2_000


def squared_mmd(real: np.ndarray, made: np.ndarray) -> float:
    r"""Return the squared maximum mean discrepancy, with a Gaussian kernel.

    .. math:: \frac{\sum_{i \ne j} k(x_i, x_j)}{n (n - 1)}
              + \frac{\sum_{i \ne j} k(y_i, y_j)}{m (m - 1)}
              - \frac{2}{n m} \sum_{i, j} k(x_i, y_j)

    the unbiased estimate: 0 on average for rows of one distribution, whatever their
    number, and below 0 for rows that are spread more evenly than chance would
    (Gretton et al., 2012, "A Kernel Two-Sample Test").

    Parameters
    ----------
    real : ndarray of shape (n, d)
    made : ndarray of shape (m, d)

    Returns
    -------
    float
        NaN for fewer than two rows on either side. The kernel is
        :math:`\exp(-\|x - y\|^2 / h)`, with the median of the squared distances
        between different real rows for h.
    """
    n, m = len(real), len(made)
    if min(n, m) < 2:
        return float("nan")
    squared = pairwise_distances(real, metric="sqeuclidean")
    positive = squared[np.triu_indices(n, 1)]
    positive = positive[positive > 0]
    gamma = 1.0 / np.median(positive) if len(positive) else 1.0
    within = np.exp(-gamma * squared)
    among = pairwise_kernels(made, metric="rbf", gamma=gamma)
    across = pairwise_kernels(real, made, metric="rbf", gamma=gamma)
    return float(
        (within.sum() - np.trace(within)) / (n * (n - 1))
        + (among.sum() - np.trace(among)) / (m * (m - 1))
        - 2.0 * across.mean()
    )


def sliced_wasserstein(
    real: np.ndarray,
    made: np.ndarray,
    *,
    n_projections: int = 100,
    random_state: Any = 0,
) -> float:
    """Return the mean 1-D Wasserstein distance over random directions.

    Parameters
    ----------
    real : ndarray of shape (n, d)
    made : ndarray of shape (m, d)
    n_projections : int
    random_state : int or RandomState

    Returns
    -------
    float
        Of order 1, in the units of the columns.
    """
    rng = check_random_state(random_state)
    directions = rng.normal(size=(n_projections, real.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    pairs = zip((real @ directions.T).T, (made @ directions.T).T, strict=True)
    return float(np.mean([wasserstein_distance(a, b) for a, b in pairs]))


def density_and_coverage(
    real: np.ndarray, made: np.ndarray, *, n_neighbors: int = 5
) -> tuple[float, float]:
    r"""Return how many real neighbourhoods made rows lie in, and how many they reach.

    The neighbourhood of a real row reaches to its k-th real neighbour. Density is the
    number of neighbourhoods that a made row lies in, over k, on average; coverage is
    the share of neighbourhoods that hold a made row (Naeem et al., 2020, "Reliable
    Fidelity and Diversity Metrics for Generative Models").

    Parameters
    ----------
    real : ndarray of shape (n, d)
    made : ndarray of shape (m, d)
    n_neighbors : int
        At most n - 1 are used.

    Returns
    -------
    density, coverage : float
        Density above 1: rows sit where real ones are dense. NaN for one real row.
    """
    k = min(n_neighbors, len(real) - 1)
    if k < 1:
        return float("nan"), float("nan")
    away, _ = NearestNeighbors(n_neighbors=k).fit(real).kneighbors()
    inside = pairwise_distances(real, made) <= away[:, -1:]
    return float(inside.sum(axis=0).mean() / k), float(inside.any(axis=1).mean())


def two_sample_auc(
    real: np.ndarray, made: np.ndarray, classifier: Any, *, random_state: int = 0
) -> float:
    """Return how well a classifier tells made rows from real ones it was not shown.

    Parameters
    ----------
    real : ndarray of shape (n, d)
    made : ndarray of shape (m, d)
        About as many as `real`.
    classifier : estimator with predict_proba
    random_state : int
        Draws the folds.

    Returns
    -------
    float
        The area under the ROC curve of cross-validated predictions: 0.5 if they cannot
        be told apart, 1 if they always can. NaN for fewer than two rows on a side.
    """
    n_folds = min(5, len(real), len(made))
    if n_folds < 2:
        return float("nan")
    X = np.vstack([real, made])
    is_made = np.r_[np.zeros(len(real), dtype=int), np.ones(len(made), dtype=int)]
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
    said = cross_val_predict(classifier, X, is_made, cv=folds, method="predict_proba")
    return float(roc_auc_score(is_made, said[:, 1]))


def marginal_similarity(real: Any, made: Any) -> Any:
    """Return how alike each column's distribution is, between 0 and 1.

    One less the Kolmogorov-Smirnov statistic for numbers, one less the total variation
    distance for anything else.

    Parameters
    ----------
    real : DataFrame or ndarray of n rows
    made : DataFrame or ndarray of m rows

    Returns
    -------
    ndarray of shape (n_columns,)
    """
    return np.array(
        [_alike(a, b) for a, b in zip(_columns(real), _columns(made), strict=True)]
    )


def _columns(X: Any) -> Iterator[np.ndarray]:
    if hasattr(X, "iloc"):
        for j in range(X.shape[1]):
            is_number = X.dtypes.iloc[j].kind in "biuf"
            yield X.iloc[:, j].to_numpy(dtype=float if is_number else object)
    else:
        yield from np.asarray(X).reshape(len(X), -1).T


def _alike(real: np.ndarray, made: np.ndarray) -> float:
    if real.dtype.kind in "biuf":
        return 1.0 - float(ks_2samp(real, made, method="asymp").statistic)
    values = sorted(set(real) | set(made), key=str)
    shares = [np.array([np.mean(x == v) for v in values]) for x in (real, made)]
    return 1.0 - 0.5 * float(np.abs(shares[0] - shares[1]).sum())


def correlation_similarity(
    real: np.ndarray, made: np.ndarray, real_weight: np.ndarray | None = None
) -> float:
    """Return one less half the mean difference of the columns' correlations.

    Parameters
    ----------
    real : ndarray of shape (n, d)
    made : ndarray of shape (m, d)
    real_weight : ndarray of shape (n,), default=None

    Returns
    -------
    float
        Over pairs of columns that vary on both sides; NaN if there is none.
    """
    if len(made) < 3:
        return float("nan")
    covariances = [np.cov(real.T, aweights=real_weight), np.cov(made.T)]
    covariances = [np.atleast_2d(c) for c in covariances]
    deviations = [np.sqrt(np.diag(c)) for c in covariances]
    varies = (deviations[0] > 1e-12) & (deviations[1] > 1e-12)
    if varies.sum() < 2:
        return float("nan")
    pairs = np.triu_indices(varies.sum(), 1)
    one, other = (
        (c[np.ix_(varies, varies)] / np.outer(s[varies], s[varies]))[pairs]
        for c, s in zip(covariances, deviations, strict=True)
    )
    return 1.0 - float(np.abs(one - other).mean()) / 2.0


def copies(
    real: np.ndarray, held_out: np.ndarray | None, made: np.ndarray
) -> dict[str, float]:
    """Return how near made rows are to the real ones that they were made from.

    Parameters
    ----------
    real : ndarray of shape (n, d)
        The rows that were distilled.
    held_out : ndarray of shape (k, d) or None
        Rows that were not.
    made : ndarray of shape (m, d)

    Returns
    -------
    dict
        "copies": the share of made rows that are real ones; "nearest": the median
        distance to the nearest real row, over that between real rows; "nearer to
        training": the share of made rows that are nearer to the training rows than to
        as many held-out ones, ties counting half, 0.5 if they give none away.
    """
    finder = NearestNeighbors(n_neighbors=1).fit(real)
    away = finder.kneighbors(made)[0][:, 0]
    apart = float(np.median(finder.kneighbors()[0])) if len(real) > 1 else 0.0
    nearer = float("nan")
    if held_out is not None and len(held_out):
        size = min(len(real), len(held_out))
        rng = np.random.RandomState(0)
        gaps = [
            NearestNeighbors(n_neighbors=1)
            .fit(rows[rng.permutation(len(rows))[:size]])
            .kneighbors(made)[0][:, 0]
            for rows in (real, held_out)
        ]
        nearer = float(np.mean((gaps[0] < gaps[1]) + 0.5 * (gaps[0] == gaps[1])))
    return {
        # Distances come from sums of squares: a copy may be off by rounding.
        "copies": float((away <= 1e-6).mean()),
        "nearest": float(np.median(away)) / apart if apart > 0 else float("nan"),
        "nearer to training": nearer,
    }


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
    """Return all measures of fidelity of a distilled set.

    Parameters
    ----------
    distilled : DistilledSet
    X, y : array-like of n rows
        The rows that it stands for.
    prepare : transformer
        Fitted on X, as `preprocessor` returns it; distances are measured behind it.
    X_test, y_test : array-like, default=None
        Rows that were not distilled: those that classifiers have to tell made rows
        from. By default X.
    random_state : int

    Returns
    -------
    dict of str to float
        "marginals", "correlations", "mmd2", "sliced wasserstein", "density",
        "coverage", "auc linear" and "auc trees" (two-sample tests), and `copies`.
    """
    rng = check_random_state(random_state)
    real, made = as_numbers(prepare, X), as_numbers(prepare, distilled.X)
    held_out = None if X_test is None else as_numbers(prepare, X_test)
    codes = _codes(distilled, y)
    test_codes = codes if y_test is None else _codes(distilled, y_test)
    made_codes = _codes(distilled, distilled.y)
    per_class = []
    for code in np.unique(made_codes):
        rows = np.flatnonzero(codes == code)
        if not len(rows):
            continue
        rows = rng.permutation(rows)[:MAX_ROWS]
        own = np.flatnonzero(made_codes == code)
        density, coverage = density_and_coverage(real[rows], made[own])
        alike = marginal_similarity(take_rows(X, rows), take_rows(distilled.X, own))
        per_class.append(
            {
                "marginals": float(alike.mean()),
                "mmd2": squared_mmd(real[rows], made[own]),
                "sliced wasserstein": sliced_wasserstein(
                    real[rows], made[own], random_state=rng
                ),
                "density": density,
                "coverage": coverage,
            }
        )
    found = {name: _mean([one[name] for one in per_class]) for name in per_class[0]}
    shares = np.bincount(made_codes, minlength=codes.max() + 1) / len(made_codes)
    weights = (shares / np.maximum(np.bincount(codes, minlength=len(shares)), 1))[codes]
    found["correlations"] = correlation_similarity(real, made, weights)
    others = real if held_out is None else held_out
    matched = _matched(test_codes, made_codes, rng)
    for name, classifier in (
        ("auc linear", LogisticRegression(max_iter=1_000)),
        ("auc trees", ExtraTreesClassifier(random_state=random_state)),
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found[name] = two_sample_auc(
                others[matched], made, classifier, random_state=random_state
            )
    return found | copies(real, held_out, made)


def _codes(distilled: DistilledSet, y: Any) -> np.ndarray:
    """Return the number of each row's class; 0 for all if there are no classes."""
    if distilled.classes is None:
        return np.zeros(len(y), dtype=np.int64)
    return np.searchsorted(distilled.classes, np.asarray(y))


def _matched(codes: np.ndarray, made_codes: np.ndarray, rng: Any) -> np.ndarray:
    """Draw as many real rows of each class as there are made ones, or all it has."""
    return np.concatenate(
        [
            rng.permutation(np.flatnonzero(codes == code))[:n]
            for code, n in zip(*np.unique(made_codes, return_counts=True), strict=True)
        ]
    )


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")

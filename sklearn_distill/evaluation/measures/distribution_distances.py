"""Distances between the distributions of real and of distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.stats import wasserstein_distance
from sklearn.metrics import pairwise_distances, pairwise_kernels, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state


def squared_mmd(real: np.ndarray, distilled: np.ndarray) -> float:
    r"""Return the squared maximum mean discrepancy (MMD) with a Gaussian kernel.

    .. math:: \frac{\sum_{i \ne j} k(x_i, x_j)}{n (n - 1)}
              + \frac{\sum_{i \ne j} k(y_i, y_j)}{m (m - 1)}
              - \frac{2}{n m} \sum_{i, j} k(x_i, y_j)

    This is the unbiased estimate of Gretton et al. (2012, "A Kernel Two-Sample Test").
    Its expected value is 0 for two samples of one distribution, whatever their sizes.
    It is below 0 if the distilled rows are spread more evenly than random rows.

    Parameters
    ----------
    real : ndarray of shape (n, d)
    distilled : ndarray of shape (m, d)

    Returns
    -------
    float
        NaN if n or m is below 2. The kernel is :math:`\exp(-\|x - y\|^2 / h)`, where h
        is the median squared distance between different real rows.
    """
    n, m = len(real), len(distilled)
    if min(n, m) < 2:
        return float("nan")
    squared = pairwise_distances(real, metric="sqeuclidean")
    positive = squared[np.triu_indices(n, 1)]
    positive = positive[positive > 0]
    gamma = 1.0 / np.median(positive) if len(positive) else 1.0
    within_real = np.exp(-gamma * squared)
    within_distilled = pairwise_kernels(distilled, metric="rbf", gamma=gamma)
    between = pairwise_kernels(real, distilled, metric="rbf", gamma=gamma)
    return float(
        (within_real.sum() - np.trace(within_real)) / (n * (n - 1))
        + (within_distilled.sum() - np.trace(within_distilled)) / (m * (m - 1))
        - 2.0 * between.mean()
    )


def sliced_wasserstein(
    real: np.ndarray,
    distilled: np.ndarray,
    *,
    n_projections: int = 100,
    random_state: Any = 0,
) -> float:
    """Return the Wasserstein distance of projections, averaged over random directions.

    Parameters
    ----------
    real : ndarray of shape (n, d)
    distilled : ndarray of shape (m, d)
    n_projections : int, default=100
        Number of random directions.
    random_state : int or RandomState, default=0

    Returns
    -------
    float
        Mean Wasserstein distance of order 1, in the units of the columns.
    """
    rng = check_random_state(random_state)
    directions = rng.normal(size=(n_projections, real.shape[1]))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    pairs = zip((real @ directions.T).T, (distilled @ directions.T).T, strict=True)
    return float(np.mean([wasserstein_distance(a, b) for a, b in pairs]))


def density_and_coverage(
    real: np.ndarray, distilled: np.ndarray, *, n_neighbors: int = 5
) -> tuple[float, float]:
    """Return density and coverage of the distilled rows (Naeem et al., 2020).

    The neighborhood of a real row is the ball that reaches to its k-th nearest real
    row. Density is the average number of neighborhoods that contain a distilled row,
    divided by k. Coverage is the share of neighborhoods that contain at least one
    distilled row. Both are defined in "Reliable Fidelity and Diversity Metrics for
    Generative Models".

    Parameters
    ----------
    real : ndarray of shape (n, d)
    distilled : ndarray of shape (m, d)
    n_neighbors : int, default=5
        Number of neighbors k; at most n - 1 are used.

    Returns
    -------
    density, coverage : float
        A density above 1 means that distilled rows lie where real rows are dense. Both
        are NaN if there is a single real row.
    """
    k = min(n_neighbors, len(real) - 1)
    if k < 1:
        return float("nan"), float("nan")
    radii, _ = NearestNeighbors(n_neighbors=k).fit(real).kneighbors()
    inside = pairwise_distances(real, distilled) <= radii[:, -1:]
    return float(inside.sum(axis=0).mean() / k), float(inside.any(axis=1).mean())


def two_sample_auc(
    real: np.ndarray, distilled: np.ndarray, classifier: Any, *, random_state: int = 0
) -> float:
    """Return how well a classifier separates distilled rows from real rows.

    Parameters
    ----------
    real : ndarray of shape (n, d)
    distilled : ndarray of shape (m, d)
        m should be close to n.
    classifier : estimator with predict_proba
    random_state : int, default=0
        Seed of the cross-validation folds.

    Returns
    -------
    float
        Area under the ROC curve of out-of-fold predictions: 0.5 if distilled rows
        cannot be distinguished from real rows, 1 if they always can. NaN if n or m is
        below 2.
    """
    n_folds = min(5, len(real), len(distilled))
    if n_folds < 2:
        return float("nan")
    X = np.vstack([real, distilled])
    is_distilled = np.repeat([0, 1], [len(real), len(distilled)])
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=random_state)
    predictions = cross_val_predict(
        classifier, X, is_distilled, cv=folds, method="predict_proba"
    )
    return float(roc_auc_score(is_distilled, predictions[:, 1]))

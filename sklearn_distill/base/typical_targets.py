"""Rows of a regression whose target agrees with the targets of similar rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.neighbors import NearestNeighbors

from .distinct_rows import distinct_rows
from .problem import Problem

# A target is typical if its residual is at most this multiple of the usual residual.
# The multiple was chosen by the scores of learners on validation splits of training
# data.
LIMIT = 1.5
N_NEIGHBORS = 10
# The largest number of rows among which neighbors are searched.
MAX_NEIGHBORS_FROM = 4_096


def typical_targets(problem: Problem, n_rows: int) -> np.ndarray:
    """Return which rows have a target that agrees with those of the nearest rows.

    A residual is the distance between the target of a row and the mean target of its
    nearest rows, after subtraction of a linear trend. It is compared with the median
    residual of all rows, or of the nearest rows if this is larger, so that regions with
    more noise than others keep their rows.

    Parameters
    ----------
    problem : Problem
        A regression problem.
    n_rows : int
        The minimum number of rows for which the result is true.

    Returns
    -------
    boolean ndarray of shape (n,)
    """
    first, total, which = distinct_rows(problem.flat, problem.y, problem.sample_weight)
    if len(first) < 3:
        return np.ones(len(which), dtype=bool)
    # Only the ratios of the weights matter, also beside the penalty of the trend.
    total /= total.mean()
    Z = problem.flat[first]
    y = problem.y[first].reshape(len(first), -1).astype(np.float64)
    known = np.arange(len(Z))
    if len(Z) > MAX_NEIGHBORS_FROM:
        known = problem.random_state.choice(len(Z), MAX_NEIGHBORS_FROM, replace=False)
    trend = Ridge(alpha=Z.shape[1]).fit(Z[known], y[known], sample_weight=total[known])
    y -= trend.predict(Z).reshape(y.shape)
    nearest, counts = _nearest_rows(Z, known)
    shares = counts * total[nearest]
    shares /= shares.sum(axis=1, keepdims=True)
    means = np.einsum("ij,ijk->ik", shares, y[nearest])
    residuals = np.sqrt(((y - means) ** 2).sum(axis=1))
    around = np.ma.median(np.ma.array(residuals[nearest], mask=~counts), axis=1)
    usual = np.maximum(np.asarray(around), np.median(residuals))
    excess = (residuals - LIMIT * usual)[which]
    typical = excess <= 0
    typical[np.argsort(excess, kind="stable")[:n_rows]] = True
    return typical


def _nearest_rows(Z: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest known rows of each row, and which of them count.

    A row is not its own neighbor. All rows have the same number of neighbors.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, d)
    known : ndarray of int of shape (n_known,)

    Returns
    -------
    nearest : ndarray of int of shape (n, k + 1)
    counts : boolean ndarray of shape (n, k + 1)
    """
    n_nearest = min(N_NEIGHBORS + 1, len(known))
    search = NearestNeighbors(n_neighbors=n_nearest, algorithm="brute").fit(Z[known])
    nearest = known[search.kneighbors(Z, return_distance=False)]
    counts = nearest != np.arange(len(Z))[:, None]
    # Omit the farthest row where the row itself is not among the nearest ones.
    counts[counts.all(axis=1), -1] = False
    return nearest, counts

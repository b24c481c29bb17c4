"""Rows from which methods start to learn, chosen among the real rows of a problem.

The selection methods use them as well.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import (
    pairwise_distances_argmin,
    pairwise_distances_argmin_min,
)

from .problem import Kept, Learned, Problem
from .prototypes import (
    cluster,
    kernel_herding,
    median_distance,
    nearest_members,
    random_rows,
)

# For regression: how heavy the target is beside the columns, and how narrow the kernel
# of herding. Chosen by what learners make of the rows, on parts of training data.
TARGET_WEIGHT = 0.3
REGRESSION_BANDWIDTH = 0.3
# The ridge under which places to start from are compared, and at how many real rows.
START_RIDGE = 0.2
COMPARED_ROWS = 4_096


def features_with_target(problem: Problem) -> np.ndarray:
    """Return the rows to measure distances in: for regression, with y beside x.

    The target weighs `TARGET_WEIGHT` of what all columns weigh together.
    """
    if problem.task != "regression":
        return problem.flat
    width = TARGET_WEIGHT * np.sqrt(problem.flat.shape[1])
    return np.column_stack([problem.flat, width * problem.y]).astype(np.float32)


def lowest_scores(problem: Problem, score: np.ndarray) -> Kept:
    """Keep the rows of each class with the lowest score; equals are drawn."""
    picked = []
    for _, rows, n_rows in problem.groups():
        shuffled = problem.random_state.permutation(rows)
        picked.append(shuffled[np.argsort(score[shuffled], kind="stable")[:n_rows]])
    return Kept(np.concatenate(picked))


def herded_rows(problem: Problem, bandwidth: float | None = None) -> np.ndarray:
    """Herd each group of a problem, group after group.

    Parameters
    ----------
    problem : Problem
    bandwidth : float, default=None
        As a multiple of the median squared distance between rows. None is 1, or
        `REGRESSION_BANDWIDTH` for regression.

    Returns
    -------
    ndarray of int of shape (m,)
    """
    rng, weights = problem.random_state, problem.sample_weight
    Z = features_with_target(problem)
    if bandwidth is None:
        bandwidth = REGRESSION_BANDWIDTH if problem.task == "regression" else 1.0
    bandwidth *= median_distance(Z, rng, sample_weight=weights)
    return np.concatenate(
        [
            rows[kernel_herding(Z[rows], weights[rows], n_rows, bandwidth, rng)]
            for _, rows, n_rows in problem.groups()
        ]
    )


def randomly_drawn_rows(problem: Problem) -> np.ndarray:
    """Draw rows of each group of a problem, group after group.

    Returns
    -------
    ndarray of int of shape (m,)
    """
    return np.concatenate(
        [
            rows[random_rows(problem.sample_weight[rows], n_rows, problem.random_state)]
            for _, rows, n_rows in problem.groups()
        ]
    )


def _means(labels: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean of each label's values, of which every label has some."""
    mass = np.bincount(labels, weights=weights)
    return np.bincount(labels, weights=weights * y) / mass


def targets_around(problem: Problem, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean target of the real rows around each of some rows.

    The target of one real row is as noisy as the data. The mean over a cell, the real
    rows that are nearer to a row than to any other, is not, but belongs to the middle
    of the cell.

    Parameters
    ----------
    problem : Problem
        A regression.
    Z : ndarray of shape (m, ...)
    y : ndarray of shape (m,)
        Their own targets, for rows that are nearest to no real one.

    Returns
    -------
    ndarray of shape (m,)
    """
    nearest = pairwise_distances_argmin(problem.flat, Z.reshape(len(Z), -1))
    used, labels = np.unique(nearest, return_inverse=True)
    around = y.copy()
    around[used] = _means(labels, problem.y, problem.sample_weight)
    return around


def best_start(problem: Problem, starts: Sequence[Learned]) -> Learned:
    """Return those rows from which ridge regression predicts the other ones best.

    In the Gaussian kernel of herding, with a ridge of `START_RIDGE`; beyond
    `COMPARED_ROWS` real rows in a random sample.
    """
    rng, flat, y, weights = (
        problem.random_state, problem.flat, problem.y, problem.sample_weight
    )  # fmt: skip
    width = REGRESSION_BANDWIDTH * median_distance(flat, rng, sample_weight=weights)
    # A row that is its own start is predicted well however noisy its target is.
    first = starts[0].Z.reshape(len(starts[0].Z), -1)
    others = np.flatnonzero(pairwise_distances_argmin_min(flat, first)[1] > 1e-6)
    if not len(others):
        return starts[0]
    if len(others) > COMPARED_ROWS:
        others = rng.choice(others, COMPARED_ROWS, replace=False)
    errors = []
    for start in starts:
        ridge = KernelRidge(alpha=START_RIDGE, kernel="rbf", gamma=1.0 / width)
        ridge.fit(start.Z.reshape(len(start.Z), -1), start.y)
        missed = (ridge.predict(flat[others]) - y[others]) ** 2
        errors.append(np.average(missed, weights=weights[others]))
    return starts[int(np.argmin(errors))]


def clustered_rows(problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cluster each group of a problem, group after group.

    Where rows repeat there are fewer clusters than rows to leave; rows at random make
    up the number.

    Returns
    -------
    indices : ndarray of int of shape (m,)
        The real row nearest to each centroid.
    centroids : float32 ndarray of shape (m, ...)
    y : ndarray of shape (m,)
        The class, or for regression the mean target of the cluster's rows.
    """
    rng = problem.random_state
    indices, centres, targets = [], [], []
    for _, rows, n_rows in problem.groups():
        Z, weights = problem.flat[rows], problem.sample_weight[rows]
        seed = int(rng.randint(np.iinfo(np.int32).max))
        centroids, labels = cluster(Z, weights, n_rows, seed)
        nearest = nearest_members(Z, centroids, labels)
        y = problem.y[rows]
        y_of = y[nearest]
        if problem.task == "regression":
            y_of = _means(labels, y, weights)
        others = np.setdiff1d(np.arange(len(rows)), nearest)
        spare = rng.permutation(others)[: n_rows - len(nearest)]
        indices.append(rows[np.r_[nearest, spare]])
        centres.append(np.concatenate([centroids, Z[spare]]))
        targets.append(np.concatenate([y_of, y[spare]]))
    Z_centres = np.concatenate(centres).astype(np.float32)
    return (
        np.concatenate(indices),
        Z_centres.reshape(-1, *problem.Z.shape[1:]),
        np.concatenate(targets).astype(problem.y.dtype),
    )

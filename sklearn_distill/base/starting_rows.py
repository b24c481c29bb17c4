"""Initial rows of the methods that learn, chosen among the real rows of a problem.

The selection methods use the same functions.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import numpy as np
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import (
    pairwise_distances_argmin,
    pairwise_distances_argmin_min,
)

from .._utils.device import rows_on_device
from .problem import Kept, Learned, Problem
from .prototypes import (
    cluster,
    kernel_herding,
    median_distance,
    nearest_members,
    random_rows,
)
from .typical_targets import typical_targets

# Regression: the weight of the target relative to all columns together, and the
# bandwidth of herding as a multiple of the median distance. Both were chosen by the
# scores of learners on validation splits of training data.
TARGET_WEIGHT = 0.3
REGRESSION_BANDWIDTH = 0.3
# The ridge with which initial rows are compared, and the number of real rows used.
START_RIDGE = 0.2
COMPARED_ROWS = 4_096


def features_with_target(problem: Problem) -> np.ndarray:
    """Return the rows for distances; for regression with the targets as last columns.

    The targets together have `TARGET_WEIGHT` times the weight of all other columns.
    """
    if problem.task != "regression":
        return problem.flat
    n_targets = problem.y[0].size
    width = TARGET_WEIGHT * np.sqrt(problem.flat.shape[1] / n_targets)
    return np.column_stack([problem.flat, width * problem.y]).astype(np.float32)


def lowest_scores(problem: Problem, score: np.ndarray) -> Kept:
    """Keep the rows with the lowest scores of each class; ties are broken randomly."""
    picked = []
    for _, rows, n_rows in problem.groups():
        shuffled = problem.random_state.permutation(rows)
        picked.append(shuffled[np.argsort(score[shuffled], kind="stable")[:n_rows]])
    return Kept(np.concatenate(picked))


def herded_rows(
    problem: Problem,
    bandwidth: float | None = None,
    *,
    only_typical_targets: bool = False,
) -> np.ndarray:
    """Select rows of each group by kernel herding, group after group.

    Parameters
    ----------
    problem : Problem
    bandwidth : float, default=None
        A multiple of the median squared distance between rows. None is 1, or
        `REGRESSION_BANDWIDTH` for regression.
    only_typical_targets : bool, default=False
        Whether, for regression, only rows with a target that agrees with those of the
        nearest rows are selected.

    Returns
    -------
    ndarray of int of shape (m,)
    """
    rng, weights = problem.random_state, problem.sample_weight
    Z = features_with_target(problem)
    if bandwidth is None:
        bandwidth = REGRESSION_BANDWIDTH if problem.task == "regression" else 1.0
    bandwidth *= median_distance(Z, rng, sample_weight=weights)
    candidates = None
    if only_typical_targets and problem.task == "regression":
        # All rows of a regression form one group.
        candidates = typical_targets(problem, int(problem.n_rows.sum()))
    picked = []
    for _, rows, n_rows in problem.groups():
        Z_of = rows_on_device(Z[rows], problem.device)
        chosen = kernel_herding(Z_of, weights[rows], n_rows, bandwidth, rng, candidates)
        picked.append(rows[chosen])
    return np.concatenate(picked)


def randomly_drawn_rows(problem: Problem) -> np.ndarray:
    """Draw rows of each group at random, group after group.

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
    """Return the weighted mean of y, or of each of its columns, for each label."""
    if y.ndim == 2:
        return np.column_stack([_means(labels, column, weights) for column in y.T])
    mass = np.bincount(labels, weights=weights)
    return np.bincount(labels, weights=weights * y) / mass


def targets_around(problem: Problem, Z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the mean target of the real rows around each row of Z.

    The target of a single real row is as noisy as the data. The mean target of the real
    rows that are nearer to a row of Z than to any other is less noisy, but belongs to
    the center of these real rows rather than to the row of Z.

    Parameters
    ----------
    problem : Problem
        A regression problem.
    Z : ndarray of shape (m, ...)
    y : ndarray of shape (m,) or (m, n_targets)
        The result for rows of Z that are nearest to none of the real rows.

    Returns
    -------
    ndarray of the shape of y
    """
    nearest = pairwise_distances_argmin(problem.flat, Z.reshape(len(Z), -1))
    used, labels = np.unique(nearest, return_inverse=True)
    around = y.copy()
    around[used] = _means(labels, problem.y, problem.sample_weight)
    return around


def best_start(problem: Problem, starts: Sequence[Learned]) -> Learned:
    """Return the initial rows from which kernel ridge regression predicts best.

    The kernel is the Gaussian kernel of herding, the ridge is `START_RIDGE`, and the
    error is measured on real rows, of which at most `COMPARED_ROWS` are sampled.
    """
    rng, flat, y, weights = (
        problem.random_state, problem.flat, problem.y, problem.sample_weight
    )  # fmt: skip
    width = REGRESSION_BANDWIDTH * median_distance(flat, rng, sample_weight=weights)
    # Leave out real rows that are initial rows themselves, because their targets are
    # predicted well however noisy they are.
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
        errors.append(np.average(missed, axis=0, weights=weights[others]).mean())
    return starts[int(np.argmin(errors))]


def clustered_rows(problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cluster the rows of each group, group after group.

    If rows repeat, there may be fewer clusters than rows in the budget; random rows
    make up for the difference.

    Returns
    -------
    indices : ndarray of int of shape (m,)
        The real row that is nearest to each centroid.
    centroids : float32 ndarray of shape (m, ...)
    y : ndarray of shape (m,) or (m, n_targets)
        The class code; for regression the mean targets of the cluster.
    """
    rng = problem.random_state
    indices, centres, targets = [], [], []
    for _, rows, n_rows in problem.groups():
        Z, weights = problem.flat[rows], problem.sample_weight[rows]
        seed = int(rng.randint(np.iinfo(np.int32).max))
        Z_on_device = rows_on_device(Z, problem.device)
        centroids, labels = cluster(Z_on_device, weights, n_rows, seed)
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

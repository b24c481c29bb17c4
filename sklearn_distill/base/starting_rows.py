"""Real rows that stand for a class: selections in themselves, and where others start.

No torch. Both the selectors and the methods that learn rows use them, so they stand one
floor below either.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Sequence

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics import (
    pairwise_distances,
    pairwise_distances_argmin,
    pairwise_distances_argmin_min,
)
from sklearn.metrics.pairwise import euclidean_distances

from .problem import Kept, Learned, Problem

# Up to this many rows of a class their mean similarity is computed pair by pair, beyond
# it through random Fourier features.
MAX_EXACT = 4_000
N_FEATURES = 2_048
# Pairs of this many rows are enough for a median distance.
MEDIAN_ROWS = 1_000
CHUNK = 8_192
# Beyond this many rows of a class, mini-batches find its clusters.
MAX_FULL_BATCH = 20_000
# For regression: how heavy the target is beside the columns, and how narrow the kernel
# of herding. Chosen by what learners make of the rows, on parts of training data.
TARGET_WEIGHT = 0.3
REGRESSION_BANDWIDTH = 0.3
# The ridge under which places to start from are compared, and at how many real rows.
START_RIDGE = 0.2
COMPARED_ROWS = 4_096


def median_distance(
    Z: np.ndarray,
    rng: np.random.RandomState,
    *,
    metric: str = "sqeuclidean",
    sample_weight: np.ndarray | None = None,
) -> float:
    """Return the median distance between two different rows; 1 if all are the same.

    Beyond `MEDIAN_ROWS` rows, that of a random sample of so many. With weights a pair
    counts by the product of its rows': a weight of 2 is as good as a row twice.
    """
    weights = np.ones(len(Z)) if sample_weight is None else sample_weight
    if len(Z) > MEDIAN_ROWS:
        chosen = rng.choice(len(Z), MEDIAN_ROWS, replace=False)
        Z, weights = Z[chosen], weights[chosen]
    one, other = np.triu_indices(len(Z), k=1)
    distances = pairwise_distances(Z, metric=metric)[one, other]
    different = distances > 1e-9
    distances = distances[different]
    if not len(distances):
        return 1.0
    if weights.min() == weights.max():
        return float(np.median(distances))
    mass = (weights[one] * weights[other])[different]
    order = distances.argsort()
    summed = np.cumsum(mass[order])
    # As the median of an even number of values, halfway between the two in the middle.
    half, last = summed[-1] / 2, len(order) - 1
    middle = [np.searchsorted(summed, half, side) for side in ("left", "right")]
    return float(distances[order[np.minimum(middle, last)]].mean())


def features_with_target(problem: Problem) -> np.ndarray:
    """Return the rows to measure distances in: for regression, with y beside x.

    The target weighs `TARGET_WEIGHT` of what all columns weigh together.
    """
    if problem.task != "regression":
        return problem.flat
    width = TARGET_WEIGHT * np.sqrt(problem.flat.shape[1])
    return np.column_stack([problem.flat, width * problem.y]).astype(np.float32)


def kernel_herding(
    Z: np.ndarray,
    sample_weight: np.ndarray,
    n_rows: int,
    bandwidth: float,
    rng: np.random.RandomState,
) -> np.ndarray:
    r"""Pick rows one by one so that their kernel mean approaches that of all rows.

    Herding in a Gaussian kernel takes, at step t, the row

    .. math:: \arg\max_i \; \sum_j w_j k(z_i, z_j)
              - \frac{1}{t + 1} \sum_{s \in S_t} k(z_i, z_s), \qquad \sum_j w_j = 1,

    which lowers the maximum mean discrepancy between the picked rows and all rows.
    Rows equal to a picked one are left out while there are others.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, d)
    sample_weight : ndarray of shape (n,)
    n_rows : int
        At most n.
    bandwidth : float
        b in :math:`k(z, z') = \exp(-\|z - z'\|^2 / b)`.
    rng : RandomState
        Draws the random features, which only more than `MAX_EXACT` rows need.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Indices in the order in which they were picked.
    """
    share = sample_weight / sample_weight.sum()
    if len(Z) <= MAX_EXACT:
        attraction = np.exp(-euclidean_distances(Z, squared=True) / bandwidth) @ share
    else:
        attraction = _mean_similarity(Z, share, bandwidth, rng)
    repulsion = np.zeros(len(Z))
    taken = np.zeros(len(Z), dtype=bool)
    alike = np.zeros(len(Z), dtype=bool)
    picked = np.empty(n_rows, dtype=np.int64)
    for t in range(n_rows):
        gain = attraction - repulsion / (t + 1)
        gain[taken if alike.all() else alike] = -np.inf
        pick = int(gain.argmax())
        picked[t] = pick
        away = Z - Z[pick]
        similarity = np.exp(-np.einsum("ij,ij->i", away, away) / bandwidth)
        repulsion += similarity
        taken[pick] = True
        alike |= ~away.any(axis=1)
    return picked


def _mean_similarity(
    Z: np.ndarray, share: np.ndarray, bandwidth: float, rng: np.random.RandomState
) -> np.ndarray:
    """Return each row's kernel mean, by random Fourier features, in O(n) memory."""
    frequencies = rng.standard_normal((Z.shape[1], N_FEATURES)).astype(np.float32)
    frequencies *= np.float32(np.sqrt(2.0 / bandwidth))
    phases = rng.uniform(0, 2 * np.pi, N_FEATURES).astype(np.float32)

    def features(start: int) -> np.ndarray:
        angles = Z[start : start + CHUNK] @ frequencies
        angles += phases
        return np.cos(angles, out=angles)

    starts = range(0, len(Z), CHUNK)
    mean = sum(share[s : s + CHUNK].astype(np.float32) @ features(s) for s in starts)
    mean *= 2.0 / N_FEATURES
    return np.concatenate([features(s) @ mean for s in starts]).astype(np.float64)


def random_rows(
    sample_weight: np.ndarray, n_rows: int, rng: np.random.RandomState
) -> np.ndarray:
    """Draw rows without replacement, each with a chance in proportion to its weight."""
    share = sample_weight / sample_weight.sum()
    return rng.choice(len(sample_weight), n_rows, replace=False, p=share)


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


def cluster(
    Z: np.ndarray, sample_weight: np.ndarray, n_clusters: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return (centroids, the cluster of each row); fewer clusters than asked for if
    there are fewer different rows."""
    if len(Z) > MAX_FULL_BATCH:
        # A batch must hold several rows for each cluster.
        batch = max(4_096, 10 * n_clusters)
        model = MiniBatchKMeans(n_clusters, batch_size=batch, random_state=seed)
    else:
        model = KMeans(n_clusters, random_state=seed)
    with warnings.catch_warnings():
        # Equal rows make fewer clusters: the caller fills up with other rows.
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        labels = model.fit(Z, sample_weight=sample_weight).labels_
    used, labels = np.unique(labels, return_inverse=True)
    return model.cluster_centers_[used], labels


def nearest_members(
    Z: np.ndarray, centroids: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Return, for each cluster, the index of its row that is nearest to its centre."""
    away = Z - centroids[labels]
    # Sorted by cluster, then by distance: the first of each cluster is its nearest.
    order = np.lexsort((np.einsum("ij,ij->i", away, away), labels))
    first = np.r_[True, np.diff(labels[order]) > 0]
    return order[first]


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

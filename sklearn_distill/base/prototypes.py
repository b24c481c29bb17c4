"""Algorithms that choose representative rows of a group: herding, k-means, random.

Herding and k-means accept tensors, too, and then compute on the device of the tensors.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import pairwise_distances

from .._utils.array_namespace import is_tensor
from .._utils.device import array_module

# The largest class whose kernel means are computed exactly. Larger classes use
# `N_FEATURES` random Fourier features in chunks of `CHUNK` rows.
MAX_EXACT = 4_000
N_FEATURES = 2_048
CHUNK = 8_192
# The number of rows whose exact kernels with all rows are computed together.
BLOCK = 128
# The number of rows that a median distance is estimated from.
MEDIAN_ROWS = 1_000
MEDIAN_BINS = 1_024
# The largest class that is clustered by k-means. Larger ones use mini-batch k-means.
MAX_FULL_BATCH = 20_000


def median_distance(
    Z: np.ndarray,
    rng: np.random.RandomState,
    *,
    metric: str = "sqeuclidean",
    sample_weight: np.ndarray | None = None,
) -> float:
    """Return the median distance between two different rows; 1 if all rows are equal.

    More than `MEDIAN_ROWS` rows are represented by a random sample. The weight of a
    pair is the product of the weights of its rows, so that a weight of 2 has the effect
    of a row that occurs twice.
    """
    weights = np.ones(len(Z)) if sample_weight is None else sample_weight
    if len(Z) > MEDIAN_ROWS:
        chosen = rng.choice(len(Z), MEDIAN_ROWS, replace=False)
        Z, weights = Z[chosen], weights[chosen]
    if metric == "sqeuclidean":
        distances = pdist(Z, metric) if len(Z) > 1 else np.empty(0)
    else:
        distances = pairwise_distances(Z, metric=metric)
        distances = distances[np.triu_indices(len(Z), k=1)]
    different = distances > 1e-9
    if not different.any():
        return 1.0
    if weights.min() == weights.max():
        return float(np.median(distances[different]))
    mass = np.empty(len(distances))
    ends = np.cumsum(np.arange(len(Z) - 1, 0, -1)).tolist()
    for i, (start, stop) in enumerate(pairwise([0, *ends])):
        np.multiply(weights[i + 1 :], weights[i], out=mass[start:stop])
    mass[~different] = 0.0
    return weighted_median(distances, mass)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Return the median of values, where a weight of 2 means that a value occurs twice.

    Parameters
    ----------
    values : float ndarray of shape (n,)
    weights : float64 ndarray of shape (n,)
        Non-negative. Values of weight 0 do not count.
    """
    # Sort only the values of the bins of a histogram that the median lies in.
    lowest, highest = values.min(), values.max()
    if lowest == highest:
        return float(lowest)
    scaled = values - lowest
    scaled *= MEDIAN_BINS / (highest - lowest)
    bins = scaled.astype(np.int64)
    in_bins = np.cumsum(np.bincount(bins, weights=weights))
    half = in_bins[-1] / 2
    first, last = (np.searchsorted(in_bins, half, side) for side in ("left", "right"))
    inside = (bins >= first) & (bins <= last)
    values, weights = values[inside], weights[inside]
    order = values.argsort()
    summed = np.cumsum(weights[order])
    if first:
        summed += in_bins[first - 1]
    # Average the two middle values, as the median of an even number of values does.
    ends = [np.searchsorted(summed, half, side) for side in ("left", "right")]
    return float(values[order[np.minimum(ends, len(order) - 1)]].mean())


def kernel_herding(
    Z: Any,
    sample_weight: np.ndarray,
    n_rows: int,
    bandwidth: float,
    rng: np.random.RandomState,
    candidates: np.ndarray | None = None,
) -> np.ndarray:
    r"""Select rows one by one so that their kernel mean approaches that of all rows.

    At step t, herding in a Gaussian kernel selects the row

    .. math:: \arg\max_i \; \sum_j w_j k(z_i, z_j)
              - \frac{1}{t + 1} \sum_{s \in S_t} k(z_i, z_s), \qquad \sum_j w_j = 1,

    which lowers the maximum mean discrepancy between the selected rows and all rows.
    Rows that equal a selected row are skipped as long as there are other rows.

    Parameters
    ----------
    Z : float32 ndarray or tensor of shape (n, d)
    sample_weight : ndarray of shape (n,)
    n_rows : int
        At most n.
    bandwidth : float
        b in :math:`k(z, z') = \exp(-\|z - z'\|^2 / b)`.
    rng : RandomState
        Draws the random features, which are used for more than `MAX_EXACT` rows.
    candidates : boolean ndarray of shape (n,), default=None
        The rows that may be selected, at least `n_rows`. All rows count in the kernel
        mean. None is all rows.

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Indices in the order of their selection.
    """
    xp = array_module(Z)
    share = sample_weight / sample_weight.sum()
    if len(Z) <= MAX_EXACT and not is_tensor(Z):
        attraction = _exact_mean_similarity(Z, share, bandwidth)
    else:
        attraction = _mean_similarity(Z, share, bandwidth, rng)
    repulsion = xp.zeros_like(attraction)
    taken = repulsion > 0.0
    if candidates is not None:
        others = ~candidates
        taken |= xp.as_tensor(others, device=Z.device) if is_tensor(Z) else others
    equal = deepcopy(taken)
    selected = np.empty(n_rows, dtype=np.int64)
    for t in range(n_rows):
        gain = attraction - repulsion / (t + 1)
        gain[taken if equal.all() else equal] = -np.inf
        row = int(gain.argmax())
        selected[t] = row
        difference = Z - Z[row]
        squares = xp.einsum("ij,ij->i", difference, difference)
        repulsion += xp.exp(-squares / bandwidth)
        taken[row] = True
        equal |= ~difference.any(axis=1)
    return selected


def _exact_mean_similarity(
    Z: np.ndarray, share: np.ndarray, bandwidth: float
) -> np.ndarray:
    """Return the kernel mean of each row; see `kernel_herding`."""
    Z = Z.astype(np.float64) * np.sqrt(2.0 / bandwidth)
    half_norms = np.einsum("ij,ij->i", Z, Z) / 2
    share, found = share.astype(np.float32), []
    # The blocks fit into the cache of the processor.
    for start in range(0, len(Z), BLOCK):
        rows = slice(start, start + BLOCK)
        logs = Z[rows] @ Z.T
        logs -= half_norms
        logs -= half_norms[rows, None]
        # The exponential takes most of the time; single precision suffices for it.
        kernel = np.minimum(logs, 0.0, out=logs).astype(np.float32)
        found.append(np.exp(kernel, out=kernel) @ share)
    return np.concatenate(found).astype(np.float64)


def _mean_similarity(
    Z: Any, share: np.ndarray, bandwidth: float, rng: np.random.RandomState
) -> Any:
    """Return the kernel mean of each row by random Fourier features, in O(n) memory."""
    frequencies = rng.standard_normal((Z.shape[1], N_FEATURES)).astype(np.float32)
    frequencies *= np.float32(np.sqrt(2.0 / bandwidth))
    phases = rng.uniform(0, 2 * np.pi, N_FEATURES).astype(np.float32)
    xp = array_module(Z)
    share = share.astype(np.float32)
    if is_tensor(Z):
        frequencies, phases, share = (
            xp.as_tensor(values, device=Z.device)
            for values in (frequencies, phases, share)
        )

    def features(start: int) -> Any:
        angles = Z[start : start + CHUNK] @ frequencies
        angles += phases
        return xp.cos(angles, out=angles)

    starts = range(0, len(Z), CHUNK)
    mean = sum(share[s : s + CHUNK] @ features(s) for s in starts)
    mean *= 2.0 / N_FEATURES
    means = xp.concatenate([features(s) @ mean for s in starts])
    return xp.asarray(means, dtype=xp.float64)


def random_rows(
    sample_weight: np.ndarray, n_rows: int, rng: np.random.RandomState
) -> np.ndarray:
    """Draw rows without replacement, with probabilities proportional to weights."""
    share = sample_weight / sample_weight.sum()
    return rng.choice(len(sample_weight), n_rows, replace=False, p=share)


def cluster(
    Z: Any, sample_weight: np.ndarray, n_clusters: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return centroids and the cluster of each row.

    There are fewer than `n_clusters` clusters if there are fewer different rows.
    """
    if is_tensor(Z):
        from .tensor_clusters import k_means

        return k_means(Z, sample_weight, n_clusters, seed)
    if len(Z) > MAX_FULL_BATCH:
        # A batch must contain several rows of each cluster.
        batch = max(4_096, 10 * n_clusters)
        model = MiniBatchKMeans(n_clusters, batch_size=batch, random_state=seed)
    else:
        model = KMeans(n_clusters, random_state=seed)
    with warnings.catch_warnings():
        # KMeans warns if equal rows lead to fewer clusters, which is expected here.
        warnings.filterwarnings("ignore", category=ConvergenceWarning)
        labels = model.fit(Z, sample_weight=sample_weight).labels_
    used, labels = np.unique(labels, return_inverse=True)
    return model.cluster_centers_[used], labels


def nearest_members(
    Z: np.ndarray, centroids: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Return the index of the row nearest to the centroid of each cluster."""
    difference = Z - centroids[labels]
    # Sort by cluster and then by distance, so that the nearest row is the first one.
    order = np.lexsort((np.einsum("ij,ij->i", difference, difference), labels))
    first = np.r_[True, np.diff(labels[order]) > 0]
    return order[first]

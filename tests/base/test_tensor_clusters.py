"""k-means for tensors: as good as that of scikit-learn, with weights, reproducible."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.datasets import make_blobs

from sklearn_distill.base import tensor_clusters
from sklearn_distill.base.tensor_clusters import k_means


def blobs(n=600, seed=0):
    """Return rows of eight groups that overlap, in single precision."""
    X, _ = make_blobs(n, centers=8, n_features=5, cluster_std=2.0, random_state=seed)
    return X.astype(np.float32)


def fitted(Z, n_clusters, *, weights=None, seed=0):
    """Return the centroids and labels of rows, which are converted to a tensor."""
    weights = np.ones(len(Z)) if weights is None else weights
    return k_means(torch.as_tensor(Z), weights, n_clusters, seed)


def inertia(Z, centroids, labels, weights=None):
    """Return the weighted mean squared distance of rows to their centroids."""
    return np.average(((Z - centroids[labels]) ** 2).sum(axis=1), weights=weights)


def test_clusters_are_as_compact_as_those_of_scikit_learn():
    Z = blobs()
    ours = np.mean([inertia(Z, *fitted(Z, 20, seed=seed)) for seed in range(5)])
    theirs = np.mean(
        [
            KMeans(20, n_init=1, init="random", random_state=seed).fit(Z).inertia_
            for seed in range(5)
        ]
    )
    assert ours <= 1.03 * theirs / len(Z)


def test_rows_belong_to_the_nearest_centroid_and_centroids_are_means():
    Z = blobs()
    centroids, labels = fitted(Z, 20)
    distances = ((Z[:, None] - centroids) ** 2).sum(axis=2)
    assert (labels == distances.argmin(axis=1)).all()
    means = np.array([Z[labels == c].mean(axis=0) for c in range(20)])
    # The algorithm ends when the centroids hardly move, not when they stand still.
    assert np.square(means - centroids).sum() < 1e-3 * Z.var(axis=0).mean()


def test_weights_act_as_repetition():
    """A weight of 50 attracts a centroid as 50 equal rows do."""
    Z = blobs(200)
    weights = np.where(np.arange(200) < 5, 50.0, 1.0)
    repeated = np.repeat(Z, weights.astype(int), axis=0)
    weighted = [
        inertia(Z, *fitted(Z, 10, weights=weights, seed=seed), weights)
        for seed in range(5)
    ]
    by_rows = [inertia(repeated, *fitted(repeated, 10, seed=s)) for s in range(5)]
    assert np.mean(weighted) == pytest.approx(np.mean(by_rows), rel=0.1)


def test_small_chunks_give_the_same_clusters(monkeypatch):
    Z = blobs()
    expected = fitted(Z, 12)
    monkeypatch.setattr(tensor_clusters, "CHUNK_NUMBERS", 12 * 100)
    centroids, labels = fitted(Z, 12)
    assert (labels == expected[1]).all()
    np.testing.assert_allclose(centroids, expected[0], rtol=1e-4, atol=1e-4)


def test_one_seed_gives_the_same_clusters():
    Z = blobs()
    (first, one), (second, two) = fitted(Z, 15, seed=3), fitted(Z, 15, seed=3)
    assert first.tobytes() == second.tobytes()
    assert (one == two).all()


def test_equal_rows_give_fewer_clusters():
    Z = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    centroids, labels = fitted(Z, 6)
    assert sorted(map(tuple, centroids)) == sorted(map(tuple, np.eye(3)))
    assert (np.bincount(labels) == 5).all()


def test_empty_clusters_get_the_farthest_rows(monkeypatch):
    """All initial centroids but one are far from all rows."""
    Z = blobs()
    start = torch.full((4, 5), 1e3)
    start[0] = 0.0
    monkeypatch.setattr(tensor_clusters, "_plus_plus", lambda *args: start)
    centroids, labels = fitted(Z, 4)
    assert len(centroids) == 4
    assert inertia(Z, centroids, labels) < 0.8 * Z.var(axis=0).sum()

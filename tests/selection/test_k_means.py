"""k-means: representatives of clusters, and their targets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.metrics import pairwise_distances_argmin

from sklearn_distill import KMeansSelection


def test_nearest_rows_and_centroids_represent_separate_clusters():
    """Three separate blobs of one class give one representative each."""
    centers = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    X, blob = make_blobs(150, centers=centers, cluster_std=0.5, random_state=0)
    X = np.vstack([X, X + 100.0])
    y = np.repeat([0, 1], 150)
    params = {"numeric": "standard", "random_state": 0}
    means = np.array([X[:150][blob == c].mean(axis=0) for c in range(3)])
    Xs, ys = KMeansSelection(3, representative="centroid", **params).fit_distill(X, y)
    order = pairwise_distances_argmin(means, Xs[ys == 0])
    np.testing.assert_allclose(Xs[ys == 0][order], means, atol=1e-3)
    Xs, ys = KMeansSelection(3, **params).fit_distill(X, y)
    expected = X[:150][pairwise_distances_argmin(means, X[:150])]
    assert sorted(map(tuple, Xs[ys == 0])) == sorted(map(tuple, expected))


def test_targets_of_a_regression_are_means_of_clusters():
    X = np.repeat([[0.0], [10.0]], 50, axis=0) + np.linspace(0, 1, 100)[:, None]
    y = np.random.RandomState(0).standard_normal(100) + X[:, 0]
    distilled = KMeansSelection(2, numeric="standard", random_state=0).fit(X, y)
    Xs, ys = distilled.distilled_
    expected = [y[:50].mean(), y[50:].mean()]
    np.testing.assert_allclose(ys[Xs[:, 0].argsort()], expected, rtol=1e-5)

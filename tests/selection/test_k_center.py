"""k-center: the greedy algorithm by definition, and the coverage."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.datasets import make_blobs
from sklearn.metrics import pairwise_distances

from sklearn_distill import KCenterSelection, RandomSelection
from sklearn_distill.selection.k_center import farthest_first


def test_farthest_first_agrees_with_its_definition():
    """The definition uses the matrix of all distances."""
    Z = np.random.RandomState(0).randn(60, 3).astype(np.float32)
    selected = farthest_first(Z, np.ones(60), 12)
    distances = pairwise_distances(Z)
    assert selected[0] == np.linalg.norm(Z - Z.mean(axis=0), axis=1).argmin()
    for t in range(1, 12):
        to_nearest = distances[:, selected[:t]].min(axis=1)
        assert to_nearest[selected[t]] == to_nearest.max()


def test_farthest_first_selects_equal_rows_once():
    Z = np.repeat(np.array([[0.0, 0.0], [1.0, 1.0]], dtype=np.float32), 4, axis=0)
    assert sorted(farthest_first(Z, np.ones(8), 8)) == list(range(8))


def test_selected_rows_cover_their_class_better_than_random_rows():
    """The largest distance of a row to its nearest selected row is smaller."""
    X, y = make_blobs(300, centers=2, random_state=0)

    def radius(selection):
        Xs, ys = selection.fit_distill(X, y)
        return max(
            pairwise_distances(X[y == c], Xs[ys == c]).min(axis=1).max() for c in (0, 1)
        )

    random = [radius(RandomSelection(8, random_state=seed)) for seed in range(10)]
    assert radius(KCenterSelection(8, numeric="standard")) < min(random)

"""k-center: the greedy algorithm by definition, and the coverage."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
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


def test_farthest_first_selects_the_same_rows_of_a_tensor():
    rng = np.random.RandomState(0)
    Z, weights = rng.randn(500, 4).astype(np.float32), rng.uniform(0.5, 1.0, 500)
    found = farthest_first(torch.as_tensor(Z), weights, 60)
    assert found.tolist() == farthest_first(Z, weights, 60).tolist()


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


def test_weights_multiply_the_distances():
    Z = np.array([[0.0], [1.0], [-2.0], [4.0]], dtype=np.float32)
    weights = np.array([1e6, 1.0, 1.0, 0.4])
    assert farthest_first(Z, weights, 4).tolist() == [0, 2, 3, 1]
    assert farthest_first(Z, 7.0 * weights, 4).tolist() == [0, 2, 3, 1]
    assert farthest_first(Z, np.array([1e6, 1.0, 1.0, 1.0]), 2).tolist() == [0, 3]


def test_rows_with_uncertain_predicted_labels_are_selected_later():
    """Without their weights, outliers among the unlabeled rows would come first."""
    rng = np.random.RandomState(0)
    X = np.r_[rng.randn(50, 2) - 3, rng.randn(50, 2) + 3]
    y = np.repeat([0, 1], 50)
    between = np.c_[rng.randn(40), -8 + 16 * rng.rand(40)] * [0.3, 1.0]
    selection = KCenterSelection(6, numeric="standard", random_state=0)
    selection.fit(X, y, X_unlabeled=between)
    n_unlabeled = (selection.sample_indices_ >= 100).sum()
    assert n_unlabeled <= 6

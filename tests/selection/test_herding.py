"""Herding: the bandwidth, and the order of the selection."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from sklearn.datasets import load_iris, make_blobs
from sklearn.metrics import pairwise_distances

from sklearn_distill import HerdingSelection, RandomSelection


def mmd(X, rows, bandwidth):
    """Return the squared MMD of selected rows and all rows, in a Gaussian kernel."""

    def mean(A, B):
        return np.exp(-(pairwise_distances(A, B) ** 2) / bandwidth).mean()

    return mean(X, X) - 2.0 * mean(X, rows) + mean(rows, rows)


def test_selected_rows_have_a_smaller_mmd_than_random_rows():
    X, y = make_blobs(300, centers=2, cluster_std=1.5, random_state=0)
    X = (X - X.mean(axis=0)) / X.std(axis=0)

    def total(selection):
        Xs, ys = selection.fit_distill(X, y)
        return sum(mmd(X[y == c], Xs[ys == c], 4.0) for c in (0, 1))

    random = [total(RandomSelection(10, random_state=seed)) for seed in range(20)]
    assert total(HerdingSelection(10)) < min(random)


def test_default_bandwidth_is_one_for_classification_and_less_for_regression():
    X, y = load_iris(return_X_y=True)

    def indices(target, bandwidth):
        selection = HerdingSelection(6, bandwidth=bandwidth)
        return selection.fit(X, target).distilled_.X.tolist()

    target = X[:, 0] + 0.01 * X[:, 1]
    assert indices(y, "auto") == indices(y, 1.0)
    assert indices(target, "auto") == indices(target, 0.3)


def test_larger_budgets_extend_the_selection():
    """Herding is greedy, so that a smaller set is a subset of a larger set."""
    X, y = load_iris(return_X_y=True)
    small, large = (HerdingSelection(n).fit_distill(X, y).X for n in (3, 8))
    assert set(map(tuple, small)) < set(map(tuple, large))

"""Rows whose target agrees with the targets of similar rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill import HerdingSelection


@pytest.fixture
def noisy():
    """Return rows, targets with 5 % of outliers, and which targets are outliers."""
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, size=(400, 2))
    y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.1 * rng.randn(400)
    outlying = np.zeros(400, dtype=bool)
    outlying[rng.choice(400, 20, replace=False)] = True
    return X, np.where(outlying, y + 10.0 * rng.choice([-1, 1], 400), y), outlying


def selected(X, y, budget=60, **params):
    herding = HerdingSelection(budget, task="regression")
    return herding.fit(X, y, **params).sample_indices_


def test_rows_with_outlying_targets_are_not_selected(noisy):
    X, y, outlying = noisy
    assert not outlying[selected(X, y)].any()


def test_rows_with_outlying_targets_are_selected_if_the_budget_requires_them(noisy):
    X, y, outlying = noisy
    kept = selected(X, y, budget=399)
    assert len(set(kept)) == 399
    assert outlying[kept].sum() >= 19


def test_each_of_several_targets_may_be_outlying(noisy):
    X, y, outlying = noisy
    kept = selected(X, np.column_stack([y, X[:, 0]]))
    assert not outlying[kept].any()


def test_regions_with_more_noise_keep_their_rows():
    rng = np.random.RandomState(0)
    X = rng.uniform(-2, 2, size=(500, 2))
    is_noisy = X[:, 0] > 1.0
    y = X[:, 1] + np.where(is_noisy, 2.0, 0.05) * rng.randn(500)
    share = is_noisy[selected(X, y)].mean()
    assert 0.5 * is_noisy.mean() < share < 2.0 * is_noisy.mean()


def test_a_weight_of_two_is_equivalent_to_repeating_the_row(noisy):
    X, y, _ = noisy
    weights = 1.0 + (np.arange(400) % 3 == 0)
    repeats = weights.astype(int)
    weighted = selected(X, y, sample_weight=weights)
    repeated = selected(X.repeat(repeats, axis=0), y.repeat(repeats))
    assert set(np.arange(400).repeat(repeats)[repeated]) == set(weighted)


def test_classes_and_tiny_data_are_unchanged():
    X = np.arange(12.0).reshape(4, 3)
    assert len(selected(X, [0.5, 1.5, 2.5, 90.5], budget=2)) == 2
    assert len(selected(X[[0, 0, 0, 1]], [0.5, 0.5, 0.5, 1.5], budget=3)) == 3

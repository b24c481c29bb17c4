"""Algorithms that choose representative rows of one group of rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill.base import prototypes
from sklearn_distill.base.prototypes import (
    MEDIAN_ROWS,
    kernel_herding,
    median_distance,
    random_rows,
    weighted_median,
)

seeds = st.integers(0, 2**32 - 1)


def normal_rows(n=60, d=3, seed=0):
    """Return encoded rows with standard normal columns."""
    return np.random.RandomState(seed).standard_normal((n, d)).astype(np.float32)


def kernel(Z, other, bandwidth):
    """Return the Gaussian kernel in double precision."""
    Z, other = Z.astype(np.float64), other.astype(np.float64)
    return np.exp(-((Z[:, None] - other[None]) ** 2).sum(axis=2) / bandwidth)


def herd(Z, n_rows, *, weights=None, bandwidth=2.0, seed=0):
    """Return the rows that herding selects, with default arguments."""
    weights = np.ones(len(Z)) if weights is None else weights
    rng = np.random.RandomState(seed)
    return kernel_herding(Z, weights, n_rows, bandwidth, rng)


def herd_by_definition(Z, n_rows, *, weights, bandwidth=2.0):
    """Return the rows that maximize the criterion of the docstring; all rows differ."""
    K = kernel(Z, Z, bandwidth)
    share = weights / weights.sum()
    selected = []
    for _ in range(n_rows):
        gain = K @ share - K[:, selected].sum(axis=1) / (len(selected) + 1)
        gain[selected] = -np.inf
        selected.append(int(gain.argmax()))
    return selected


def mmd(Z, selected, weights=None, bandwidth=2.0):
    """Return the squared maximum mean discrepancy of selected rows and all rows."""
    K = kernel(Z, Z, bandwidth)
    share = np.ones(len(Z)) if weights is None else weights
    difference = share / share.sum()
    np.subtract.at(difference, selected, 1 / len(selected))
    return difference @ K @ difference


@given(st.integers(2, 40), st.integers(1, 5), seeds, st.floats(0.1, 50))
def test_kernel_herding_maximizes_its_criterion(n, d, seed, bandwidth):
    Z = normal_rows(n, d, seed)
    weights = np.random.RandomState(seed).uniform(0.1, 5, n)
    n_rows = max(1, n // 2)
    selected = herd(Z, n_rows, weights=weights, bandwidth=bandwidth)
    expected = herd_by_definition(Z, n_rows, weights=weights, bandwidth=bandwidth)
    # In float32 the order of two rows with almost equal gains may change.
    if list(selected) != expected:
        assert mmd(Z, selected, weights, bandwidth) == pytest.approx(
            mmd(Z, expected, weights, bandwidth), abs=1e-4
        )


def test_kernel_herding_equals_its_definition_if_rows_lie_apart():
    Z = normal_rows(100)
    weights = np.random.RandomState(1).uniform(0.1, 5, 100)
    assert list(herd(Z, 30, weights=weights)) == herd_by_definition(
        Z, 30, weights=weights
    )


@given(seeds, st.integers(3, 30))
def test_kernel_herding_does_not_depend_on_the_order_of_rows(seed, n_rows):
    Z = normal_rows(60, seed=seed)
    order = np.random.RandomState(seed).permutation(60)
    one, two = herd(Z, n_rows), order[herd(Z[order], n_rows)]
    if list(one) != list(two):
        assert mmd(Z, one) == pytest.approx(mmd(Z, two), abs=1e-4)


@given(seeds)
def test_kernel_herding_weights_are_equivalent_to_repeated_rows(seed):
    rng = np.random.RandomState(seed)
    Z, counts = normal_rows(30, seed=seed), rng.randint(1, 5, 30)
    weighted = herd(Z, 10, weights=counts.astype(float))
    owner = np.repeat(np.arange(30), counts)
    repeated = owner[herd(Z[owner], 10)]
    if list(weighted) != list(repeated):
        assert mmd(Z, weighted, counts) == pytest.approx(
            mmd(Z, repeated, counts), abs=1e-4
        )


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=30),
    st.sampled_from([1e-5, 1e-3, 1.0, 1e4]),
    st.data(),
)
def test_kernel_herding_selects_duplicates_only_after_all_distinct_rows(
    values, spacing, data
):
    Z = (np.array(values)[:, None] * spacing).astype(np.float32)
    n_rows = data.draw(st.integers(1, len(Z)))
    selected = herd(Z, n_rows)
    assert len(set(selected)) == n_rows
    n_distinct = len(set(values))
    assert len(np.unique(Z[selected])) == min(n_rows, n_distinct)


def test_kernel_herding_can_select_all_rows():
    assert sorted(herd(normal_rows(20), 20)) == list(range(20))
    assert sorted(herd(np.zeros((5, 2), np.float32), 5)) == list(range(5))


@pytest.mark.parametrize("n_rows", [1, 5, 20])
def test_kernel_herding_has_a_smaller_mmd_than_random_rows(n_rows):
    rng = np.random.RandomState(0)
    Z = np.concatenate([normal_rows(150), normal_rows(50, seed=1) * 0.3 + 3])
    herded = mmd(Z, herd(Z, n_rows))
    random = [mmd(Z, rng.choice(200, n_rows, replace=False)) for _ in range(50)]
    assert herded <= min(random)


def test_kernel_herding_follows_the_weights_of_two_clusters():
    Z = np.concatenate([normal_rows(100), normal_rows(100, seed=1) + 20])
    weights = np.repeat([1.0, 3.0], 100)
    assert (herd(Z, 20, weights=weights) >= 100).sum() == 15


def test_herding_with_random_features_has_almost_the_mmd_of_the_exact_kernel(
    monkeypatch,
):
    Z = np.concatenate([normal_rows(300), normal_rows(100, seed=1) * 0.3 + 3])
    weights = np.random.RandomState(2).uniform(0.5, 2, 400)
    exact = herd(Z, 20, weights=weights)
    monkeypatch.setattr(prototypes, "MAX_EXACT", 100)
    monkeypatch.setattr(prototypes, "CHUNK", 64)
    approximate = herd(Z, 20, weights=weights)
    random = np.median(
        [
            mmd(Z, np.random.RandomState(s).choice(400, 20, replace=False), weights)
            for s in range(30)
        ]
    )
    assert mmd(Z, exact, weights) < 0.2 * random
    assert mmd(Z, approximate, weights) < 0.3 * random


def test_random_features_estimate_the_mean_similarity(monkeypatch):
    monkeypatch.setattr(prototypes, "CHUNK", 64)
    Z = normal_rows(300)
    share = np.random.RandomState(1).dirichlet(np.ones(300))
    estimate = prototypes._mean_similarity(Z, share, 2.0, np.random.RandomState(0))
    np.testing.assert_allclose(estimate, kernel(Z, Z, 2.0) @ share, atol=0.05)


def test_herding_with_random_features_is_reproducible(monkeypatch):
    monkeypatch.setattr(prototypes, "MAX_EXACT", 10)
    one, two = (herd(normal_rows(), 10, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_median_distance_ignores_pairs_of_equal_rows():
    Z = np.float32([[0], [0], [1], [4]])
    # The distances are 1, 1, 4, 4 and 3 without the pair of equal rows.
    rng = np.random.RandomState(0)
    assert median_distance(Z, rng) == pytest.approx(9)
    assert median_distance(Z, rng, metric="euclidean") == pytest.approx(3)


@pytest.mark.parametrize("Z", [np.zeros((4, 2)), np.zeros((1, 2))])
def test_median_distance_of_equal_rows_is_one(Z):
    assert median_distance(Z.astype(np.float32), np.random.RandomState(0)) == 1.0


@given(seeds)
def test_median_distance_weights_are_equivalent_to_repeated_rows(seed):
    rng = np.random.RandomState(seed)
    Z, counts = normal_rows(25, seed=seed), rng.randint(1, 4, 25)
    weighted = median_distance(Z, rng, sample_weight=counts.astype(float))
    repeated = median_distance(np.repeat(Z, counts, axis=0), rng)
    assert weighted == pytest.approx(repeated, rel=1e-3)


def test_median_distance_of_many_rows_is_that_of_a_sample():
    Z = normal_rows(3 * MEDIAN_ROWS)
    sampled = median_distance(Z, np.random.RandomState(0))
    assert sampled == pytest.approx(median_distance(Z[:900], None), rel=0.1)


def test_random_rows_are_distinct_and_drawn_by_weight():
    weights = np.r_[np.full(5, 1e-12), np.ones(20)]
    for seed in range(20):
        selected = random_rows(weights, 20, np.random.RandomState(seed))
        assert sorted(selected) == list(range(5, 25))
    all_rows = random_rows(weights, 25, np.random.RandomState(0))
    assert sorted(all_rows) == list(range(25))


def test_cluster_and_nearest_members_of_two_separate_groups():
    Z = np.float32([[0.0], [1.0], [2.0], [10.0], [14.0], [10.5]])
    weights = np.array([1.0, 1.0, 1.0, 3.0, 1.0, 0.001])
    centroids, labels = prototypes.cluster(Z, weights, 2, seed=0)
    first, second = labels[0], labels[3]
    np.testing.assert_array_equal(labels, [first] * 3 + [second] * 3)
    assert centroids[first, 0] == pytest.approx(1.0)
    assert centroids[second, 0] == pytest.approx(11.0, abs=1e-2)
    nearest = prototypes.nearest_members(Z, centroids, labels)
    np.testing.assert_array_equal(nearest[[first, second]], [1, 5])


def test_cluster_returns_fewer_clusters_than_requested_if_rows_repeat():
    Z = np.repeat(np.float32([[0.0], [1.0]]), 5, axis=0)
    centroids, labels = prototypes.cluster(Z, np.ones(10), 4, seed=0)
    np.testing.assert_array_equal(centroids[labels], Z)
    assert len(centroids) == 2


@given(seeds, st.integers(1, 60))
def test_weighted_median_is_that_of_repeated_values(seed, n):
    rng = np.random.RandomState(seed)
    # Few distinct values lead to ties, and large ones leave most bins empty.
    values = rng.choice([0.0, 0.5, 0.5 + 1e-12, 3.0, 1e6, 1e6 + 1], n)
    counts = rng.randint(0, 4, n)
    counts[rng.randint(n)] = 1
    expected = np.median(np.repeat(values, counts))
    assert weighted_median(values, counts.astype(float)) == expected


def test_exact_kernel_means_are_those_of_double_precision():
    Z = normal_rows(300) * np.float32(20) + np.float32(100)
    share = np.random.RandomState(1).dirichlet(np.ones(300))
    found = prototypes._exact_mean_similarity(Z, share, 50.0)
    np.testing.assert_allclose(found, kernel(Z, Z, 50.0) @ share, rtol=2e-5)


@pytest.mark.parametrize("n", [3_000, 6_000])
def test_herding_selects_the_same_rows_of_a_tensor(n, monkeypatch):
    """Arrays of both sizes use random features, as tensors always do."""
    monkeypatch.setattr(prototypes, "MAX_EXACT", 0)
    Z = np.repeat(normal_rows(n // 2), 2, axis=0)
    weights = np.random.RandomState(1).uniform(0.5, 2.0, n)
    candidates = np.arange(n) % 3 > 0
    expected, found = (
        kernel_herding(
            rows, weights, 40, 2.0, np.random.RandomState(0), candidates
        ).tolist()
        for rows in (Z, torch.as_tensor(Z))
    )
    assert found == expected

"""Tests of distances between distributions against independent computations."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from sklearn_distill.evaluation.measures.distribution_distances import (
    density_and_coverage,
    sliced_wasserstein,
    squared_mmd,
    two_sample_auc,
)


def test_squared_mmd_is_the_double_sum_of_its_definition(two_samples):
    x, y = two_samples
    n, m = len(x), len(y)
    squared = [sum((a - b) ** 2) for i, a in enumerate(x) for b in x[:i]]
    h = np.median(squared)

    def k(a, b):
        return math.exp(-sum((a - b) ** 2) / h)

    within_x = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j)
    within_y = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j)
    between = sum(k(a, b) for a in x for b in y)
    expected = (
        within_x / (n * (n - 1)) + within_y / (m * (m - 1)) - 2 * between / (n * m)
    )
    assert squared_mmd(x, y) == pytest.approx(expected, rel=1e-10)


def test_squared_mmd_of_equal_distributions_is_zero_on_average():
    rng = np.random.RandomState(1)
    draws = [
        squared_mmd(rng.normal(size=(50, 2)), rng.normal(size=(5, 2)))
        for _ in range(200)
    ]
    assert abs(np.mean(draws)) < 3 * np.std(draws) / math.sqrt(len(draws))
    assert min(draws) < 0 < max(draws)


def test_sliced_wasserstein_of_a_shift_is_the_shift_times_the_mean_cosine():
    """A shift s shifts its projections by |s cos|, which is 2 / pi of s on average."""
    x = np.random.RandomState(2).normal(size=(30, 2))
    distance = sliced_wasserstein(x, x + [3.0, 4.0], n_projections=5_000)
    assert distance == pytest.approx(5.0 * 2.0 / math.pi, rel=0.02)


def test_sliced_wasserstein_agrees_with_pot(two_samples):
    ot = pytest.importorskip("ot", reason="POT is not installed")
    x, y = two_samples
    directions = np.random.RandomState(5).normal(size=(64, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=1)
    ours = sliced_wasserstein(x, y, n_projections=64, random_state=5)
    assert ours == pytest.approx(expected, rel=1e-10)


def test_density_and_coverage_count_neighborhoods(two_samples):
    x, y = two_samples
    k = 5
    inside = np.zeros((len(x), len(y)), dtype=bool)
    for i, a in enumerate(x):
        radius = sorted(math.dist(a, b) for j, b in enumerate(x) if j != i)[k - 1]
        inside[i] = [math.dist(a, b) <= radius for b in y]
    density, coverage = density_and_coverage(x, y, n_neighbors=k)
    assert density == pytest.approx(inside.sum() / (k * len(y)))
    assert coverage == pytest.approx(np.mean([row.any() for row in inside]))
    assert 0 < coverage < 1


def test_real_rows_cover_themselves(two_samples):
    x, _ = two_samples
    density, coverage = density_and_coverage(x, x)
    assert coverage == 1.0
    assert density > 1.0


def test_two_sample_auc_of_two_normal_distributions():
    """For N(0, 1) and N(s, 1), the largest area under the curve is Phi(s / sqrt 2)."""
    rng = np.random.RandomState(3)
    x, y = rng.normal(size=(3_000, 1)), rng.normal(1.0, 1.0, size=(3_000, 1))
    auc = two_sample_auc(x, y, LogisticRegression())
    assert auc == pytest.approx(norm.cdf(1 / math.sqrt(2)), abs=0.015)
    same = two_sample_auc(x[:1_500], x[1_500:], LogisticRegression())
    assert same == pytest.approx(0.5, abs=0.04)


def test_measures_of_a_single_row_are_nan():
    x = np.zeros((1, 2))
    assert math.isnan(squared_mmd(x, np.ones((3, 2))))
    assert np.isnan(density_and_coverage(x, np.ones((3, 2)))).all()
    assert math.isnan(two_sample_auc(x, np.ones((3, 2)), LogisticRegression()))

"""Fidelity: every measure against an independent computation."""

# SPDX-License-Identifier: BSD-3-Clause

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from sklearn_distill import DistilledSet, RandomSelection
from sklearn_distill.evaluation import preprocessor
from sklearn_distill.evaluation.fidelity import (
    copies,
    correlation_similarity,
    density_and_coverage,
    fidelity,
    marginal_similarity,
    sliced_wasserstein,
    squared_mmd,
    two_sample_auc,
)


@pytest.fixture
def two_samples():
    """Rows of two normal distributions, the second shifted."""
    rng = np.random.RandomState(0)
    return rng.normal(size=(40, 3)), rng.normal(0.7, 1.2, size=(25, 3))


def test_mmd_is_the_double_sum_of_its_definition(two_samples):
    x, y = two_samples
    n, m = len(x), len(y)
    squared = [sum((a - b) ** 2) for i, a in enumerate(x) for b in x[:i]]
    h = np.median(squared)

    def k(a, b):
        return math.exp(-sum((a - b) ** 2) / h)

    within = sum(k(x[i], x[j]) for i in range(n) for j in range(n) if i != j)
    among = sum(k(y[i], y[j]) for i in range(m) for j in range(m) if i != j)
    across = sum(k(a, b) for a in x for b in y)
    expected = within / (n * (n - 1)) + among / (m * (m - 1)) - 2 * across / (n * m)
    assert squared_mmd(x, y) == pytest.approx(expected, rel=1e-10)


def test_mmd_is_zero_on_average_for_one_distribution_whatever_its_size():
    rng = np.random.RandomState(1)
    draws = [squared_mmd(rng.normal(size=(50, 2)), rng.normal(size=(5, 2)))
             for _ in range(200)]  # fmt: skip
    assert abs(np.mean(draws)) < 3 * np.std(draws) / math.sqrt(len(draws))
    assert min(draws) < 0 < max(draws)


def test_sliced_wasserstein_of_a_shift_is_the_shift_times_the_mean_cosine():
    """Every projection of a shift s is one by |s cos|, on average 2 / pi of s."""
    x = np.random.RandomState(2).normal(size=(30, 2))
    distance = sliced_wasserstein(x, x + [3.0, 4.0], n_projections=5_000)
    assert distance == pytest.approx(5.0 * 2.0 / math.pi, rel=0.02)


def test_sliced_wasserstein_agrees_with_pot(two_samples):
    """On the same directions, with unequal numbers of rows."""
    ot = pytest.importorskip("ot", reason="POT is not installed")
    x, y = two_samples
    directions = np.random.RandomState(5).normal(size=(64, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    expected = ot.sliced_wasserstein_distance(x, y, projections=directions.T, p=1)
    ours = sliced_wasserstein(x, y, n_projections=64, random_state=5)
    assert ours == pytest.approx(expected, rel=1e-10)


def test_density_and_coverage_count_neighbourhoods(two_samples):
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


def test_density_and_coverage_of_the_rows_themselves(two_samples):
    """Everything is covered, and each row lies in its own neighbourhood and others."""
    x, _ = two_samples
    density, coverage = density_and_coverage(x, x)
    assert coverage == 1.0
    assert density > 1.0


def test_two_sample_auc_of_two_normals_is_what_theory_says():
    """For N(0, 1) and N(s, 1) the best area is Phi(s / sqrt 2)."""
    rng = np.random.RandomState(3)
    x, y = rng.normal(size=(3_000, 1)), rng.normal(1.0, 1.0, size=(3_000, 1))
    auc = two_sample_auc(x, y, LogisticRegression())
    assert auc == pytest.approx(norm.cdf(1 / math.sqrt(2)), abs=0.015)
    same = two_sample_auc(x[:1_500], x[1_500:], LogisticRegression())
    assert same == pytest.approx(0.5, abs=0.04)


def test_marginals_by_hand():
    """Kolmogorov-Smirnov for numbers, total variation for categories."""
    real = pd.DataFrame({"n": [1, 2, 3, 4], "c": ["a", "a", "b", "c"]})
    made = pd.DataFrame({"n": [1, 1], "c": ["a", "d"]})
    assert marginal_similarity(real, made).tolist() == [0.25, 0.5]
    assert marginal_similarity(real, real).tolist() == [1.0, 1.0]


def test_correlations_by_hand(two_samples):
    x, y = two_samples
    x = x @ np.array([[1, 0.5, 0], [0, 1, -0.4], [0, 0, 1]])
    gaps = np.abs(np.corrcoef(x.T) - np.corrcoef(y.T))[np.triu_indices(3, 1)]
    assert correlation_similarity(x, y) == pytest.approx(1 - gaps.mean() / 2)
    weight = np.r_[np.ones(20), np.zeros(20)]
    assert correlation_similarity(x, y, weight) == pytest.approx(
        correlation_similarity(x[:20], y)
    )
    constant = np.column_stack([np.ones(25), y[:, 0]])
    assert math.isnan(correlation_similarity(x[:, :2], constant))


def test_copies_are_found_and_new_rows_are_not():
    rng = np.random.RandomState(4)
    train, test = rng.normal(size=(200, 3)), rng.normal(size=(200, 3))
    copied = copies(train, test, train[:10])
    assert copied["copies"] == 1.0
    assert copied["nearest"] == 0.0
    assert copied["nearer to training"] == 1.0
    new = copies(train, test, rng.normal(size=(300, 3)))
    assert new["copies"] == 0.0
    assert new["nearest"] == pytest.approx(1.0, abs=0.2)
    assert new["nearer to training"] == pytest.approx(0.5, abs=0.1)


def test_a_random_sample_is_faithful_and_a_shifted_one_is_not():
    """All measures together, on a table of numbers and categories with classes."""
    rng = np.random.RandomState(5)
    y = np.repeat(["no", "yes"], [400, 200])
    X = pd.DataFrame(
        {
            "size": rng.normal(size=600) + (y == "yes"),
            "weight": rng.gamma(2.0, size=600),
            "colour": rng.choice(["red", "blue"], 600),
        }
    )
    train, test = np.arange(0, 600, 2), np.arange(1, 600, 2)
    sampler = RandomSelection(budget=40, random_state=0)
    small = sampler.fit_distill(X.loc[train], y[train])
    moved = DistilledSet(
        small.X.assign(size=small.X["size"] + 2, colour="red"), small.y,
        classes=small.classes,
    )  # fmt: skip
    good, bad = (
        fidelity(one, X.loc[train], y[train], prepare=preprocessor(X.loc[train]),
                 X_test=X.loc[test], y_test=y[test])
        for one in (small, moved)
    )  # fmt: skip
    for name in ("marginals", "density", "coverage"):
        assert good[name] > bad[name], name
    for name in ("mmd2", "sliced wasserstein", "auc linear", "auc trees", "nearest"):
        assert good[name] < bad[name], name
    assert good["correlations"] > 0.9
    assert good["copies"] == 1.0
    assert abs(good["mmd2"]) < 0.02
    assert bad["auc linear"] > 0.9


def test_a_row_a_class_gives_what_can_be_said():
    """Of one row there is no spread: NaN, no error."""
    rng = np.random.RandomState(6)
    X, y = rng.normal(size=(60, 4)), np.repeat([0, 1, 2], 20)
    small = RandomSelection(budget=1, random_state=0).fit_distill(X, y)
    found = fidelity(small, X, y, prepare=preprocessor(X))
    assert math.isnan(found["mmd2"])
    assert found["copies"] == 1.0
    assert found["sliced wasserstein"] > 0

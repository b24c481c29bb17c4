"""Soft labels as weighted hard rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill.soft_labels.expansion import (
    MIN_SHARE,
    prune_soft_labels,
    weighted_hard_rows,
)

SOFT = st.tuples(
    st.integers(1, 8), st.integers(2, 5), st.booleans(), st.integers(0, 2**32 - 1)
)


def random_probabilities(m, n_classes, seed, spread=0.2):
    rng = np.random.RandomState(seed)
    return rng, rng.dirichlet(np.full(n_classes, spread), m)


@given(SOFT)
def test_weights_are_in_proportion_to_the_soft_labels(case):
    """Unlikely classes are left out, and the mean of the weights is kept."""
    m, n_classes, weighted, seed = case
    rng, soft = random_probabilities(m, n_classes, seed)
    soft[rng.rand(m, n_classes) < 0.2] = 0
    soft[soft.sum(axis=1) == 0, 0] = 1
    soft /= soft.sum(axis=1, keepdims=True)
    sample_weight = rng.uniform(0, 5, m) if weighted else np.ones(m)
    rows, codes, weights = weighted_hard_rows(soft, sample_weight if weighted else None)
    assert weights.sum() == pytest.approx(len(rows) * sample_weight.mean())
    summed = np.zeros((m, n_classes))
    np.add.at(summed, (rows, codes), weights)
    likely = (soft > 0) & (soft >= MIN_SHARE * soft.max(axis=1, keepdims=True))
    np.testing.assert_array_equal(likely[rows, codes], True)
    assert len(rows) == likely.sum()
    expected = np.where(likely, soft, 0.0)
    expected *= (sample_weight / expected.sum(axis=1))[:, None] * len(rows) / m
    np.testing.assert_allclose(summed, expected, rtol=1e-9)


def test_weighted_log_loss_equals_cross_entropy():
    """The weights have mean 1, so that the mean losses are equal."""
    rng = np.random.RandomState(0)
    soft = rng.dirichlet(np.full(3, 5.0), 10)
    predicted = rng.dirichlet(np.ones(3), 10)
    rows, codes, weights = weighted_hard_rows(soft)
    log_loss = -(weights * np.log(predicted[rows, codes])).mean()
    assert log_loss == pytest.approx(-(soft * np.log(predicted)).sum() / 10)


def test_one_hot_rows_are_unchanged():
    rows, codes, weights = weighted_hard_rows(np.eye(3)[[2, 0, 1]])
    np.testing.assert_array_equal(rows, [0, 1, 2])
    np.testing.assert_array_equal(codes, [2, 0, 1])
    np.testing.assert_array_equal(weights, 1.0)


def test_unlikely_classes_are_pruned_relative_to_the_likeliest_one():
    soft = np.array([[0.985, 0.009, 0.006], [0.5, 0.494, 0.006], [0.25, 0.748, 0.002]])
    expected = [[1, 0, 0], [0.5, 0.494, 0.006], [0.25 / 0.998, 0.748 / 0.998, 0]]
    np.testing.assert_allclose(prune_soft_labels(soft), expected)


def test_many_equally_likely_classes_are_kept():
    soft = np.full((1, 200), 1 / 200)
    np.testing.assert_allclose(prune_soft_labels(soft), soft)


def test_weights_of_a_row_sum_to_its_weight_without_keep_mean():
    soft = np.array([[0.75, 0.25], [0.0, 1.0]])
    sample_weight = np.array([4.0, 3.0])
    rows, codes, weights = weighted_hard_rows(soft, sample_weight, keep_mean=False)
    np.testing.assert_array_equal(rows, [0, 0, 1])
    np.testing.assert_array_equal(codes, [0, 1, 1])
    np.testing.assert_allclose(weights, [3.0, 1.0, 3.0])

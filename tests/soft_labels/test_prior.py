"""Correction of probabilities for a change of class shares."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_distill.soft_labels.prior import correct_prior, soft_labels_of_set

shares = st.integers(2, 6).flatmap(
    lambda k: st.tuples(
        *(
            st.lists(st.floats(1e-6, 1), min_size=k, max_size=k).map(np.array)
            for _ in range(4)
        )
    )
)


@given(shares)
def test_equal_priors_change_nothing(parts):
    weight, prior = parts[:2]
    proba = (weight / weight.sum())[None]
    np.testing.assert_allclose(correct_prior(proba, prior, prior), proba, rtol=1e-12)


@given(shares)
def test_correction_follows_bayes_rule(parts):
    weight, before, after = parts[:3]
    proba = (weight / weight.sum())[None]
    moved = correct_prior(proba, before, after)
    np.testing.assert_allclose(moved.sum(axis=1), 1)
    odds = (moved / moved[:, :1]) / (proba / proba[:, :1])
    expected = (after / after[0]) / (before / before[0])
    np.testing.assert_allclose(odds[0], expected, rtol=1e-9)


@given(shares)
def test_corrections_can_be_chained_and_inverted(parts):
    weight, first, second, third = parts
    proba = (weight / weight.sum())[None]
    there = correct_prior(proba, first, second)
    np.testing.assert_allclose(correct_prior(there, second, first), proba, rtol=1e-9)
    np.testing.assert_allclose(
        correct_prior(there, second, third),
        correct_prior(proba, first, third),
        rtol=1e-9,
    )


@given(shares, st.floats(1e-3, 1e3))
def test_priors_may_be_counts(parts, scale):
    weight, before, after = parts[:3]
    proba = (weight / weight.sum())[None]
    np.testing.assert_allclose(
        correct_prior(proba, before * scale, after),
        correct_prior(proba, before, after),
        rtol=1e-9,
    )


def test_correction_of_a_posterior_is_exact():
    """For two normal classes, Bayes' rule gives the posterior under either prior."""
    x = np.linspace(-3, 3, 31)
    density = np.exp(-0.5 * (x[:, None] - [-1, 1]) ** 2)

    def posterior(prior):
        joint = density * prior
        return joint / joint.sum(axis=1, keepdims=True)

    rare, even = np.array([0.99, 0.01]), np.array([0.5, 0.5])
    np.testing.assert_allclose(
        correct_prior(posterior(rare), rare, even), posterior(even)
    )


def random_probabilities(m, n_classes, seed, spread=0.2):
    rng = np.random.RandomState(seed)
    return rng, rng.dirichlet(np.full(n_classes, spread), m)


@given(st.integers(1, 6), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_soft_labels_have_the_class_shares_of_the_hard_labels(
    per_class, n_classes, seed
):
    """The class shares agree for every prior, if no probability is 0."""
    m = per_class * n_classes
    rng, proba = random_probabilities(m, n_classes, seed, spread=3.0)
    codes = np.repeat(np.arange(n_classes), per_class)
    soft = soft_labels_of_set(proba, codes, rng.uniform(0.01, 1, n_classes))
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    np.testing.assert_allclose(soft.sum(axis=0), per_class, rtol=2e-3)
    assert (soft[np.arange(m), codes] >= 0.5).all()


def test_soft_labels_are_the_mean_of_teacher_and_label():
    """The probabilities have the class shares of the hard labels already."""
    proba = np.array([[0.8, 0.2], [0.2, 0.8]])
    soft = soft_labels_of_set(proba, np.array([0, 1]), np.array([7.0, 7.0]))
    np.testing.assert_allclose(soft, [[0.9, 0.1], [0.1, 0.9]])


def test_correction_scales_the_odds_of_all_rows_by_the_same_factor():
    _, proba = random_probabilities(12, 2, 0, spread=2.0)
    codes = np.repeat([0, 1], 6)
    soft = soft_labels_of_set(proba, codes, np.array([0.9, 0.1]))
    teacher = 2 * soft - np.eye(2)[codes]
    odds = (teacher[:, 0] / teacher[:, 1]) / (proba[:, 0] / proba[:, 1])
    np.testing.assert_allclose(odds, odds[0], rtol=1e-9)


@pytest.mark.parametrize("sure", [0, 1, 2])
def test_soft_labels_if_the_teacher_predicts_a_single_class(sure):
    """The third of the three classes has no rows in the distilled set."""
    proba = np.eye(3)[[sure] * 4]
    soft = soft_labels_of_set(proba, np.array([0, 0, 1, 1]), np.array([5.0, 5.0, 1.0]))
    np.testing.assert_allclose(soft.sum(axis=1), 1)
    assert (soft[:, 2] == 0).all()

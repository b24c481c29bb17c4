"""Draws around distilled rows."""

import numpy as np
import pytest

from sklearn_distill.distilled_set.growth import Sampler

RNG = np.random.RandomState


def test_numbers_are_normal_around_the_distilled_row():
    sampler = Sampler(spread=np.array([0.5, 2.0], dtype=np.float32))
    Z = np.array([[0.0, 0.0], [10.0, -10.0]], dtype=np.float32)
    chosen = np.repeat([0, 1], 2_000)
    drawn = sampler.draw(Z, chosen, np.zeros(2, bool), [slice(0, 1)], RNG(0))
    np.testing.assert_allclose(drawn[2_000:].mean(axis=0), Z[1], atol=0.15)
    np.testing.assert_allclose(drawn[:2_000].std(axis=0), [0.5, 2.0], rtol=0.05)


def test_factors_correlate_columns_and_keep_the_spread():
    spread = np.array([0.5, 2.0, 1.0], dtype=np.float32)
    factors = np.array([[0.9, -0.9, 0.0]], dtype=np.float32)
    sampler = Sampler(spread, factors=factors)
    drawn = sampler.draw(
        np.zeros((1, 3), np.float32),
        np.zeros(8_000, int),
        np.zeros(3, bool),
        [],
        RNG(0),
    )
    np.testing.assert_allclose(drawn.std(axis=0), spread, rtol=0.04)
    expected = [[1.0, -0.81, 0.0], [-0.81, 1.0, 0.0], [0.0, 0.0, 1.0]]
    np.testing.assert_allclose(np.corrcoef(drawn.T), expected, atol=0.04)


def test_categories_are_drawn_with_the_shares_of_their_row():
    shares = np.array([[0.2, 0.8, 0.0], [0.0, 0.0, 1.0]], dtype=np.float32)
    sampler = Sampler(np.zeros(0, np.float32), shares)
    chosen = np.repeat([0, 1], 2_000)
    drawn = sampler.draw(
        np.zeros((2, 3), np.float32), chosen, np.ones(3, bool), [slice(0, 3)], RNG(0)
    )
    assert set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_array_equal(drawn.sum(axis=1), 1.0)
    np.testing.assert_allclose(drawn[:2_000].mean(axis=0), [0.2, 0.8, 0.0], atol=0.03)
    np.testing.assert_array_equal(drawn[2_000:].mean(axis=0), [0.0, 0.0, 1.0])


def test_missing_values_are_drawn_and_have_no_number():
    sampler = Sampler(np.ones(1, np.float32), np.array([[0.25]], np.float32))
    drawn = sampler.draw(
        np.array([[5.0, 0.0]], np.float32),
        np.zeros(4_000, int),
        np.array([False, True]),
        [slice(0, 2)],
        RNG(0),
    )
    missing = drawn[:, 1] == 1.0
    assert missing.mean() == pytest.approx(0.25, abs=0.03)
    assert (drawn[missing, 0] == 0.0).all()
    assert drawn[~missing, 0].mean() == pytest.approx(5.0, abs=0.1)


def test_rows_are_chosen_equally_or_in_proportion_to_their_mass():
    rows = np.array([2, 3])
    equal = Sampler(np.zeros(1, np.float32)).choose(rows, 100, RNG(0))
    np.testing.assert_array_equal(np.bincount(equal), [0, 0, 50, 50])
    mass = np.array([9, 9, 1, 3], dtype=np.float32)
    chosen = Sampler(np.zeros(1, np.float32), mass=mass).choose(rows, 100, RNG(0))
    np.testing.assert_array_equal(np.bincount(chosen), [0, 0, 25, 75])

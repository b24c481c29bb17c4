"""Distinct rows: copies of rows count like weights, and their order does not matter."""

import numpy as np

from sklearn_distill import HerdingSelection, KMeansSelection
from sklearn_distill.base.distinct_rows import distinct_rows


def test_weights_of_equal_rows_are_added():
    Z = np.array([[1.0, 2.0], [0.0, 5.0], [1.0, 2.0], [-0.0, 5.0]], np.float32)
    y, weights = np.array([0, 1, 0, 1]), np.array([1.0, 2.0, 3.0, 4.0])
    first, total, which = distinct_rows(Z, y, weights)
    assert sorted(zip(Z[first, 1], total, strict=True)) == [(2.0, 4.0), (5.0, 6.0)]
    np.testing.assert_array_equal(Z[first][which], Z)


def test_rows_with_different_targets_are_different():
    first, _, _ = distinct_rows(np.ones((3, 2)), np.array([0, 1, 1]), np.ones(3))
    assert len(first) == 2


def test_all_rows_of_zeros_and_ones_are_told_apart():
    Z = (np.arange(4_096)[:, None] >> np.arange(12) & 1).astype(np.float32)
    assert len(distinct_rows(Z, np.zeros(4_096), np.ones(4_096))[0]) == 4_096


def test_order_of_the_rows_does_not_matter():
    rng = np.random.RandomState(0)
    Z, y = rng.randn(50, 3).astype(np.float32), np.arange(50) % 2
    order = rng.permutation(50)
    first, _, _ = distinct_rows(Z, y, np.ones(50))
    shuffled, _, _ = distinct_rows(Z[order], y[order], np.ones(50))
    np.testing.assert_array_equal(Z[first], Z[order][shuffled])


def decoded_and_spread(distiller, X, y, weights=None):
    growth = distiller.fit(X, y, sample_weight=weights).distilled_.growth
    return growth.decoder, growth.sampler


def test_copies_of_rows_have_the_effect_of_weights_on_decoder_and_sampler():
    rng = np.random.RandomState(0)
    X = rng.randn(120, 3)
    copies = rng.randint(1, 4, 120)
    many = np.repeat(np.arange(120), copies)
    common = {"densify": "auto", "random_state": 0}
    for distiller, y in [
        (HerdingSelection(6, **common), (X[:, 0] > 0).astype(int)),
        (KMeansSelection(8, task="regression", **common), np.sin(X[:, 0])),
    ]:
        decoder, sampler = decoded_and_spread(distiller, X, y, copies)
        rows = distiller.distilled_.X
        decoder_many, sampler_many = decoded_and_spread(distiller, X[many], y[many])
        np.testing.assert_allclose(distiller.distilled_.X, rows)
        np.testing.assert_allclose(sampler_many.spread, sampler.spread, rtol=1e-4)
        assert decoder.arrays.keys() == decoder_many.arrays.keys()
        for name, array in decoder.arrays.items():
            found = decoder_many.arrays[name]
            np.testing.assert_allclose(found, array, rtol=0.02, atol=0.02)

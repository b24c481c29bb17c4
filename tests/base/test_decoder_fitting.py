"""Decoders that are fitted to training rows."""

import time

import numpy as np
import pytest

from sklearn_distill.base import decoder_fitting
from sklearn_distill.base.decoder_fitting import (
    fit_classification_decoder,
    fit_regression_decoder,
)

TARGET = np.array([[0.0], [1.0], [-5.0], [5.0]])


def rings(n, seed=0):
    """Return points and three classes by their distance from the origin."""
    rng = np.random.RandomState(seed)
    Z = rng.randn(n, 2).astype(np.float32)
    return Z, np.digitize(np.hypot(*Z.T), [0.8, 1.6])


def fit(Z, codes, centers, others=None, weights=None):
    return fit_classification_decoder(
        Z,
        codes,
        np.ones(len(Z)) if weights is None else weights,
        Z[centers],
        codes[centers],
        n_classes=3,
        others=others,
        rng=np.random.RandomState(0),
    )


def test_classification_decoder_learns_from_the_training_rows():
    Z, codes = rings(3_000)
    decoder = fit(Z, codes, np.arange(30))
    Z_new, codes_new = rings(1_000, seed=1)
    predicted = decoder.scores(Z_new, Z[:30]).argmax(axis=1)
    assert decoder.coef.shape == (30, 3)
    assert (predicted == codes_new).mean() > 0.95


def test_kernel_ridge_regression_is_used_if_it_predicts_other_rows_better():
    Z, codes = rings(60)
    # All but ten labels are wrong, so that logistic regression learns nothing useful
    # where the labels of the other rows are those of the centers.
    centers = np.arange(30)
    decoder = fit(Z, codes, centers, others=np.arange(30, 60))
    assert decoder.coef is None or decoder.coef.shape == (30, 3)
    assert fit(Z, codes, centers).coef is not None


def test_many_rows_share_the_largest_number_of_centers(monkeypatch):
    monkeypatch.setattr(decoder_fitting, "MAX_CENTERS", 12)
    Z, codes = rings(600)
    decoder = fit(Z, codes, np.arange(90))
    assert len(decoder.centers) == 12
    assert set(codes[decoder.centers]) == {0, 1, 2}
    assert decoder.scores(Z, Z[:90]).shape == (600, 3)


def test_rows_of_small_classes_are_all_used():
    codes = np.repeat([0, 1, 2], [5_000, 4_990, 10])
    used = decoder_fitting._class_balanced(codes, 1_000, np.random.RandomState(0))
    np.testing.assert_array_equal(np.bincount(codes[used]), [495, 495, 10])


def test_regression_decoder_ignores_irrelevant_columns():
    rng = np.random.RandomState(0)
    Z = rng.randn(2_000, 12).astype(np.float32)
    y = np.sin(2 * Z[:, 0]) * Z[:, 1]
    decoder = fit_regression_decoder(
        Z, y, np.ones(2_000), Z[:100], TARGET, rng=np.random.RandomState(0)
    )
    assert decoder.relevance[:2].min() > 1.5 * decoder.relevance[2:].max()
    Z_new = rng.randn(500, 12).astype(np.float32)
    y_new = np.sin(2 * Z_new[:, 0]) * Z_new[:, 1]
    predicted = decoder.scores(Z_new, Z[:100])[:, 0]
    assert 1 - ((predicted - y_new) ** 2).mean() / y_new.var() > 0.4


def test_regression_decoder_weights_rows():
    Z = np.linspace(-1, 1, 400, dtype=np.float32)[:, None]
    y = np.r_[np.full(200, -1.0), np.full(200, 1.0)]
    Z[200:] = Z[:200]
    weights = np.repeat([1.0, 3.0], 200)
    decoder = fit_regression_decoder(
        Z, y, weights, Z[:20], TARGET, rng=np.random.RandomState(0)
    )
    assert decoder.scores(Z[:200], Z[:20]).mean() == pytest.approx(0.5, abs=0.1)


@pytest.mark.slow
def test_time_at_15_000_rows_and_260_centers():
    rng = np.random.RandomState(0)
    Z = rng.randn(15_000, 20).astype(np.float32)
    codes = (Z[:, :5].sum(axis=1) > 0).astype(int) + 2 * (Z[:, 5] > 0)
    started = time.process_time()
    fit_classification_decoder(
        Z, codes, np.ones(15_000), Z[:260], codes[:260],
        n_classes=4, others=None, rng=rng,
    )  # fmt: skip
    # The aim is two seconds on an idle core; the test allows for a slow machine.
    assert time.process_time() - started < 8.0

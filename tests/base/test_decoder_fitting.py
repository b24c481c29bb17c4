"""Decoders that are fitted to training rows."""

import time

import numpy as np
import pytest

from sklearn_distill.base import decoder_fitting, kernel_features
from sklearn_distill.base.decoder_fitting import fit_classification_decoder


def rings(n, seed=0):
    """Return points and three classes by their distance from the origin."""
    rng = np.random.RandomState(seed)
    Z = rng.randn(n, 2).astype(np.float32)
    return Z, np.digitize(np.hypot(*Z.T), [0.8, 1.6])


def fit(Z, codes, centers, others=None, weights=None, drawn=None):
    return fit_classification_decoder(
        Z,
        codes,
        np.ones(len(Z)) if weights is None else weights,
        Z[centers],
        codes[centers],
        n_classes=3,
        drawn=drawn,
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


def test_drawn_centers_follow_the_rows_and_raise_the_accuracy():
    Z, codes = rings(3_000)
    Z_new, codes_new = rings(1_000, seed=1)
    drawn = Z[3:60]
    few = fit(Z, codes, np.arange(3))
    many = fit(Z, codes, np.arange(3), drawn=drawn)
    assert few.n_drawn == 0
    assert many.n_drawn == len(drawn)
    assert many.coef.shape == (3 + len(drawn), 3)
    of_few = few.scores(Z_new, Z[:3]).argmax(axis=1) == codes_new
    of_many = many.scores(Z_new, np.vstack([Z[:3], drawn])).argmax(axis=1) == codes_new
    assert of_many.mean() > of_few.mean() + 0.1
    empty = fit(Z, codes, np.arange(3), drawn=np.empty((0, 2), dtype=np.float32))
    np.testing.assert_array_equal(empty.coef, few.coef)


def test_kernel_ridge_regression_is_used_if_it_predicts_other_rows_better():
    Z, codes = rings(60)
    # All but ten labels are wrong, so that logistic regression learns nothing useful
    # where the labels of the other rows are those of the centers.
    centers = np.arange(30)
    decoder = fit(Z, codes, centers, others=np.arange(30, 60))
    assert decoder.coef is None or decoder.coef.shape == (30, 3)
    assert fit(Z, codes, centers).coef is not None


def test_many_rows_share_the_largest_number_of_centers(monkeypatch):
    monkeypatch.setattr(kernel_features, "MAX_CENTERS", 12)
    Z, codes = rings(600)
    decoder = fit(Z, codes, np.arange(90))
    assert len(decoder.centers) == 12
    assert set(codes[decoder.centers]) == {0, 1, 2}
    assert decoder.scores(Z, Z[:90]).shape == (600, 3)


def test_drawn_centers_follow_the_chosen_centers_of_many_rows(monkeypatch):
    monkeypatch.setattr(kernel_features, "MAX_CENTERS", 12)
    Z, codes = rings(600)
    drawn = Z[90:100]
    decoder = fit(Z, codes, np.arange(90), drawn=drawn)
    scores = decoder.scores(Z, np.concatenate([Z[:90], drawn]))
    at = np.concatenate([Z[decoder.centers], drawn])
    expected = decoder.kernel(Z, at) @ decoder.coef + decoder.intercept
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-5)


def test_rows_of_small_classes_are_all_used():
    codes = np.repeat([0, 1, 2], [5_000, 4_990, 10])
    used = decoder_fitting._class_balanced(codes, 1_000, np.random.RandomState(0))
    np.testing.assert_array_equal(np.bincount(codes[used]), [495, 495, 10])


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

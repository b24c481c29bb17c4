"""Calibration of probabilities on labeled rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import softmax
from sklearn.metrics import log_loss, roc_auc_score

from sklearn_distill.soft_labels import calibration
from sklearn_distill.soft_labels.calibration import Calibrator, fit_calibrator


def overconfident(n=4_000, n_classes=3, scale=3.0, seed=0):
    """Return true and distorted probabilities, and labels drawn from the true ones."""
    rng = np.random.RandomState(seed)
    logits = rng.randn(n, n_classes)
    true = softmax(logits, axis=1)
    bias = np.linspace(-1, 1, n_classes)
    codes = (true.cumsum(axis=1) < rng.rand(n, 1)).sum(axis=1)
    return true, softmax(scale * logits + bias, axis=1), codes


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_sigmoid_recovers_the_true_probabilities(n_classes):
    true, proba, codes = overconfident(n_classes=n_classes)
    calibrator = fit_calibrator(proba, codes, np.ones(len(codes)), with_bias=True)
    assert abs(calibrator.scale - 1 / 3) < 0.05
    assert np.abs(calibrator.proba(proba) - true).mean() < 0.03
    assert log_loss(codes, calibrator.proba(proba)) < log_loss(codes, proba) - 0.2


def test_temperature_keeps_the_likeliest_class():
    _, proba, codes = overconfident()
    calibrator = fit_calibrator(proba, codes, np.ones(len(codes)), with_bias=False)
    np.testing.assert_array_equal(calibrator.bias, 0)
    calibrated = calibrator.proba(proba)
    np.testing.assert_array_equal(calibrated.argmax(axis=1), proba.argmax(axis=1))
    assert log_loss(codes, calibrated) < log_loss(codes, proba) - 0.1


def test_gradient_is_that_of_the_loss():
    _, proba, codes = overconfident(50)
    targets = np.eye(3)[codes]
    shares = np.random.RandomState(0).dirichlet(np.ones(50))
    args = (np.log(proba), targets, shares, 0.02)
    for at in (np.array([0.3]), np.array([0.3, -0.2, 0.5, 0.1])):
        found = calibration._loss_and_gradient(at, *args)[1]
        expected = approx_fprime(
            at, lambda p: calibration._loss_and_gradient(p, *args)[0], 1e-7
        )
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_weights_are_equivalent_to_repeated_rows():
    _, proba, codes = overconfident(300)
    weights = np.random.RandomState(1).randint(1, 4, 300)
    weighted = fit_calibrator(proba, codes, weights.astype(float), with_bias=True)
    repeated = fit_calibrator(
        proba.repeat(weights, axis=0),
        codes.repeat(weights),
        np.ones(weights.sum()),
        with_bias=True,
    )
    # They differ only by the penalty, which is relative to the number of rows.
    np.testing.assert_allclose(weighted.bias, repeated.bias, atol=0.03)
    assert weighted.scale == pytest.approx(repeated.scale, rel=0.02)


def test_a_class_without_rows_keeps_its_bias():
    _, proba, codes = overconfident(2_000, 4)
    few = np.flatnonzero(codes == 2)[2:]
    kept = np.setdiff1d(np.arange(2_000), few)
    calibrator = fit_calibrator(
        proba[kept], codes[kept], np.ones(len(kept)), with_bias=True
    )
    assert calibrator.bias[2] == 0
    assert (calibrator.bias != 0).sum() == 3
    # The other classes are not raised at the expense of the class without rows.
    share = calibrator.proba(proba)[:, 2].mean()
    assert 0.1 < share < 0.4


def test_order_of_tiny_probabilities_remains():
    rare = np.array([0.0, 1e-250, 1e-30, 1e-9, 1e-4, 1e-3, 0.4, 0.9, 1.0])
    log_proba = Calibrator(0.5, np.array([0.3, -0.3])).log_proba(
        np.column_stack([1 - rare, rare])
    )
    assert (np.diff(log_proba[:, 1]) > 0).all()
    assert np.isfinite(log_proba).all()


def test_area_under_the_curve_of_two_classes_remains():
    _, proba, codes = overconfident(n_classes=2, scale=40.0)
    calibrator = fit_calibrator(proba, codes, np.ones(len(codes)), with_bias=True)
    before = roc_auc_score(codes, np.log(proba[:, 1]) - np.log(proba[:, 0]))
    log_proba = calibrator.log_proba(proba)
    after = roc_auc_score(codes, log_proba[:, 1] - log_proba[:, 0])
    assert after == pytest.approx(before, abs=1e-3)


def test_certain_predictions_become_their_share_of_correct_rows():
    certain = np.repeat([[1.0, 0.0], [0.0, 1.0]], 500, axis=0)
    codes = np.r_[np.repeat([0, 1], [450, 50]), np.repeat([0, 1], [200, 300])]
    calibrator = fit_calibrator(certain, codes, np.ones(1_000), with_bias=True)
    np.testing.assert_allclose(
        calibrator.proba(certain)[[0, -1], 0], [0.9, 0.4], atol=0.02
    )


@pytest.mark.parametrize(
    ("proba", "codes"),
    [
        (np.full((60, 2), 0.5), np.zeros(60, dtype=int)),
        (np.full((60, 2), 0.5), np.r_[np.zeros(58, dtype=int), 1, 1]),
        (np.full((60, 2), np.nan), np.arange(60) % 2),
        (np.ones((60, 1)), np.zeros(60, dtype=int)),
    ],
    ids=["one class", "two rows of a class", "not finite", "one column"],
)
def test_calibration_that_is_impossible_returns_none(proba, codes):
    assert fit_calibrator(proba, codes, np.ones(60), with_bias=True) is None


def test_probabilities_in_single_precision_are_calibrated_in_double_precision():
    _, proba, codes = overconfident(200)
    calibrator = fit_calibrator(
        proba.astype(np.float32), codes, np.ones(200), with_bias=True
    )
    calibrated = calibrator.proba(proba.astype(np.float32))
    assert calibrated.dtype == np.float64
    np.testing.assert_allclose(calibrated.sum(axis=1), 1.0, rtol=1e-12)

"""The kernel model that labels encoded rows."""

import numpy as np
import pytest

from sklearn_distill.distilled_set.growth import Decoder
from sklearn_distill.distilled_set.growth.decoder import portfolio, ridge_from_rows

CENTERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]], dtype=np.float32)


def test_portfolio_is_the_mean_of_three_gaussian_and_a_laplacian_kernel():
    K = portfolio(CENTERS[:1], CENTERS, np.array([2.0, 4.0]))
    squared, city = np.array([0.0, 1.0, 9.0]), np.array([0.0, 1.0, 3.0])
    kernels = [np.exp(-squared / (b * 2.0)) for b in (0.1, 0.3, 1.0)]
    kernels.append(np.exp(-city / (0.3 * 4.0)))
    np.testing.assert_allclose(K[0], np.mean(kernels, axis=0), rtol=1e-5)


def test_scores_are_kernel_values_times_coefficients_plus_a_linear_part():
    decoder = Decoder(
        np.array([2.0]),
        coef=np.array([[1.0], [2.0]], np.float32),
        intercept=np.array([0.5], np.float32),
        centers=np.array([0, 2]),
        relevance=np.array([1.0, 0.0], np.float32),
        linear=np.array([[0.0], [10.0]], np.float32),
    )
    Z = np.array([[1.0, 7.0]], np.float32)
    # The second column is irrelevant for distances, so both centers are at distance 1.
    expected = np.exp(-0.5) * 3.0 + 0.5 + 70.0
    assert decoder.scores(Z, CENTERS)[0, 0] == pytest.approx(expected, rel=1e-5)


def test_ridge_from_rows_predicts_the_labels_of_the_rows():
    decoder = ridge_from_rows(Decoder(np.array([0.5])), CENTERS, np.eye(3))
    scores = decoder.scores(CENTERS, CENTERS)
    np.testing.assert_array_equal(scores.argmax(axis=1), [0, 1, 2])
    np.testing.assert_allclose(scores.sum(axis=1), 1.0, atol=1e-5)

"""The choice between a fit on distilled rows and a fit on grown rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest

from sklearn_distill.compose.choice import (
    HeldBackResult,
    classification_result,
    is_better,
)

KNOWN = np.array(["a", "b"])


def result(n_hits, loss, n=400, first=0):
    """Return a result of which n_hits rows, from the first, are predicted correctly."""
    rng = np.random.RandomState(0)
    hits = np.roll(np.arange(n) < n_hits, first).astype(float)
    weights = np.full(n, 1 / n)
    return HeldBackResult(hits.mean(), weights, hits, loss + 0.01 * rng.rand(n))


def test_result_of_a_classifier_is_weighted():
    y = np.array(["a", "b", "b", "c"])
    proba = np.array([[0.9, 0.1], [0.8, 0.2], [0.0, 1.0], [0.5, 0.5]])
    predicted = KNOWN[proba.argmax(axis=1)]
    weights = np.array([1.0, 2.0, 4.0, 1.0])
    found = classification_result(predicted, proba, KNOWN, y, weights)
    assert found.score == pytest.approx(5 / 8)
    np.testing.assert_array_equal(found.hits, [1, 0, 1, 0])
    np.testing.assert_allclose(found.losses[:3], -np.log([0.9, 0.2, 1.0]), atol=1e-12)
    # A class that the estimator does not know has the probability 0.
    assert 30 < found.losses[3] < 40
    assert found.log_loss == pytest.approx(found.weights @ found.losses)


def test_a_clearly_better_score_decides():
    assert is_better(result(300, 0.6), result(250, 0.5))
    assert not is_better(result(250, 0.5), result(300, 0.6))


def test_log_loss_decides_between_similar_scores():
    # Forty rows are predicted correctly by one of the fits only.
    assert is_better(result(298, 0.4, first=20), result(300, 0.5))
    assert not is_better(result(302, 0.5, first=20), result(300, 0.4))


def test_distilled_rows_are_kept_without_a_relevant_gain():
    assert not is_better(result(300, 0.5), result(300, 0.5))
    assert not is_better(result(300, 0.4995), result(300, 0.5))


def test_the_score_decides_without_log_losses():
    assert is_better(HeldBackResult(0.51), HeldBackResult(0.5))
    assert not is_better(HeldBackResult(0.5), HeldBackResult(0.5))

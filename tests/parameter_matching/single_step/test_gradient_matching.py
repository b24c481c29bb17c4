"""Gradient matching: networks, regression and learning."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sklearn_distill import GradientMatching, RandomSelection


@pytest.fixture(scope="module")
def digits():
    """Training and test data of the digits."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(X, y, stratify=y, random_state=0)


def test_learned_rows_score_higher_than_random_rows(digits):
    X, X_test, y, y_test = digits
    matching = GradientMatching(3, init="random", max_iter=80, random_state=0).fit(X, y)
    start = RandomSelection(3, random_state=0).fit(X, y).score(X_test, y_test)
    assert matching.score(X_test, y_test) > start + 0.1


@pytest.mark.parametrize("trained_on", ["real", "synthetic", "none"])
def test_trained_on_lowers_the_validation_loss(digits, trained_on):
    """Fit would raise a ConvergenceWarning if the validation loss did not decrease."""
    X, _, y, _ = digits
    matching = GradientMatching(
        1,
        trained_on=trained_on,
        image_shape=(1, 8, 8),
        batch_size=100,
        max_iter=40,
        random_state=0,
    )
    matching.fit(X[:400], y[:400])
    losses = matching.history_[:, "valid_loss"]
    assert len(losses) == 2
    assert matching.distilled_.info["loss"] == pytest.approx(min(losses))
    assert losses[1] < losses[0]


def test_regression_lowers_the_validation_loss():
    X, y = load_diabetes(return_X_y=True)
    matching = GradientMatching(10, max_iter=60, random_state=0).fit(X, y)
    losses = matching.history_[:, "valid_loss"]
    assert min(losses) < losses[0]
    assert len(matching.distilled_) == 10


def test_callable_distance_is_called_with_all_classes_of_a_layer(digits):
    X, _, y, _ = digits
    shapes = set()

    def squared(synthetic, real):
        shapes.add(tuple(real.shape))
        return (synthetic - real).square().sum()

    GradientMatching(1, distance=squared, max_iter=40, random_state=0).fit(X, y)
    assert shapes == {(10, 128, 64), (10, 128, 128), (10, 10, 128)}


def test_batch_normalization_and_dropout_are_in_evaluation_mode(digits):
    X, _, y, _ = digits

    def make(n_inputs, n_outputs):
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(n_inputs, 16),
            nn.BatchNorm1d(16),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(16, n_outputs),
        )

    for trained_on in ("none", "real"):
        matching = GradientMatching(
            1, network=make, trained_on=trained_on, max_iter=20, random_state=0
        ).fit(X, y)
        losses = matching.history_[:, "valid_loss"]
        assert np.isfinite(losses).all()
        assert matching.distilled_.info["loss"] == pytest.approx(min(losses))

"""Neural feature regression: learning of rows, labels and continuous targets."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split

from sklearn_distill import HerdingSelection, NeuralFeatureRegression, RandomSelection


def test_learned_rows_score_higher_than_herded_rows():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, stratify=y, random_state=0)
    start = HerdingSelection(2, random_state=0).fit(X, y).score(X_test, y_test)
    points = NeuralFeatureRegression(2, max_iter=200, random_state=0).fit(X, y)
    assert points.score(X_test, y_test) > start + 0.02


def test_learned_labels_are_probabilities_with_a_clear_maximum():
    """The class of a row has the highest probability, but other classes have some."""
    X, y = load_digits(return_X_y=True)
    points = NeuralFeatureRegression(
        1, learn_labels=True, max_iter=60, random_state=0
    ).fit(X, y)
    soft = points.distilled_.soft_labels
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)
    np.testing.assert_array_equal(soft.argmax(axis=1), np.arange(10))
    assert 0.3 < soft.max(axis=1).mean() < 0.999


def test_images_are_learned_through_a_convolutional_network():
    """Both the real and the distilled batches are augmented."""
    X, y = load_digits(return_X_y=True)
    points = NeuralFeatureRegression(
        1,
        image_shape=(1, 8, 8),
        augmentation="auto",
        max_iter=20,
        batch_size=100,
        random_state=0,
    ).fit(X[:500], y[:500])
    assert points.distilled_.X.shape == (10, 64)
    assert points.distilled_.info["loss"] <= min(points.history_[:, "valid_loss"])
    assert points.score(X, y) > 0.5


def test_learned_continuous_targets_train_a_better_model_than_random_rows():
    X, y = load_diabetes(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    points = NeuralFeatureRegression(
        20, learn_labels=True, max_iter=100, random_state=0
    )
    scores = [
        Ridge(alpha=0.1).fit(Xs, ys).score(X_test, y_test)
        for Xs, ys in (
            RandomSelection(20, random_state=0).fit_distill(X, y),
            points.fit_distill(X, y),
        )
    ]
    assert scores[1] > scores[0] + 0.03


def test_fit_raises_when_y_is_missing():
    with pytest.raises(ValueError, match="requires y to be passed"):
        NeuralFeatureRegression(2).fit(np.zeros((10, 2)))

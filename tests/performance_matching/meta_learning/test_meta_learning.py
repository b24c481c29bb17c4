"""Meta-learning: learning of rows, labels and step size; validation and errors."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits, load_iris, make_blobs
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors

from sklearn_distill import MetaLearning, RandomSelection
from sklearn_distill.performance_matching.meta_learning.meta_learning_loss import (
    MetaLearningLoss,
)


@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_learning_lowers_the_validation_loss_and_changes_the_step_size(loss):
    X, y = load_digits(return_X_y=True)
    meta = MetaLearning(1, loss=loss, max_iter=60, random_state=0).fit(X, y)
    losses = meta.history_[:, "valid_loss"]
    assert min(losses) < 0.97 * losses[0]
    assert meta.inner_learning_rate_ != MetaLearning().inner_learning_rate


def test_label_distillation_learns_soft_labels_of_real_rows():
    """The classes overlap, so that the learned labels are soft."""
    X, y = make_blobs(600, centers=[[0, 0], [1, 0], [0, 1]], random_state=0)
    meta = MetaLearning(
        3, learn_rows=False, learn_labels=True, max_iter=40, random_state=0
    ).fit(X, y)
    distances = NearestNeighbors(n_neighbors=1).fit(X).kneighbors(meta.distilled_.X)[0]
    np.testing.assert_allclose(distances, 0.0, atol=1e-5)
    soft = meta.distilled_.soft_labels
    np.testing.assert_allclose(soft.sum(axis=1), 1.0)
    assert 0.4 < soft.max(axis=1).mean() < 0.9
    losses = meta.history_[:, "valid_loss"]
    assert min(losses) < losses[0]


@pytest.mark.parametrize(
    ("budget", "window", "expected"), [(2, 15, 20), (2, 30, 30), (150, 15, 75)]
)
def test_default_horizon_grows_with_the_number_of_distilled_rows(
    budget, window, expected, monkeypatch
):
    """The horizon is an eighth of the number of rows, at least 20 and the window."""
    horizons = []

    def forward(self, synthetic, real):
        horizons.append(self.horizon)
        return synthetic[0].square().mean()

    monkeypatch.setattr(MetaLearningLoss, "forward", forward)
    X, y = make_blobs(2_000, centers=4, random_state=0)
    MetaLearning(budget, window=window, max_iter=2, random_state=0).fit(X, y)
    assert set(horizons) == {expected}


def test_fit_raises_when_nothing_is_learned_or_the_window_is_too_long():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="nothing to learn"):
        MetaLearning(2, learn_rows=False).fit(X, y)
    with pytest.raises(ValueError, match="window=50 is longer"):
        MetaLearning(2, window=50, horizon=20).fit(X, y)
    with pytest.raises(ValueError, match="requires y to be passed"):
        MetaLearning(2).fit(X)


def test_images_keep_their_shape_and_lower_the_validation_loss():
    X, y = load_digits(return_X_y=True)
    meta = MetaLearning(
        1,
        image_shape=(1, 8, 8),
        horizon=4,
        window=2,
        max_iter=20,
        batch_size=50,
        random_state=0,
    ).fit(X[:300], y[:300])
    assert meta.distilled_.X.shape == (10, 64)
    assert meta.distilled_.info["loss"] <= min(meta.history_[:, "valid_loss"])


def test_learned_continuous_targets_train_a_better_model_than_random_rows():
    X, y = load_diabetes(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0)

    def score(distiller):
        small = distiller.fit_distill(X, y)
        return Ridge(alpha=0.1).fit(*small).score(X_test, y_test)

    random = [score(RandomSelection(20, random_state=seed)) for seed in range(6)]
    learned = score(MetaLearning(20, learn_labels=True, max_iter=80, random_state=0))
    assert learned > np.mean(random) + 0.03

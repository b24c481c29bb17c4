"""Trajectory matching: learning, labels and regression."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sklearn_distill import TrajectoryMatching


@pytest.fixture(scope="module")
def digits():
    """Training and test data of the digits, scaled to [0, 1]."""
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return train_test_split(X, y, stratify=y, random_state=0)


@pytest.mark.filterwarnings("ignore:TrajectoryMatching changed the rows without")
def test_learned_rows_have_a_smaller_validation_loss_than_initial_rows(digits):
    X, _, y, _ = digits
    losses = []
    for learning_rate in ("auto", 1e-5):
        matching = TrajectoryMatching(
            2, n_experts=2, learning_rate=learning_rate, max_iter=40, random_state=0
        ).fit(X, y)
        losses.append(matching.distilled_.info["loss"])
        assert matching.student_step_size_ > 0
    assert losses[0] < 0.8 * losses[1]


def test_initial_soft_labels_are_means_with_predictions_of_experts(digits):
    X, _, y, _ = digits
    matching = TrajectoryMatching(
        2, learn_labels=True, n_experts=1, max_epochs=3, max_iter=1, random_state=0
    )
    # The step size is too small to change rows and labels.
    matching.set_params(learning_rate=1e-6).fit(X, y)
    soft = matching.distilled_.soft_labels
    of_own_class = soft[np.arange(20), matching.distilled_.y]
    assert (of_own_class > 0.5).all()
    assert (of_own_class < 0.999).any()
    # The estimator does not keep the experts.
    assert not [value for value in vars(matching).values() if torch.is_tensor(value)]


def test_regression_lowers_the_validation_loss():
    """Fit would raise a ConvergenceWarning if the validation loss did not decrease."""
    X, y = load_diabetes(return_X_y=True)
    matching = TrajectoryMatching(
        10, n_experts=2, max_epochs=4, max_iter=40, random_state=0
    ).fit(X, y)
    assert len(matching.distilled_) == 10
    assert matching.distilled_.info["loss"] < 1.0


def test_fit_raises_when_batch_normalization_or_too_many_epochs_are_used(digits):
    X, _, y, _ = digits

    def normalized(n_inputs, n_outputs):
        return nn.Sequential(nn.BatchNorm1d(n_inputs), nn.Linear(n_inputs, n_outputs))

    with pytest.raises(ValueError, match="batch normalization"):
        TrajectoryMatching(1, network=normalized).fit(X, y)
    with pytest.raises(ValueError, match="expert_epochs must not exceed max_epochs"):
        TrajectoryMatching(1, max_epochs=4, expert_epochs=5).fit(X, y)

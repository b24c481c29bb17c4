"""Gradient matching: the objective, networks, regression and learning."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from sklearn_distill import GradientMatching, RandomSelection
from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.network_sources import RandomNetworks
from sklearn_distill.engine.networks import MLP
from sklearn_distill.parameter_matching.single_step.distances import DISTANCES, cosine
from sklearn_distill.parameter_matching.single_step.gradient_matching import (
    GradientMatchingLoss,
)
from sklearn_distill.parameter_matching.single_step.gradients import Groups


def mlp():
    """Return a perceptron in double precision."""
    torch.manual_seed(0)
    return MLP(4, 3, width=8).double()


def make_rows(shape, counts, seed=0):
    """Return rows of three classes, sorted by class, and centered one-hot labels."""
    torch.manual_seed(seed)
    codes = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    return torch.randn(len(codes), *shape).double(), torch.eye(3).double()[
        codes
    ] - 1 / 3


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_gradients_for_rows_agree_with_finite_differences(name):
    """The network is smooth and in double precision."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    loss = GradientMatchingLoss(
        RandomNetworks(lambda: network.double(), keep=True),
        "none",
        Groups(torch.tensor([2, 1, 2])),
        DISTANCES[name],
        SiameseAugmentation(None, of_images=False),
        has_classes=True,
    )
    S, y_S = make_rows((4,), [2, 1, 2])
    real = make_rows((4,), [4, 4, 4], seed=1)
    assert torch.autograd.gradcheck(
        lambda S: loss((S, y_S), real), S.requires_grad_(), atol=1e-4
    )


def test_validation_loss_skips_classes_without_real_rows():
    """The loss is that of the distilled rows of the other classes."""

    def loss_of(S, real, counts):
        source = RandomNetworks(mlp)
        loss = GradientMatchingLoss(
            source,
            "none",
            Groups(torch.tensor(counts)),
            cosine,
            SiameseAugmentation(None, of_images=False),
            has_classes=True,
        )
        return loss.eval()(S, real)

    S, y_S = make_rows((4,), [2, 1, 2])
    R, y_R = make_rows((4,), [4, 0, 4], seed=1)
    complete = loss_of((S, y_S), (R, y_R), [2, 1, 2])
    kept = y_S.argmax(1) != 1
    reduced = loss_of((S[kept], y_S[kept]), (R, y_R), [2, 0, 2])
    torch.testing.assert_close(complete, reduced)


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


def test_loss_does_not_depend_on_dropout():
    """Two evaluations of a network with dropout in training mode are equal."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Flatten(), nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3)
    ).double()
    loss = GradientMatchingLoss(
        RandomNetworks(lambda: network.train(), keep=True),
        "none",
        Groups(torch.tensor([2, 1, 2])),
        cosine,
        SiameseAugmentation(None, of_images=False),
        has_classes=True,
    )
    distilled, real = make_rows((4,), [2, 1, 2]), make_rows((4,), [4, 4, 4], seed=1)
    assert float(loss(distilled, real)) == float(loss(distilled, real)) > 0.0
    assert network[2].num_batches_tracked == 0

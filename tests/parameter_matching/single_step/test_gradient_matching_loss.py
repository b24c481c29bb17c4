"""The objective of gradient matching."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch
from torch import nn

from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.network_sources import RandomNetworks
from sklearn_distill.engine.networks import MLP
from sklearn_distill.parameter_matching.single_step.distances import DISTANCES, cosine
from sklearn_distill.parameter_matching.single_step.gradient_matching_loss import (
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

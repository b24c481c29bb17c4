"""The objective of meta-learning."""

# SPDX-License-Identifier: BSD-3-Clause

import torch
from torch import nn

from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.network_sources import RandomNetworks
from sklearn_distill.engine.network_training import task_loss
from sklearn_distill.performance_matching.meta_learning.meta_learning_loss import (
    MetaLearningLoss,
)
from sklearn_distill.performance_matching.meta_learning.unrolling import (
    UnrolledTraining,
)


def small_problem(n_targets=2):
    """Return rows, targets, real rows and a smooth network, in double precision."""
    generator = torch.Generator().manual_seed(0)
    S, R = (torch.randn(n, 3, generator=generator).double() for n in (4, 6))
    y_S, y_R = (torch.randn(n, n_targets, generator=generator) for n in (4, 6))
    if n_targets > 1:
        y_S, y_R = (y.softmax(1) - 1 / n_targets for y in (y_S, y_R))
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, n_targets))
    return S, y_S.double(), R, y_R.double(), network.double()


def test_validation_loss_of_equal_rows_is_constant():
    """A training step in between does not change the validation loss."""
    S, y_S, R, y_R, _ = small_problem()
    torch.manual_seed(0)

    def make():
        return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()

    loss = MetaLearningLoss(
        RandomNetworks(make, n_fixed=2),
        UnrolledTraining(task_loss),
        horizon=6,
        window=2,
        step_size=0.1,
        learn_step_size=True,
        augmentation=SiameseAugmentation(None, of_images=False),
    )
    with torch.no_grad():
        first = loss.eval()((S, y_S), (R, y_R))
        other = loss((S + 1, y_S), (R, y_R))
    loss.train()((S.requires_grad_(), y_S), (R, y_R)).backward()
    assert torch.isfinite(loss.log_step_size.grad)
    with torch.no_grad():
        again = loss.eval()((S, y_S), (R, y_R))
    assert float(first) == float(again) != float(other)

"""The objective of trajectory matching: distances, step size and start epochs."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch

from sklearn_distill.engine.augmentation import SiameseAugmentation
from sklearn_distill.engine.networks import MLP
from sklearn_distill.parameter_matching.multi_step.inner_training import (
    FlatNetwork,
    flat_weights,
    weights_with_graph,
)
from sklearn_distill.parameter_matching.multi_step.trajectory_loss import (
    MAX_LOSS,
    TrajectoryMatchingLoss,
    error,
)


def make_loss(step_size, n_epochs=1):
    """Return the objective for one expert of three epochs."""
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    start = flat_weights(network)
    path = torch.stack([start + 0.01 * epoch for epoch in range(4)])
    return TrajectoryMatchingLoss(
        FlatNetwork(network),
        path[None],
        n_steps=4,
        n_epochs=n_epochs,
        max_start=3 - n_epochs,
        grow_until=10,
        step_size=step_size,
        augmentation=SiameseAugmentation(None, of_images=False),
    )


def rows_of_three_classes():
    """Return six distilled rows with their centered one-hot labels."""
    torch.manual_seed(1)
    targets = torch.eye(3).repeat(2, 1) - 1 / 3
    return torch.randn(6, 4).requires_grad_(), targets


def test_loss_is_the_relative_distance_of_final_weights():
    loss, (rows, targets) = make_loss(0.02, n_epochs=3), rows_of_three_classes()
    experts = loss.experts
    start, goal = experts[0, 0], experts[0, 3]
    # All six rows are in every step, so that the order of the rows does not matter.
    steps = [(torch.arange(6), lambda rows: rows)] * 4
    end = weights_with_graph(loss.network, start, rows, targets, loss.step_size, steps)
    expected = (end - goal).square().sum() / (start - goal).square().sum()
    result = loss((rows, targets), (rows, targets))
    assert 1.001 < expected < MAX_LOSS
    torch.testing.assert_close(result, expected)


def test_large_step_sizes_are_halved_without_gradients_for_the_rows():
    """The step size stays in its range."""
    synthetic = rows_of_three_classes()
    for step_size in (1e3, float("1e30")):
        loss = make_loss(step_size)
        value = loss(synthetic, synthetic)
        assert float(value.detach()) == MAX_LOSS
        (gradient,) = torch.autograd.grad(value, synthetic[0])
        assert not gradient.any()
        assert float(loss.step_size.detach()) == pytest.approx(step_size / 2, rel=1e-5)
    with torch.no_grad():
        loss.log_step_size.fill_(-1e9)
    assert loss.step_size > 0


def test_start_epochs_increase_gradually():
    loss, synthetic = make_loss(1e-3), rows_of_three_classes()
    starts = set()
    loss.train_student = lambda network, start, *_: starts.add(float(start[0])) or start
    loss(synthetic, synthetic)
    assert len(starts) == 1
    for _ in range(60):
        loss(synthetic, synthetic)
    assert len(starts) == 3


def test_validation_loss_depends_on_the_step_size_and_is_deterministic():
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    start = flat_weights(network)
    loss = TrajectoryMatchingLoss(
        FlatNetwork(network),
        torch.stack([start, start + 0.1])[None],
        n_steps=3,
        n_epochs=1,
        max_start=0,
        grow_until=1,
        step_size=0.1,
        augmentation=SiameseAugmentation(None, False),
    ).eval()
    rows, targets = torch.randn(3, 4), torch.eye(3) - 1 / 3
    with torch.no_grad():
        before = loss((rows, targets), (rows, targets))
        assert loss((rows, targets), (rows, targets)) == before
        loss.log_step_size += 0.1
        assert loss((rows, targets), (rows, targets)) != before


def test_error_is_the_squared_error_of_probabilities_or_continuous_targets():
    outputs, targets = torch.tensor([[0.0, 0.0]]), torch.tensor([[0.5, -0.5]])
    assert float(error(outputs, targets, True)) == pytest.approx(0.5)
    outputs, targets = torch.tensor([[1.0], [2.0]]), torch.tensor([[0.0], [4.0]])
    assert float(error(outputs, targets, False)) == pytest.approx(2.5)
    outputs, targets = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 4.0]])
    assert float(error(outputs, targets, False)) == pytest.approx(5.0)

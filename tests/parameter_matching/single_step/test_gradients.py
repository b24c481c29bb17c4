"""Gradients of the loss of each class, for all classes in one pass."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from sklearn_distill.engine.network_training import frozen
from sklearn_distill.engine.networks import MLP, ConvNet
from sklearn_distill.parameter_matching.single_step.gradients import (
    Groups,
    _by_outer_products,
    _by_transformation,
    group_gradients,
)


def mlp():
    """Return a perceptron in double precision."""
    torch.manual_seed(0)
    return MLP(4, 3, width=8).double()


def convnet():
    """Return a convolutional network in double precision."""
    torch.manual_seed(0)
    return ConvNet((1, 8, 8), 3, width=4).double()


def make_rows(shape, counts, seed=0):
    """Return rows of three classes, sorted by class, and centered one-hot labels."""
    torch.manual_seed(seed)
    codes = torch.repeat_interleave(torch.arange(3), torch.tensor(counts))
    return torch.randn(len(codes), *shape).double(), torch.eye(3).double()[
        codes
    ] - 1 / 3


@pytest.mark.parametrize(
    ("make", "shape"), [(mlp, (4,)), (convnet, (1, 8, 8))], ids=["mlp", "convnet"]
)
def test_group_gradients_agree_with_a_loop_over_classes(make, shape):
    """The classes have different numbers of rows."""
    network, counts = make(), [3, 1, 2]
    rows, targets = make_rows(shape, counts)
    groups = Groups(torch.tensor(counts))
    result = group_gradients(
        frozen(network), *groups.of(torch.arange(3), rows, targets)
    )
    network.requires_grad_(True)
    for c, (x, t) in enumerate(
        zip(rows.split(counts), targets.split(counts), strict=True)
    ):
        loss = F.cross_entropy(network(x), t + 1 / 3)
        expected = [
            g.flatten(1)
            for g in torch.autograd.grad(loss, list(network.parameters()))
            if g.ndim > 1
        ]
        assert len(result) == len(expected)
        for ours, theirs in zip(result, expected, strict=True):
            torch.testing.assert_close(ours[c], theirs)


@pytest.mark.parametrize("n_targets", [1, 3])
def test_group_gradients_of_a_regression_are_those_of_the_squared_error(n_targets):
    torch.manual_seed(0)
    network = MLP(4, n_targets, width=8).double()
    rows, targets = torch.randn(5, 4).double(), torch.randn(5, n_targets).double()
    loss = F.mse_loss(network(rows), targets)
    expected = torch.autograd.grad(loss, network[1].weight)[0]
    weights = torch.full((1, 5), 0.2).double()
    result = group_gradients(
        frozen(network), rows[None], targets[None], weights, has_classes=False
    )
    torch.testing.assert_close(result[0][0], expected)


@pytest.mark.parametrize("has_classes", [True, False])
@pytest.mark.parametrize("between", [nn.ReLU(inplace=True), nn.LayerNorm(8)])
def test_outer_products_and_torch_func_give_the_same_gradients(between, has_classes):
    """The derivatives of the gradients with respect to the rows are equal, too."""
    network = frozen(
        nn.Sequential(nn.Flatten(), nn.Linear(4, 8), between, nn.Linear(8, 3)).double()
    )
    rows, targets = make_rows((4,), [2, 2, 2])
    derivatives = []
    for way in (_by_outer_products, _by_transformation):
        S = rows.clone().requires_grad_()
        weights = torch.full((3, 2), 0.5).double()
        grouped = S.view(3, 2, 4), targets.view(3, 2, 3), weights
        gradients = way(network, *grouped, has_classes=has_classes)
        derivatives.append(
            torch.autograd.grad(sum(g.pow(3).sum() for g in gradients), S)
        )
    torch.testing.assert_close(derivatives[0], derivatives[1])


class Squared(nn.Sequential):
    """A network that overrides `forward`."""

    def forward(self, x):
        return super().forward(x).square()


class ScaledLinear(nn.Linear):
    """A layer that overrides `forward`."""

    def forward(self, x):
        return 3.0 * super().forward(x)


@pytest.mark.parametrize("overridden", ["network", "layer"])
def test_group_gradients_use_an_overridden_forward(overridden):
    torch.manual_seed(0)
    linear, sequential = nn.Linear, nn.Sequential
    if overridden == "layer":
        linear = ScaledLinear
    else:
        sequential = Squared
    network = sequential(nn.Flatten(), linear(4, 5), nn.Tanh(), linear(5, 3)).double()
    rows, targets = make_rows((4,), [2, 2, 2])
    groups = Groups(torch.tensor([2, 2, 2])).of(torch.arange(3), rows, targets)
    result = group_gradients(frozen(network), *groups)
    expected = _by_transformation(network, *groups, has_classes=True)
    for one, other in zip(result, expected, strict=True):
        torch.testing.assert_close(one, other)

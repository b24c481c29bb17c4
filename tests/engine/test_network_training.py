"""Training steps of networks, and which of their weights are trained."""

# SPDX-License-Identifier: BSD-3-Clause

import copy

import torch
from torch import nn

from sklearn_distill.engine.network_training import (
    frozen,
    task_loss,
    thawed,
    train_step,
    trainable_names,
)


def test_task_loss_is_cross_entropy_or_squared_error():
    logits = torch.randn(4, 3)
    y = torch.tensor([0, 1, 2, 1])
    targets = torch.eye(3)[y] - 1 / 3
    expected = torch.nn.functional.cross_entropy(logits, y)
    torch.testing.assert_close(task_loss(logits, targets), expected)
    continuous = torch.randn(4, 1)
    expected = (logits[:, :1] - continuous).square().mean()
    torch.testing.assert_close(task_loss(logits[:, :1], continuous), expected)


def test_train_step_does_not_change_unused_and_frozen_weights(HeadFirstNet):
    torch.manual_seed(0)
    network = HeadFirstNet()
    network.body.requires_grad_(False)
    names = trainable_names(network)
    before = copy.deepcopy(network.state_dict())
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    for _ in range(2):
        train_step(network, optimizer, torch.randn(6, 5), torch.randn(6, 2))
    after = network.state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert {"head.weight", "head.bias", "normalize.weight"} <= changed
    assert not [name for name in changed if name.startswith(("body", "unused"))]
    assert trainable_names(network) == names


def test_thawed_restores_the_gradients_of_a_frozen_copy(HeadFirstNet):
    network = HeadFirstNet()
    network.body.requires_grad_(False)
    names = trainable_names(network)
    copied = copy.deepcopy(frozen(network))
    assert trainable_names(copied) == frozenset()
    assert trainable_names(thawed(copied, names)) == names


def test_train_step_does_not_change_a_frozen_network():
    net = frozen(nn.Linear(5, 2).requires_grad_(False))
    before = net.weight.clone()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1)
    train_step(net, optimizer, torch.randn(6, 5), torch.randn(6, 2))
    assert torch.equal(net.weight, before)

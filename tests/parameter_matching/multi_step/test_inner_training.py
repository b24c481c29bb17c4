"""Training on distilled rows: steps, gradients, memory and frozen weights."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
import weakref

import pytest
import torch

from sklearn_distill.engine.augmentation import crop
from sklearn_distill.engine.network_sources import task_loss
from sklearn_distill.engine.networks import MLP, ConvNet
from sklearn_distill.parameter_matching.multi_step.inner_training import (
    FlatNetwork,
    flat_weights,
    weights_in_constant_memory,
    weights_with_graph,
)


def matching_loss_and_gradients(way, network, shape, n_steps=12):
    """Return a matching loss and its gradients for rows, targets and step size."""
    torch.manual_seed(0)
    flat, start = FlatNetwork(copy.deepcopy(network)), flat_weights(network)
    rows = torch.randn(9, *shape).requires_grad_()
    targets = (torch.eye(3).repeat(3, 1) - 1 / 3).requires_grad_()
    step_size = torch.tensor(0.2, requires_grad=True)
    goal = start + 0.05 * torch.randn_like(start)
    operations = [crop() if len(shape) == 3 else torch.sin for _ in range(n_steps)]
    steps = [(torch.randperm(9)[:5], operation) for operation in operations]
    end = way(flat, start, rows, targets, step_size, steps)
    loss = (end - goal).square().sum() / (start - goal).square().sum()
    return loss.detach(), *torch.autograd.grad(loss, (rows, targets, step_size))


@pytest.mark.parametrize(
    ("network", "shape"),
    [(MLP(4, 3, width=16), (4,)), (ConvNet((1, 8, 8), 3, width=4), (1, 8, 8))],
    ids=["mlp", "convnet"],
)
def test_training_in_constant_memory_has_the_gradients_of_the_graph(network, shape):
    """The steps use minibatches and augmentation."""
    for one, other in zip(
        matching_loss_and_gradients(weights_in_constant_memory, network, shape),
        matching_loss_and_gradients(weights_with_graph, network, shape),
        strict=True,
    ):
        assert (one - other).norm() <= 1e-4 * other.norm()
        assert other.norm() > 0


def test_steps_are_those_of_sgd():
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    flat, start = FlatNetwork(copy.deepcopy(network)), flat_weights(network)
    rows, targets = torch.randn(6, 4), torch.eye(3).repeat(2, 1) - 1 / 3
    all_rows = torch.arange(6)
    result = weights_in_constant_memory(
        flat, start, rows, targets, torch.tensor(0.3), [(all_rows, torch.sin)] * 5
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=0.3)
    for _ in range(5):
        optimizer.zero_grad()
        task_loss(network(rows.sin()), targets).backward()
        optimizer.step()
    torch.testing.assert_close(result, flat_weights(network))


class SavedTensor:
    """A tensor that autograd saves for the backward pass."""

    def __init__(self, tensor):
        self.tensor = tensor


def saved_bytes(way, n_steps):
    """Return the sizes of tensors saved for the backward pass and of the weights."""
    alive = weakref.WeakSet()

    def pack(tensor):
        saved = SavedTensor(tensor)
        alive.add(saved)
        return saved

    torch.manual_seed(0)
    network = ConvNet((1, 8, 8), 3, width=8)
    flat, start = FlatNetwork(network), flat_weights(network)
    rows = torch.randn(60, 1, 8, 8).requires_grad_()
    targets = torch.eye(3).repeat(20, 1) - 1 / 3
    steps = [(torch.arange(60), torch.sin)] * n_steps
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved.tensor):
        end = way(flat, start, rows, targets, torch.tensor(0.1), steps)
    assert end.requires_grad
    storages = [saved.tensor.untyped_storage() for saved in alive]
    sizes = {storage.data_ptr(): storage.nbytes() for storage in storages}
    return sum(sizes.values()), start.nbytes


def test_memory_grows_by_the_weights_of_each_step():
    few, size = saved_bytes(weights_in_constant_memory, 4)
    many, _ = saved_bytes(weights_in_constant_memory, 12)
    assert many - few == 8 * size
    few_in_graph, _ = saved_bytes(weights_with_graph, 4)
    many_in_graph, _ = saved_bytes(weights_with_graph, 12)
    assert many_in_graph > 2.5 * few_in_graph > 20 * few


def rows_of_three_classes():
    """Return six distilled rows with their centered one-hot labels."""
    torch.manual_seed(1)
    targets = torch.eye(3).repeat(2, 1) - 1 / 3
    return torch.randn(6, 4).requires_grad_(), targets


def test_frozen_weights_do_not_change():
    torch.manual_seed(0)
    net = MLP(4, 3, width=8)
    net[0].requires_grad_(False)
    n_frozen = sum(p.numel() for p in net[0].parameters())
    flat, start = FlatNetwork(net), flat_weights(net)
    rows, targets = rows_of_three_classes()
    steps = [(torch.arange(len(rows)), lambda rows: rows)] * 3
    step_size = torch.tensor(0.1)
    for train in (weights_with_graph, weights_in_constant_memory):
        end = train(flat, start, rows, targets, step_size, steps).detach()
        assert torch.equal(end[:n_frozen], start[:n_frozen])
        assert not torch.equal(end[n_frozen:], start[n_frozen:])

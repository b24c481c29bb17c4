"""Unrolled training: gradients, memory, frozen weights and clipping."""

# SPDX-License-Identifier: BSD-3-Clause

import weakref

import pytest
import torch
from torch import nn
from torch.func import functional_call

from sklearn_distill.engine.network_sources import task_loss
from sklearn_distill.engine.networks import MLP
from sklearn_distill.performance_matching.meta_learning.unrolling import (
    ClippedGradients,
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


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("n_targets", [1, 2])
def test_meta_gradients_agree_with_finite_differences(optimizer, recompute, n_targets):
    """The gradients are those of rows, labels and step size, through four steps."""
    S, y_S, R, y_R, network = small_problem(n_targets)
    train = UnrolledTraining(task_loss, optimizer, recompute)

    def objective(S, y_S, step_size):
        return task_loss(train(network, S, y_S, step_size, 0, 4)(R), y_R)

    inputs = S, y_S, torch.tensor(0.05).double()
    assert torch.autograd.gradcheck(
        objective, [t.requires_grad_() for t in inputs], eps=1e-6, atol=1e-7, rtol=1e-4
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_training_agrees_with_optimizers_of_torch(optimizer):
    S, y_S, R, _, network = small_problem()
    step_size = torch.tensor(0.01).double()
    ours = UnrolledTraining(task_loss, optimizer)(network, S, y_S, step_size, 4, 6)(R)
    theirs = {
        "sgd": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    }[optimizer](network.parameters())
    for _ in range(10):
        theirs.zero_grad()
        task_loss(network(S), y_S).backward()
        theirs.step()
    # The constant epsilon is inside the square root here, and outside in torch.
    torch.testing.assert_close(ours, network(R), atol=1e-3, rtol=1e-3)


def test_gradients_flow_through_the_window_only():
    """The gradients are those of the last SGD step, after three steps without them."""
    S, y_S, R, y_R, network = small_problem()
    S.requires_grad_()
    train = UnrolledTraining(task_loss, "sgd")
    step_size = torch.tensor(0.1).double()
    loss = task_loss(train(network, S, y_S, step_size, 3, 1)(R), y_R)
    (result,) = torch.autograd.grad(loss, S)

    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        task_loss(network(S.detach()), y_S).backward()
        optimizer.step()
    named = dict(network.named_parameters())
    gradients = torch.autograd.grad(
        task_loss(network(S), y_S), list(named.values()), create_graph=True
    )
    moved = {
        name: p.detach() - 0.1 * (0.9 * optimizer.state[p]["momentum_buffer"] + g)
        for (name, p), g in zip(named.items(), gradients, strict=True)
    }
    last = task_loss(functional_call(network, moved, (R,)), y_R)
    torch.testing.assert_close(result, torch.autograd.grad(last, S)[0])


class SavedTensor:
    """A tensor that autograd saves for the backward pass."""

    def __init__(self, tensor):
        self.tensor = tensor


def n_saved_numbers(n_before, n_window, recompute):
    """Return how many numbers are saved for the backward pass of a training."""
    S, y_S, R, y_R, network = small_problem()
    S = S.repeat(50, 1).requires_grad_()
    y_S = y_S.repeat(50, 1)
    saved = weakref.WeakSet()

    def pack(tensor):
        one = SavedTensor(tensor)
        saved.add(one)
        return one

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda one: one.tensor):
        train = UnrolledTraining(task_loss, "adam", recompute)
        step_size = torch.tensor(0.01).double()
        trained = train(network, S, y_S, step_size, n_before, n_window)
        loss = task_loss(trained(R), y_R)
    sizes = {one.tensor.data_ptr(): one.tensor.numel() for one in saved}
    assert loss.requires_grad
    return sum(sizes.values())


def test_memory_depends_on_the_window_but_not_on_the_horizon():
    """Recomputation reduces the memory of a step to that of the weights."""
    assert n_saved_numbers(50, 5, False) == n_saved_numbers(0, 5, False)
    growth = n_saved_numbers(0, 10, False) - n_saved_numbers(0, 5, False)
    recomputed_growth = n_saved_numbers(0, 10, True) - n_saved_numbers(0, 5, True)
    n_weights = 3 * 5 + 5 + 5 * 2 + 2
    assert recomputed_growth <= 5 * 3 * n_weights
    assert growth > 10 * recomputed_growth


def test_gradients_are_clipped_to_twice_their_running_norm():
    """The norm is that of all tensors; a clipped gradient updates the running norm."""
    clipped = ClippedGradients()
    a, b = torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)

    def gradient_of(scale):
        a.grad = b.grad = None
        one, other = clipped(a, b)
        (scale * (3.0 * one[0] + 4.0 * other[0])).backward()
        return torch.cat([a.grad, b.grad])

    torch.testing.assert_close(gradient_of(1.0), torch.tensor([3.0, 0.0, 4.0]))
    torch.testing.assert_close(gradient_of(100.0), torch.tensor([6.0, 0.0, 8.0]))
    assert float(clipped.usual) == pytest.approx(0.9 * 5.0 + 0.1 * 10.0)
    torch.testing.assert_close(gradient_of(1.0), torch.tensor([3.0, 0.0, 4.0]))


def test_tensors_without_gradients_do_not_count_towards_the_norm():
    clipped = ClippedGradients()
    a, fixed = torch.zeros(2, requires_grad=True), torch.ones(1)
    one, other = clipped(a, fixed)
    assert other is fixed
    (3.0 * one[0] + 4.0 * other[0]).backward()
    assert float(clipped.usual) == pytest.approx(3.0)


def test_frozen_weights_do_not_change():
    """Only the other weights are trained."""
    torch.manual_seed(0)
    network = MLP(4, 3, width=8)
    network[0].requires_grad_(False)
    rows, targets = torch.randn(6, 4), torch.eye(3).repeat(2, 1) - 1 / 3
    for optimizer in ("sgd", "adam"):
        inner = UnrolledTraining(task_loss, optimizer)
        trained = inner(network, rows, targets, torch.tensor(0.1), 2, 2)
        weights = trained.args[1]
        for p, w in zip(network.parameters(), weights, strict=True):
            assert torch.equal(p, w) != p.requires_grad


def test_unused_weights_and_batch_statistics_do_not_change():

    class PartlyUsed(nn.Module):
        def __init__(self):
            super().__init__()
            self.used = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
            self.head, self.unused = nn.Linear(4, 2), nn.Linear(7, 7)

        def forward(self, x):
            return self.head(self.used(x))

    S, y_S, R, y_R, _ = small_problem()
    network = PartlyUsed().double()
    before = {name: b.clone() for name, b in network.state_dict().items()}
    S.requires_grad_()
    train = UnrolledTraining(task_loss, "adam")
    task_loss(train(network, S, y_S, torch.tensor(0.1), 2, 2)(R), y_R).backward()
    assert torch.isfinite(S.grad).all()
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)

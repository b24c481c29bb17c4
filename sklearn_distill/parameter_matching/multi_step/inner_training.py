"""Steps of a student network on synthetic rows, with gradients for the rows.

Weights are one flat vector. Where they stand after n plain gradient steps,

    theta[i + 1] = theta[i] - a * g(theta[i], S_i),

depends on the rows S, on their targets and on the step size a. Two forms give the same
numbers. With a graph autograd keeps all steps at once, and memory grows with their
number. In constant memory the steps are made without a graph, and the way back makes
each one again from the weights that it began with, one at a time.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...engine.network_sources import task_loss, trainable_names

Change = Callable[[Tensor], Tensor]
# Which rows a step takes, and what they undergo.
Step = tuple[Tensor, Change]


class FlatNetwork:
    """A network as a function of one vector of weights.

    Parameters
    ----------
    network : nn.Module
        Its own weights are not used.
    """

    def __init__(self, network: nn.Module):
        self.network = network
        parameters = dict(network.named_parameters())
        self.names = list(parameters)
        self.shapes = [p.shape for p in parameters.values()]
        self.sizes = [p.numel() for p in parameters.values()]
        # Weights that the user froze in the network's __init__ must not change.
        names = trainable_names(network)
        self.frozen = None
        if len(names) < len(parameters):
            self.frozen = torch.cat(
                [
                    torch.full_like(p, name not in names, dtype=torch.bool).flatten()
                    for name, p in parameters.items()
                ]
            )
        network.requires_grad_(False)

    def __call__(self, weights: Tensor, rows: Tensor) -> Tensor:
        parts = weights.split(self.sizes)
        named = {
            name: part.view(shape)
            for name, part, shape in zip(self.names, parts, self.shapes, strict=True)
        }
        return functional_call(self.network, named, (rows,))

    def gradient(
        self, weights: Tensor, rows: Tensor, targets: Tensor, create_graph: bool
    ) -> Tensor:
        """Return the gradient of the loss for the weights, flat."""
        with torch.enable_grad():
            loss = task_loss(self(weights, rows), targets)
            (gradient,) = torch.autograd.grad(loss, weights, create_graph=create_graph)
            if self.frozen is None:
                return gradient
            return gradient.masked_fill(self.frozen, 0.0)


def flat_weights(network: nn.Module) -> Tensor:
    """Return a copy of a network's weights as one vector."""
    return torch.cat([p.detach().reshape(-1) for p in network.parameters()])


def weights_with_graph(
    network: FlatNetwork,
    start: Tensor,
    rows: Tensor,
    targets: Tensor,
    step_size: Tensor,
    steps: Sequence[Step],
) -> Tensor:
    """Return the student's weights after its steps; autograd keeps all of them.

    Parameters
    ----------
    network : FlatNetwork
    start : Tensor of shape (n_weights,)
    rows : Tensor of shape (m, ...)
    targets : Tensor of shape (m, n_targets)
    step_size : Tensor of shape ()
    steps : sequence of (indices, change)
    """
    weights = start.detach().requires_grad_()
    for chosen, change in steps:
        gradient = network.gradient(
            weights, change(rows[chosen]), targets[chosen], create_graph=True
        )
        weights = weights - step_size * gradient
    return weights


class _ConstantMemory(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        rows: Tensor,
        targets: Tensor,
        step_size: Tensor,
        start: Tensor,
        network: FlatNetwork,
        steps: Sequence[Step],
    ) -> Tensor:
        path = [start.detach()]
        for chosen, change in steps:
            weights = path[-1].requires_grad_()
            gradient = network.gradient(
                weights, change(rows[chosen]), targets[chosen], create_graph=False
            )
            path.append(weights.detach() - step_size * gradient)
        ctx.save_for_backward(rows, targets, step_size, *path[:-1])
        ctx.network, ctx.steps = network, steps
        return path[-1]

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Any:
        (slope,) = slopes
        rows, targets, step_size, *path = ctx.saved_tensors
        rows = rows.detach().requires_grad_(ctx.needs_input_grad[0])
        targets = targets.detach().requires_grad_(ctx.needs_input_grad[1])
        for_rows, for_targets = torch.zeros_like(rows), torch.zeros_like(targets)
        for_step_size = torch.zeros_like(step_size)
        for weights, (chosen, change) in zip(
            reversed(path), reversed(ctx.steps), strict=True
        ):
            weights = weights.detach().requires_grad_()
            with torch.enable_grad():
                gradient = ctx.network.gradient(
                    weights, change(rows[chosen]), targets[chosen], create_graph=True
                )
                for_step_size -= slope @ gradient.detach()
                moved = -step_size * (slope @ gradient)
                asked = [t for t in (weights, rows, targets) if t.requires_grad]
                given = iter(torch.autograd.grad(moved, asked))
            slope = slope + next(given)
            if rows.requires_grad:
                for_rows += next(given)
            if targets.requires_grad:
                for_targets += next(given)
        return for_rows, for_targets, for_step_size, None, None, None


def weights_in_constant_memory(
    network: FlatNetwork,
    start: Tensor,
    rows: Tensor,
    targets: Tensor,
    step_size: Tensor,
    steps: Sequence[Step],
) -> Tensor:
    """Return what `weights_with_graph` returns, with the same gradients.

    Beside the weights of each step memory does not grow with their number. A change has
    to give the same each time that it is called.
    """
    return _ConstantMemory.apply(rows, targets, step_size, start, network, steps)

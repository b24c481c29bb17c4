"""Differentiable training of a student network on synthetic rows.

The student's weights are one flat vector. After n steps of plain gradient descent,

    theta[i + 1] = theta[i] - a * g(theta[i], S_i),

they are a function of the rows S, of their targets and of the step size a. There are
two ways to differentiate this function, with the same result. With the graph of all
steps, the memory grows with the number of steps. In constant memory, each step is
recomputed in the backward pass from the weights at its start.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ...engine.augmentation import Augmentation
from ...engine.network_training import Loss, task_loss, trainable_names
from ...engine.recompute import recomputed

# The indices of the rows of a step, and the augmentation of these rows.
Step = tuple[Tensor, Augmentation]


class FlatNetwork:
    """A network as a function of a vector of weights and of rows.

    Parameters
    ----------
    network : nn.Module
        The architecture, and which of its weights require gradients; the other weights
        have zero gradients. The weights of this module themselves are not used.
    task_loss : callable
        The training loss, a function of outputs and targets.
    """

    def __init__(self, network: nn.Module, task_loss: Loss = task_loss):
        self.network = network
        self.task_loss = task_loss
        parameters = dict(network.named_parameters())
        self.names = list(parameters)
        self.shapes = [p.shape for p in parameters.values()]
        self.sizes = [p.numel() for p in parameters.values()]
        # Weights that the user froze in the network's __init__ must not change. The
        # mask is None if no weight is frozen.
        names = trainable_names(network)
        self.frozen = None
        if len(names) < len(parameters):
            self.frozen = torch.cat(
                [
                    torch.full_like(p, name not in names, dtype=torch.bool).flatten()
                    for name, p in parameters.items()
                ]
            )

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
        """Return the gradient of the task loss for the weights, as one vector."""
        with torch.enable_grad():
            loss = self.task_loss(self(weights, rows), targets)
            (gradient,) = torch.autograd.grad(loss, weights, create_graph=create_graph)
            if self.frozen is None:
                return gradient
            return gradient.masked_fill(self.frozen, 0.0)


def check_normalization(network: nn.Module) -> None:
    """Raise ValueError if training a network changes more than its weights."""
    if any(True for _ in network.buffers()):
        raise ValueError(
            "Trajectory matching compares weights, but this network also has buffers, "
            "such as those of batch normalization. Use instance, group or layer "
            "normalization."
        )


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
    """Return the student's weights after its steps; autograd stores all steps.

    Parameters
    ----------
    network : FlatNetwork
        The student.
    start : Tensor of shape (n_weights,)
        The weights before the first step.
    rows : Tensor of shape (m, ...)
    targets : Tensor of shape (m, n_targets)
    step_size : Tensor of shape ()
    steps : sequence of (indices, augmentation)
        The rows of each step, and their augmentation.
    """
    weights = start.detach()
    for chosen, augment in steps:
        step = partial(_gradient_step, network, chosen, augment)
        (weights,) = step(rows, targets, step_size, weights)
    return weights


def weights_in_constant_memory(
    network: FlatNetwork,
    start: Tensor,
    rows: Tensor,
    targets: Tensor,
    step_size: Tensor,
    steps: Sequence[Step],
) -> Tensor:
    """Return the weights of `weights_with_graph`, with the same gradients.

    Only the weights at the start of each step are stored, and the steps are recomputed
    in the backward pass. An augmentation must therefore return the same result in each
    call. The parameters are those of `weights_with_graph`.
    """
    weights = start.detach()
    for chosen, augment in steps:
        step = partial(_gradient_step, network, chosen, augment)
        (weights,) = recomputed(step, rows, targets, step_size, weights)
    return weights


def _gradient_step(
    network: FlatNetwork,
    chosen: Tensor,
    augment: Augmentation,
    rows: Tensor,
    targets: Tensor,
    step_size: Tensor,
    weights: Tensor,
) -> tuple[Tensor]:
    """Return the weights after one step of gradient descent on the chosen rows."""
    create_graph = torch.is_grad_enabled()
    if not weights.requires_grad:
        weights = weights.detach().requires_grad_()
    gradient = network.gradient(
        weights, augment(rows[chosen]), targets[chosen], create_graph
    )
    return (weights - step_size * gradient,)

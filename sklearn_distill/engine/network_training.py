"""Training steps of networks, and which of their weights are trained."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]


def task_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy for centered one-hot targets, else the squared error.

    Targets with a single column are continuous.
    """
    if targets.shape[1] == 1:
        return F.mse_loss(logits, targets)
    return F.cross_entropy(logits, targets + 1.0 / targets.shape[1])


def loss_for(task: str) -> Loss:
    """Return the training loss of a network for a task.

    For regression, the squared error is averaged over the rows and the targets.
    """
    return F.mse_loss if task == "regression" else task_loss


def trainable_names(network: nn.Module) -> frozenset[str]:
    """Return the names of the weights that require gradients."""
    return frozenset(n for n, p in network.named_parameters() if p.requires_grad)


def frozen(network: nn.Module) -> nn.Module:
    """Return the network after turning off the gradients of all its weights."""
    return network.requires_grad_(False)


def thawed(network: nn.Module, names: frozenset[str]) -> nn.Module:
    """Return the network after turning on the gradients of the named weights."""
    for name, p in network.named_parameters():
        p.requires_grad_(name in names)
    return network


def train_step(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    rows: Tensor,
    targets: Tensor,
    task_loss: Loss = task_loss,
) -> None:
    """Take one optimizer step on the weights of a network that require gradients.

    Parameters
    ----------
    network : nn.Module
        The network to train.
    optimizer : torch.optim.Optimizer
        An optimizer of the network's weights.
    rows : Tensor of shape (n, ...)
    targets : Tensor of shape (n, n_targets)
    task_loss : callable
        The training loss, a function of outputs and targets.
    """
    weights = [p for p in network.parameters() if p.requires_grad]
    if not weights:
        return
    with torch.enable_grad():
        loss = task_loss(network(rows), targets)
        # Restrict the gradients to the weights, since the rows may be parameters too.
        gradients = torch.autograd.grad(
            loss, weights, allow_unused=True, materialize_grads=True
        )
    for p, gradient in zip(weights, gradients, strict=True):
        p.grad = gradient
    optimizer.step()
    optimizer.zero_grad()

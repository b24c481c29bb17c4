"""Gradients of a network's loss for each group of rows, all groups in one pass."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap


def row_losses(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return each row's cross-entropy with centred one-hots, or its squared error."""
    if targets.shape[1] == 1:
        return (outputs - targets).square()[:, 0]
    return F.cross_entropy(outputs, targets + 1.0 / targets.shape[1], reduction="none")


class Groups:
    """Rows in groups that follow each other, seen as one tensor with padding.

    Parameters
    ----------
    counts : int Tensor of shape (n_groups,)
        How many rows each group has; a group may be empty.
    """

    def __init__(self, counts: Tensor):
        longest = max(1, int(counts.max()))
        place = torch.arange(longest, device=counts.device)
        starts = counts.cumsum(0) - counts
        inside = place < counts[:, None]
        # Padding repeats some row, with weight 0.
        self.rows = torch.where(inside, starts[:, None] + place, 0)
        self.weights = inside / counts.clamp_min(1)[:, None]

    def of(self, which: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return some groups of each tensor, (n_groups, longest, ...), and weights.

        A group's weights sum to 1.
        """
        rows = self.rows[which]
        return *(tensor[rows] for tensor in tensors), self.weights[which]


def group_gradients(
    network: nn.Module, rows: Tensor, targets: Tensor, weights: Tensor
) -> list[Tensor]:
    """Return the gradients of each group's loss for the weights of each layer.

    Biases and what normalisation learns are left out. The network works as in
    evaluation mode. Gradients flow on to `rows`, if they ask for it.

    Parameters
    ----------
    network : nn.Module
        Its parameters take no gradients of their own.
    rows : Tensor of shape (n_groups, n, ...)
    targets : Tensor of shape (n_groups, n, n_targets)
    weights : Tensor of shape (n_groups, n)
        How much each row counts in the loss of its group.

    Returns
    -------
    list of Tensor of shape (n_groups, n_units, n_weights)
        One a layer; a row for each output unit.
    """
    was_training = network.training
    network.eval()
    try:
        if _is_perceptron(network):
            return _by_outer_products(network, rows, targets, weights)
        return _by_transformation(network, rows, targets, weights)
    finally:
        network.train(was_training)


def _is_perceptron(network: nn.Module) -> bool:
    """Tell whether torch's own layers stand in a row, and the weighted are linear.

    Of anything else, such as a class that overrides `forward`, nothing is known.
    """
    return (
        isinstance(network, nn.Sequential)
        and type(network).forward is nn.Sequential.forward
        and type(network[0]) is nn.Flatten
        and len(set(network)) == len(network)
        and all(type(part) is nn.Linear or _has_no_matrix(part) for part in network)
    )


def _has_no_matrix(part: nn.Module) -> bool:
    return (
        type(part).__module__.startswith("torch.nn.modules.")
        and not isinstance(part, nn.Unflatten)
        and not list(part.children())
        and all(p.ndim < 2 for p in part.parameters())
    )


def _by_transformation(
    network: nn.Module, rows: Tensor, targets: Tensor, weights: Tensor
) -> list[Tensor]:
    parameters = {name: p.detach() for name, p in network.named_parameters()}
    matched = {name: p for name, p in parameters.items() if p.ndim > 1}

    def loss(matched: Any, rows: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        outputs = functional_call(network, {**parameters, **matched}, (rows,))
        return (row_losses(outputs, targets) * weights).sum()

    if rows.ndim > 3 and not rows.is_cuda:
        # On a CPU convolutions with a kernel for each group cost twice as much.
        each = [
            grad(loss)(matched, *group)
            for group in zip(rows, targets, weights, strict=True)
        ]
        return [torch.stack([one[name] for one in each]).flatten(2) for name in matched]
    gradients = vmap(grad(loss), in_dims=(None, 0, 0, 0))(
        matched, rows, targets, weights
    )
    return [gradient.flatten(2) for gradient in gradients.values()]


def _by_outer_products(
    network: Any, rows: Tensor, targets: Tensor, weights: Tensor
) -> list[Tensor]:
    """As `_by_transformation`, at half its cost.

    The gradient of a linear layer is the product of what the layer is handed and of the
    loss's gradient for what it returns, summed over rows. One pass through the network
    gives both for the rows of all groups.
    """
    onward = torch.is_grad_enabled() and rows.requires_grad
    n_groups = len(rows)
    given: list[Tensor] = []
    returned: list[Tensor] = []
    with torch.enable_grad():
        x = rows.flatten(0, 1)
        x = x if onward else x.detach().requires_grad_()
        for part in network:
            if not isinstance(part, nn.Linear):
                x = part(x)
                continue
            given.append(x)
            returned.append(part(x))
            # What comes next may work in place.
            x = returned[-1].clone()
        losses = row_losses(x, targets.flatten(0, 1)) * weights.flatten()
        slopes = torch.autograd.grad(losses.sum(), returned, create_graph=onward)
    if not onward:
        given = [x.detach() for x in given]
    return [
        slope.unflatten(0, (n_groups, -1)).transpose(1, 2)
        @ x.unflatten(0, (n_groups, -1))
        for x, slope in zip(given, slopes, strict=True)
    ]

"""Gradients of a network's loss for each group of rows, computed in one pass."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap


def row_losses(outputs: Tensor, targets: Tensor, has_classes: bool) -> Tensor:
    """Return the cross-entropy of each row, or its mean squared error for numbers.

    Class targets are centered one-hot vectors.
    """
    if not has_classes:
        return (outputs - targets).square().mean(dim=1)
    return F.cross_entropy(outputs, targets + 1.0 / targets.shape[1], reduction="none")


class Groups:
    """Consecutive groups of rows, arranged as one tensor with padding.

    Parameters
    ----------
    counts : int Tensor of shape (n_groups,)
        The number of rows in each group; a group may be empty.
    """

    def __init__(self, counts: Tensor):
        longest = max(1, int(counts.max()))
        position = torch.arange(longest, device=counts.device)
        starts = counts.cumsum(0) - counts
        is_row = position < counts[:, None]
        # Fill the padding with an arbitrary row, whose weight is 0.
        self.rows = torch.where(is_row, starts[:, None] + position, 0)
        self.weights = is_row / counts.clamp_min(1)[:, None]

    def of(self, which: Tensor, *tensors: Tensor) -> tuple[Tensor, ...]:
        """Return the rows of some groups in each tensor, and their weights.

        Parameters
        ----------
        which : int Tensor of shape (n_chosen,)
            The groups.
        *tensors : Tensor of shape (n_rows, ...)
            Values of the rows.

        Returns
        -------
        *padded : Tensor of shape (n_chosen, n_longest, ...)
            One for each tensor.
        weights : Tensor of shape (n_chosen, n_longest)
            The weights of a group sum to 1.
        """
        rows = self.rows[which]
        return *(tensor[rows] for tensor in tensors), self.weights[which]


def group_gradients(
    network: nn.Module,
    rows: Tensor,
    targets: Tensor,
    weights: Tensor,
    *,
    has_classes: bool = True,
) -> list[Tensor]:
    """Return the gradients of each group's loss for the weights of each layer.

    The gradients for biases and for the parameters of normalization are left out. The
    network is run in evaluation mode. The result can be differentiated for `rows` if
    they require gradients.

    Parameters
    ----------
    network : nn.Module
        A network whose parameters do not require gradients.
    rows : Tensor of shape (n_groups, n, ...)
    targets : Tensor of shape (n_groups, n, n_targets)
    weights : Tensor of shape (n_groups, n)
        The weight of each row in the loss of its group.
    has_classes : bool, default=True
        Whether the targets are centered one-hot vectors.

    Returns
    -------
    list of Tensor of shape (n_groups, n_units, n_weights)
        One tensor per layer, with the gradients of each output unit's weights.
    """
    was_training = network.training
    network.eval()
    try:
        if _is_perceptron(network):
            return _by_outer_products(network, rows, targets, weights, has_classes)
        return _by_transformation(network, rows, targets, weights, has_classes)
    finally:
        network.train(was_training)


def _is_perceptron(network: nn.Module) -> bool:
    """Return whether a network is a sequence of torch's own layers without convolution.

    Modules that override `forward` are excluded, because the outer products of
    `_by_outer_products` need not be their gradients.
    """
    return (
        isinstance(network, nn.Sequential)
        and type(network).forward is nn.Sequential.forward
        and type(network[0]) is nn.Flatten
        and len(set(network)) == len(network)
        and all(type(part) is nn.Linear or _has_no_matrix(part) for part in network)
    )


def _has_no_matrix(part: nn.Module) -> bool:
    """Return whether a module is a layer of torch without weight matrices."""
    return (
        type(part).__module__.startswith("torch.nn.modules.")
        and not isinstance(part, nn.Unflatten)
        and not list(part.children())
        and all(p.ndim < 2 for p in part.parameters())
    )


def _by_transformation(
    network: nn.Module,
    rows: Tensor,
    targets: Tensor,
    weights: Tensor,
    has_classes: bool,
) -> list[Tensor]:
    """Return the gradients of any network, by the transformations of `torch.func`."""
    parameters = {name: p.detach() for name, p in network.named_parameters()}
    matched = {name: p for name, p in parameters.items() if p.ndim > 1}

    def loss(matched: Any, rows: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        outputs = functional_call(network, {**parameters, **matched}, (rows,))
        return (row_losses(outputs, targets, has_classes) * weights).sum()

    if rows.ndim > 3 and not rows.is_cuda:
        # Use a loop, because vectorized gradients of convolutions take twice as long on
        # a CPU.
        by_group = [
            grad(loss)(matched, *group)
            for group in zip(rows, targets, weights, strict=True)
        ]
        return [
            torch.stack([gradients[name] for gradients in by_group]).flatten(2)
            for name in matched
        ]
    gradients = vmap(grad(loss), in_dims=(None, 0, 0, 0))(
        matched, rows, targets, weights
    )
    return [gradient.flatten(2) for gradient in gradients.values()]


def _by_outer_products(
    network: Any, rows: Tensor, targets: Tensor, weights: Tensor, has_classes: bool
) -> list[Tensor]:
    """Return the gradients of a perceptron, in half the time of `_by_transformation`.

    The gradient for the weights of a linear layer is the outer product of the layer's
    input and of the loss's gradient for the layer's output, summed over the rows. One
    pass through the network computes both for the rows of all groups.
    """
    differentiable = torch.is_grad_enabled() and rows.requires_grad
    n_groups = len(rows)
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []
    with torch.enable_grad():
        x = rows.flatten(0, 1)
        x = x if differentiable else x.detach().requires_grad_()
        for part in network:
            if not isinstance(part, nn.Linear):
                x = part(x)
                continue
            inputs.append(x)
            outputs.append(part(x))
            # Copy the output, because the next layer may work in place.
            x = outputs[-1].clone()
        losses = row_losses(x, targets.flatten(0, 1), has_classes) * weights.flatten()
        slopes = torch.autograd.grad(losses.sum(), outputs, create_graph=differentiable)
    if not differentiable:
        inputs = [x.detach() for x in inputs]
    return [
        slope.unflatten(0, (n_groups, -1)).transpose(1, 2)
        @ x.unflatten(0, (n_groups, -1))
        for x, slope in zip(inputs, slopes, strict=True)
    ]

"""Differentiable functions that are recomputed in the backward pass to save memory."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def recomputed(
    function: Callable[..., tuple[Tensor, ...]], *tensors: Tensor
) -> tuple[Tensor, ...]:
    """Return ``function(*tensors)``, and call the function again to differentiate it.

    Only the arguments are stored for the backward pass, in which the graph of the
    function is built and freed again. A training of many steps, each of which is called
    by this function, thus needs memory for the weights after each step and for the
    graph of a single step.

    `torch.utils.checkpoint` does not save memory here, because the functions compute
    gradients themselves.

    Parameters
    ----------
    function : callable
        Takes tensors and returns a tuple of tensors. Two calls with the same arguments
        must return the same result.
    *tensors : Tensor
        The arguments. Gradients flow to those that require them.
    """
    return _Recomputed.apply(function, *tensors)


class _Recomputed(torch.autograd.Function):
    """The autograd function behind `recomputed`."""

    @staticmethod
    def forward(
        ctx: Any, function: Callable[..., tuple[Tensor, ...]], *tensors: Tensor
    ) -> tuple[Tensor, ...]:
        ctx.function = function
        ctx.save_for_backward(*tensors)
        return tuple(output.detach() for output in function(*tensors))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        tensors = [
            tensor.detach().requires_grad_(requires_grad)
            for tensor, requires_grad in zip(
                ctx.saved_tensors, ctx.needs_input_grad[1:], strict=True
            )
        ]
        with torch.enable_grad():
            outputs = ctx.function(*tensors)
        needed = [tensor for tensor in tensors if tensor.requires_grad]
        found = torch.autograd.grad(outputs, needed, gradients, allow_unused=True)
        remaining = iter(found)
        return None, *(next(remaining) if t.requires_grad else None for t in tensors)

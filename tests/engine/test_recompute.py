"""Functions that are recomputed in the backward pass."""

# SPDX-License-Identifier: BSD-3-Clause

import torch

from sklearn_distill.engine.recompute import recomputed


def gradient_step(weights, rows):
    """A step of gradient descent, which uses gradients itself."""
    with torch.enable_grad():
        if not weights.requires_grad:
            weights = weights.detach().requires_grad_()
        loss = (rows @ weights).tanh().square().sum()
        (gradient,) = torch.autograd.grad(
            loss, weights, create_graph=rows.requires_grad
        )
    return weights - 0.1 * gradient, gradient.sum()


def test_gradients_equal_those_of_autograd():
    torch.manual_seed(0)
    start, rows = torch.randn(3), torch.randn(5, 3, requires_grad=True)
    results = []
    for call in (recomputed, lambda function, *tensors: function(*tensors)):
        weights, total = start, 0.0
        for _ in range(3):
            weights, step_total = call(gradient_step, weights, rows)
            total = total + step_total
        (gradient,) = torch.autograd.grad(weights.square().sum() + total, rows)
        results.append((weights.detach(), gradient))
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected)


def test_only_the_arguments_are_stored():
    rows = torch.randn(50, 3, requires_grad=True)
    stored = []

    def pack(tensor):
        stored.append(tensor.data_ptr())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        (result,) = recomputed(lambda x: (x.exp().sin().sum(),), rows)
    assert stored == [rows.data_ptr()]
    result.backward()
    torch.testing.assert_close(rows.grad, (rows.exp() * rows.exp().cos()).detach())


def test_unused_arguments_and_arguments_without_gradients_have_none():
    used, unused, constant = (torch.randn(2) for _ in range(3))
    used.requires_grad_()
    unused.requires_grad_()
    (result,) = recomputed(lambda a, b, c: (a * c,), used, unused, constant)
    gradients = torch.autograd.grad(result.sum(), [used, unused], allow_unused=True)
    assert torch.equal(gradients[0], constant)
    assert gradients[1] is None

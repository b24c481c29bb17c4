"""Kernels on tensors: functions of rows (a, d) and (b, d) that return (a, b)."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable

import torch
from torch import Tensor

Kernel = Callable[[Tensor, Tensor], Tensor]

# The variances of weights and biases in the infinitely wide networks. The first keeps
# the size of the activations constant from layer to layer.
WEIGHT_VARIANCE, BIAS_VARIANCE = 2.0, 0.01


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return squared Euclidean distances, computed by one matrix product."""
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)
    return (lengths - 2.0 * a @ b.T).clamp_min(0.0)


def linear(a: Tensor, b: Tensor) -> Tensor:
    """Return the dot product per column plus a constant, which models an intercept."""
    return a @ b.T / a.shape[1] + 1.0


def gaussian(bandwidth: float) -> Kernel:
    """Return the kernel exp(-squared distance / bandwidth)."""
    return lambda a, b: (-squared_distances(a, b) / bandwidth).exp()


def laplacian(bandwidth: float) -> Kernel:
    """Return the kernel exp(-city-block distance / bandwidth)."""
    return lambda a, b: (-torch.cdist(a, b, p=1) / bandwidth).exp()


def wide_network(depth: int, tangent: bool) -> Kernel:
    r"""Return the kernel of an infinitely wide fully connected network with rectifiers.

    The covariance of the outputs at initialization (NNGP) follows the arc-cosine
    recursion

    .. math:: \Sigma' = \frac{\sigma_w^2}{2 \pi} \sqrt{\Sigma_{xx} \Sigma_{x'x'}}
              \, (\sin \theta + (\pi - \theta) \cos \theta) + \sigma_b^2, \qquad
              \cos \theta = \Sigma_{xx'} / \sqrt{\Sigma_{xx} \Sigma_{x'x'}},

    and the tangent kernel of the training (NTK) is :math:`\Theta' = \Sigma' + \Theta \,
    \sigma_w^2 (\pi - \theta) / 2 \pi`.

    Parameters
    ----------
    depth : int
        The number of hidden layers.
    tangent : bool
        Whether the kernel is the NTK instead of the NNGP kernel.
    """

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        d = a.shape[1]
        cross = WEIGHT_VARIANCE * a @ b.T / d + BIAS_VARIANCE
        size_a = WEIGHT_VARIANCE * a.square().sum(1) / d + BIAS_VARIANCE
        size_b = WEIGHT_VARIANCE * b.square().sum(1) / d + BIAS_VARIANCE
        trained = cross
        for _ in range(depth):
            sizes = (size_a[:, None] * size_b).sqrt()
            # Bound the cosine, because the derivative of the angle is infinite where
            # rows coincide.
            cosine = (cross / sizes).clamp(-1 + 1e-5, 1 - 1e-5)
            angle = cosine.acos()
            scale = WEIGHT_VARIANCE / (2 * math.pi)
            arc = angle.sin() + (math.pi - angle) * cosine
            cross = scale * sizes * arc + BIAS_VARIANCE
            trained = cross + trained * scale * (math.pi - angle)
            # At angle 0 the recursion is x -> variance / 2 * x + bias variance.
            size_a = 0.5 * WEIGHT_VARIANCE * size_a + BIAS_VARIANCE
            size_b = 0.5 * WEIGHT_VARIANCE * size_b + BIAS_VARIANCE
        return trained if tangent else cross

    return kernel

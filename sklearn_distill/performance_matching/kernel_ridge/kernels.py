"""Kernels on tensors: (a, d) rows and (b, d) rows to their (a, b) similarities."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable

import torch
from torch import Tensor

Kernel = Callable[[Tensor, Tensor], Tensor]

# The variances of weights and biases in the infinitely wide networks: the first keeps
# the size of activations from layer to layer.
WEIGHT_VARIANCE, BIAS_VARIANCE = 2.0, 0.01


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Squared Euclidean distances, by one matrix product."""
    lengths = a.square().sum(1)[:, None] + b.square().sum(1)
    return (lengths - 2.0 * a @ b.T).clamp_min(0.0)


def linear(a: Tensor, b: Tensor) -> Tensor:
    """Dot product per column, and a constant that stands for an intercept."""
    return a @ b.T / a.shape[1] + 1.0


def gaussian(bandwidth: float) -> Kernel:
    """exp(-squared distance / bandwidth)."""
    return lambda a, b: (-squared_distances(a, b) / bandwidth).exp()


def laplacian(bandwidth: float) -> Kernel:
    """exp(-city-block distance / bandwidth)."""
    return lambda a, b: (-torch.cdist(a, b, p=1) / bandwidth).exp()


def wide_network(depth: int, tangent: bool) -> Kernel:
    r"""Kernel of an infinitely wide fully connected network with rectifiers.

    The covariance of its outputs at the start (NNGP) follows the arc-cosine recursion

    .. math:: \Sigma' = \frac{\sigma_w^2}{2 \pi} \sqrt{\Sigma_{xx} \Sigma_{x'x'}}
              \, (\sin \theta + (\pi - \theta) \cos \theta) + \sigma_b^2, \qquad
              \cos \theta = \Sigma_{xx'} / \sqrt{\Sigma_{xx} \Sigma_{x'x'}},

    and the tangent kernel of its training (NTK) :math:`\Theta' = \Sigma' + \Theta \,
    \sigma_w^2 (\pi - \theta) / 2 \pi`.

    Parameters
    ----------
    depth : int
        Hidden layers.
    tangent : bool
        NTK, or NNGP.
    """

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        d = a.shape[1]
        cross = WEIGHT_VARIANCE * a @ b.T / d + BIAS_VARIANCE
        size_a = WEIGHT_VARIANCE * a.square().sum(1) / d + BIAS_VARIANCE
        size_b = WEIGHT_VARIANCE * b.square().sum(1) / d + BIAS_VARIANCE
        trained = cross
        for _ in range(depth):
            sizes = (size_a[:, None] * size_b).sqrt()
            # The angle's derivative is infinite where rows coincide.
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

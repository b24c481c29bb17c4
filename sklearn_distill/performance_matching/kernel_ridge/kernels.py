"""Kernels on tensors: functions of rows (a, d) and (b, d) that return (a, b)."""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable
from dataclasses import dataclass

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


def city_block_distances(a: Tensor, b: Tensor) -> Tensor:
    """Return the sums of absolute differences of columns."""
    return torch.cdist(a, b, p=1)


@dataclass(frozen=True)
class RadialKernel:
    """The kernel exp(-distance / bandwidth), whose diagonal is 1.

    Parameters
    ----------
    distances : callable
        `squared_distances` or `city_block_distances`, which map rows (a, d) and (b, d)
        to distances (a, b). Kernels with the same function share the distances of a
        step.
    bandwidth : float
    """

    distances: Kernel
    bandwidth: float

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        return self.similarities(self.distances(a, b))

    def similarities(self, distances: Tensor) -> Tensor:
        """Return the kernel matrix of a matrix of distances."""
        return (distances * (-1.0 / self.bandwidth)).exp()


@dataclass(frozen=True)
class MeanKernel:
    """The mean of radial kernels, whose diagonal is 1.

    Parameters
    ----------
    parts : tuple of RadialKernel
    """

    parts: tuple[RadialKernel, ...]

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        return SharedDistances(a, b).matrix(self)

    @property
    def by_distance(self) -> dict[Kernel, list[float]]:
        """The bandwidths of the kernels of each function of distances."""
        found: dict[Kernel, list[float]] = {}
        for part in self.parts:
            found.setdefault(part.distances, []).append(part.bandwidth)
        return found


def gaussian(bandwidth: float) -> RadialKernel:
    """Return the kernel exp(-squared distance / bandwidth)."""
    return RadialKernel(squared_distances, bandwidth)


def laplacian(bandwidth: float) -> RadialKernel:
    """Return the kernel exp(-city-block distance / bandwidth)."""
    return RadialKernel(city_block_distances, bandwidth)


class SharedDistances:
    """The kernel matrices of two sets of rows; radial kernels share their distances.

    Parameters
    ----------
    a, b : Tensor of shape (n_a, d) and (n_b, d)
    """

    def __init__(self, a: Tensor, b: Tensor):
        self.a, self.b = a, b
        self._known: dict[Kernel, Tensor] = {}

    def matrix(self, kernel: Kernel) -> Tensor:
        """Return the matrix of a kernel, of shape (n_a, n_b)."""
        if isinstance(kernel, MeanKernel):
            total = self.matrix(kernel.parts[0])
            for part in kernel.parts[1:]:
                total = total + self.matrix(part)
            return total / len(kernel.parts)
        if not isinstance(kernel, RadialKernel):
            return kernel(self.a, self.b)
        function = kernel.distances
        if function not in self._known:
            self._known[function] = function(self.a, self.b)
        return kernel.similarities(self._known[function])


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

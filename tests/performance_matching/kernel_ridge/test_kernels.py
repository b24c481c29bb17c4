"""Kernels: comparison with scikit-learn and with wide random networks."""

# SPDX-License-Identifier: BSD-3-Clause

from itertools import pairwise

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import laplacian_kernel, polynomial_kernel, rbf_kernel

from sklearn_distill.performance_matching.kernel_ridge import kernels


def two_batches(d=5):
    rng = torch.Generator().manual_seed(0)
    return torch.randn(7, d, generator=rng), torch.randn(4, d, generator=rng)


def test_kernels_agree_with_scikit_learn():
    a, b = two_batches()
    for ours, theirs in [
        (kernels.gaussian(3.0), rbf_kernel(a, b, gamma=1 / 3)),
        (kernels.laplacian(3.0), laplacian_kernel(a, b, gamma=1 / 3)),
        (kernels.linear, polynomial_kernel(a, b, degree=1)),
    ]:
        np.testing.assert_allclose(ours(a, b), theirs, rtol=1e-5, atol=1e-6)


def test_mean_kernel_is_the_mean_of_its_parts():
    a, b = two_batches()
    parts = kernels.gaussian(3.0), kernels.gaussian(1.0), kernels.laplacian(2.0)
    expected = sum(part(a, b) for part in parts) / 3
    mean = kernels.MeanKernel(parts)
    np.testing.assert_allclose(mean(a, b), expected, rtol=1e-6)
    assert list(mean.by_distance.values()) == [[3.0, 1.0], [2.0]]


def covariance_and_tangent(X, depth, width, rng):
    """Return the covariance of outputs and the tangent kernel of a random network."""
    layers = list(pairwise([X.shape[1], *[width] * depth, 1]))
    weights = [torch.randn(i, o, generator=rng).requires_grad_() for i, o in layers]
    biases = [torch.randn(o, generator=rng).requires_grad_() for _, o in layers]
    inputs = outputs = X
    for n, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        inputs = outputs.relu() if n else outputs
        outputs = inputs @ weight * (2.0 / len(weight)) ** 0.5 + 0.1 * bias
    gradients = [
        torch.autograd.grad(output, [*weights, *biases], retain_graph=True)
        for output in outputs[:, 0]
    ]
    flat = torch.stack([torch.cat([g.flatten() for g in row]) for row in gradients])
    covariance = 2.0 * inputs @ inputs.T / width + 0.01
    return covariance.detach(), flat @ flat.T


@pytest.mark.parametrize("depth", [1, 2])
def test_wide_network_kernels_are_the_limits_of_wide_networks(depth):
    X, _ = two_batches(d=3)
    rng = torch.Generator().manual_seed(0)
    networks = [covariance_and_tangent(X, depth, 1_000, rng) for _ in range(20)]
    for tangent in (False, True):
        found = torch.stack([pair[tangent] for pair in networks]).mean(0)
        limit = kernels.wide_network(depth, tangent)(X, X)
        assert float((found - limit).abs().max() / limit.abs().max()) < 0.05

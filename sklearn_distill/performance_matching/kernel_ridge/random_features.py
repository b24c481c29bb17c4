"""Kernels of the embeddings of finite networks."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...base.problem import Problem
from ...engine.layer_outputs import LayerOutputs
from ...engine.network_factory import NetworkFactory
from ...engine.network_sources import RandomNetworks

# The number of real rows that determine the scale of the features.
REFERENCE_ROWS = 64
# The constant part of the kernel, which models an intercept.
INTERCEPT = 0.01


class FeatureKernel:
    r"""The mean over networks of the dot products of features.

    .. math:: k(x, x') = \frac{1}{K} \sum_k \phi_k(x)^\top \phi_k(x') / s_k + c

    Here :math:`s_k` is the mean squared length of the features of real rows, so that
    :math:`k(x, x)` is about 1. Random networks are renewed in each step. Over many
    steps their mean kernel is that of a network of infinite width; for convolutional
    networks it costs much less.

    Parameters
    ----------
    source : RandomNetworks
        The source of the networks.
    features : callable
        Maps networks and rows to a list with one tensor of shape (n_networks, n, ...).
    reference : Tensor of shape (n, ...)
        The real rows that determine the scale.
    """

    def __init__(
        self,
        source: RandomNetworks,
        features: Callable[[Sequence[nn.Module], Tensor], list[Tensor]],
        reference: Tensor,
    ):
        self.source = source
        self.features = features
        self.reference = reference
        self.renew(training=False)

    @torch.no_grad()
    def renew(self, training: bool) -> None:
        """Draw the networks of a step, or use the fixed ones of the validation loss."""
        source = self.source
        self.networks = source.draw() if training else source.fixed
        lengths = self._flat_features(self.reference).square().sum(2).mean(1)
        self.scale = lengths.clamp_min(1e-12).sqrt()[:, None, None]

    def _flat_features(self, rows: Tensor) -> Tensor:
        """Return the features of rows, of shape (n_networks, n, d)."""
        (features,) = self.features(self.networks, rows)
        return features.flatten(2)

    def __call__(self, a: Tensor, b: Tensor) -> Tensor:
        """Return the kernel of flat rows (a, d) and (b, d)."""
        f_a, f_b = (
            self._flat_features(rows.view(-1, *self.reference.shape[1:])) / self.scale
            for rows in (a, b)
        )
        return (f_a @ f_b.transpose(1, 2)).mean(0) + INTERCEPT


def random_features(
    network: Any, n_networks: int, problem: Problem, n_targets: int, device: str
) -> FeatureKernel:
    """Return the kernel of the embeddings of random networks.

    Parameters
    ----------
    network : Any
        The parameter `network` of the methods.
    n_networks : int
        The number of networks in a step.
    problem : Problem
        The real rows.
    n_targets : int
        The number of outputs of the networks.
    device : str
        The device of the networks.
    """
    make = NetworkFactory(network, problem.Z.shape[1:], n_targets, device)
    source = RandomNetworks(make, n_networks)
    reference = reference_rows(problem, device)
    features = LayerOutputs(source.fixed[0], reference[:2])
    return FeatureKernel(source, features, reference)


def reference_rows(problem: Problem, device: str) -> Tensor:
    """Return some real rows, evenly spaced in their order."""
    indices = np.linspace(0, len(problem.Z) - 1, REFERENCE_ROWS).astype(int)
    return torch.as_tensor(problem.Z[indices], device=device)

"""Distances between the gradients of synthetic rows and those of real rows.

A distance is a function of the gradients in one layer: two tensors of shape (n_groups,
n_units, n_weights), of the synthetic and of the real rows. It returns a number. The
distances of all layers are added.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Distance = Callable[[Tensor, Tensor], Tensor]


def cosine(synthetic: Tensor, real: Tensor) -> Tensor:
    r"""Return one minus the cosine similarity of each unit, averaged over the units.

    .. math:: \sum_u \|h_u\| (1 - \cos(g_u, h_u)) / \sum_u \|h_u\|

    The weight of a unit is the length of its real gradient, because the gradients of
    units with small real gradients are mostly noise.
    """
    size = torch.linalg.vector_norm(real, dim=-1)
    product = torch.linalg.vecdot(synthetic, F.normalize(real, dim=-1))
    length = torch.linalg.vector_norm(synthetic, dim=-1).clamp_min(1e-8)
    distance = (size * (1.0 - product / length)).sum(dim=1)
    return (distance / size.sum(dim=1).clamp_min(1e-8)).mean()


def mse(synthetic: Tensor, real: Tensor) -> Tensor:
    r"""Return the squared distance relative to the real gradient.

    .. math:: \|g - h\|^2 / \|h\|^2
    """
    size = real.square().sum(dim=(1, 2)).clamp_min(1e-16)
    return ((synthetic - real).square().sum(dim=(1, 2)) / size).mean()


def l1(synthetic: Tensor, real: Tensor) -> Tensor:
    r"""Return the city-block distance relative to the real gradient.

    .. math:: \|g - h\|_1 / \|h\|_1
    """
    size = real.abs().sum(dim=(1, 2)).clamp_min(1e-8)
    return ((synthetic - real).abs().sum(dim=(1, 2)) / size).mean()


DISTANCES: dict[str, Distance] = {"cosine": cosine, "mse": mse, "l1": l1}

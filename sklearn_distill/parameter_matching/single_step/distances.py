"""How far the gradients of two sets of rows are apart, layer by layer.

A distance takes two tensors of shape (n_groups, n_units, n_weights), of the synthetic
and of the real rows, to a number; those of the layers are summed.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Distance = Callable[[Tensor, Tensor], Tensor]


def cosine(synthetic: Tensor, real: Tensor) -> Tensor:
    r"""One less the cosine for each unit, units weighted by their real gradient's size.

    .. math:: \sum_u \|h_u\| (1 - \cos(g_u, h_u)) / \sum_u \|h_u\|

    A unit that real rows hardly move has a gradient of chance.
    """
    size = torch.linalg.vector_norm(real, dim=-1)
    inside = torch.linalg.vecdot(synthetic, F.normalize(real, dim=-1))
    length = torch.linalg.vector_norm(synthetic, dim=-1).clamp_min(1e-8)
    apart = (size * (1.0 - inside / length)).sum(dim=1)
    return (apart / size.sum(dim=1).clamp_min(1e-8)).mean()


def mse(synthetic: Tensor, real: Tensor) -> Tensor:
    r"""Squared distance, relative to the real gradient: :math:`\|g - h\|^2/\|h\|^2`."""
    size = real.square().sum(dim=(1, 2)).clamp_min(1e-16)
    return ((synthetic - real).square().sum(dim=(1, 2)) / size).mean()


def l1(synthetic: Tensor, real: Tensor) -> Tensor:
    r"""City-block distance, relative to the real gradient."""
    size = real.abs().sum(dim=(1, 2)).clamp_min(1e-8)
    return ((synthetic - real).abs().sum(dim=(1, 2)) / size).mean()


DISTANCES: dict[str, Distance] = {"cosine": cosine, "mse": mse, "l1": l1}

"""Discrepancies between the features of synthetic and of real rows, class by class.

A discrepancy is a module that is called with

``synthetic`` : Tensor of shape (n_networks, m, d)
    Features of the synthetic rows, from each network.
``real`` : Tensor of shape (n_networks, n, d)
    Features of the real rows.
``of_synthetic`` : Tensor of shape (m, n_groups)
    1 if a synthetic row belongs to a group, else 0.
``of_real`` : Tensor of shape (n, n_groups)
    The same for the real rows.

and returns a number, the mean over networks and groups. A group is a class, or all rows
if there are no classes. The parameters of a discrepancy are those of an adversary: they
are optimized to increase the discrepancy, while the rows are optimized to decrease it.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .adversarial import CharacteristicDiscrepancy, Discriminator, reverse_gradient
from .groups import group_means, membership, with_target
from .statistics import GaussianDiscrepancy, GaussianDivergence, MeanDiscrepancy

__all__ = [
    "CallableDiscrepancy",
    "CharacteristicDiscrepancy",
    "Discriminator",
    "GaussianDiscrepancy",
    "GaussianDivergence",
    "MeanDiscrepancy",
    "group_means",
    "make_discrepancy",
    "membership",
    "reverse_gradient",
    "with_target",
]


class CallableDiscrepancy(nn.Module):
    """A user's function of the features of one class, averaged over the classes.

    Parameters
    ----------
    function : callable
        Called for each class and network with two tensors, the features (m, d) of the
        synthetic rows and the features (n, d) of the real rows; returns a number.
    """

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]):
        super().__init__()
        self.function = function

    def forward(
        self, synthetic: Tensor, real: Tensor, of_synthetic: Tensor, of_real: Tensor
    ) -> Tensor:
        values = [
            self.function(f_S[in_S], f_R[in_R])
            for f_S, f_R in zip(synthetic, real, strict=True)
            for in_S, in_R in zip(of_synthetic.T > 0, of_real.T > 0, strict=True)
            if in_S.any() and in_R.any()
        ]
        return torch.stack(values).mean()


def make_discrepancy(which: Any, n_features: int, n_groups: int) -> nn.Module:
    """Return a new discrepancy.

    Parameters
    ----------
    which : {"mean", "mmd", "kl", "characteristic", "adversarial"} or callable
        The name of a discrepancy, or a function for `CallableDiscrepancy`.
    n_features, n_groups : int
        The number of features of a row, and of groups.
    """
    if callable(which):
        return CallableDiscrepancy(which)
    makers: dict[str, Callable[[], nn.Module]] = {
        "mean": MeanDiscrepancy,
        "mmd": GaussianDiscrepancy,
        "kl": GaussianDivergence,
        "characteristic": lambda: CharacteristicDiscrepancy(n_features),
        "adversarial": lambda: Discriminator(n_features, n_groups),
    }
    return makers[which]()

"""The error of kernel ridge regression from synthetic rows, in closed form."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .kernels import Kernel
from .random_features import FeatureKernel


def ridge_weights(K: Tensor, targets: Tensor, ridge: float) -> Tensor:
    r"""Solve kernel ridge regression, in double precision whatever the input's.

    .. math:: (K + \lambda \bar k I)^{-1} y, \qquad \bar k = \mathrm{tr} K / m

    Parameters
    ----------
    K : Tensor of shape (m, m)
    targets : Tensor of shape (m, c)
    ridge : float
        :math:`\lambda`, relative to the mean of the diagonal.

    Returns
    -------
    Tensor of shape (m, c)
    """
    K = K.double()
    diagonal = torch.eye(len(K), dtype=K.dtype, device=K.device)
    regular = K + ridge * K.diagonal().mean() * diagonal
    weights, failed = torch.linalg.solve_ex(regular, targets.double())
    # A kernel that makes the system singular counts as one that is not finite.
    return weights.masked_fill(failed > 0, torch.nan)


def mean_discrepancy(
    K_SS: Tensor, K_SR: Tensor, like_SS: Tensor, like_SR: Tensor
) -> Tensor:
    r"""Squared maximum mean discrepancy between synthetic and real rows of a group.

    :math:`\mathbb{E}\, k(s, s') - 2\, \mathbb{E}\, k(s, r)`, averaged over the
    synthetic rows of groups that have real rows here; the third term,
    :math:`\mathbb{E}\, k(r, r')`, does not depend on synthetic rows.

    Parameters
    ----------
    K_SS : Tensor of shape (m, m)
    K_SR : Tensor of shape (m, n)
    like_SS, like_SR : Tensors of the same shapes
        1 where both rows are of one group, 0 elsewhere.
    """
    n_real = like_SR.sum(1)
    within = (K_SS * like_SS).sum(1) / like_SS.sum(1)
    across = (K_SR * like_SR).sum(1) / n_real.clamp_min(1.0)
    # Without real rows to be like, synthetic ones would but flee from each other.
    there = (n_real > 0).to(within.dtype)
    return (there * (within - 2.0 * across)).sum() / there.sum().clamp_min(1.0)


class KernelRidgeLoss(nn.Module):
    """The objective: rows that predict the real ones, and that look like them.

    The mean over the kernels of the squared error of ridge regression from the
    synthetic rows, and `mmd_weight` times the discrepancy of each class's rows (for
    regression of all rows) from the real ones.

    Parameters
    ----------
    kernels : list of callables
    ridge : float
    mmd_weight : float
    has_classes : bool
        Whether targets are centred one-hots, or numbers.
    """

    def __init__(
        self,
        kernels: Sequence[Kernel],
        ridge: float,
        mmd_weight: float,
        has_classes: bool,
    ):
        super().__init__()
        self.kernels = kernels
        self.ridge = ridge
        self.mmd_weight = mmd_weight
        self.has_classes = has_classes

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        S, R = S.flatten(1), R.flatten(1)
        like_SS, like_SR = self._alike(y_S, y_S), self._alike(y_S, y_R)
        loss = torch.zeros((), device=S.device)
        for kernel in self.kernels:
            if isinstance(kernel, FeatureKernel):
                kernel.renew(self.training)
            K_SS, K_SR = kernel(S, S), kernel(S, R)
            weights = ridge_weights(K_SS, y_S, self.ridge).to(R.dtype)
            loss = loss + (K_SR.T @ weights - y_R).square().sum(1).mean()
            if self.mmd_weight:
                apart = mean_discrepancy(K_SS, K_SR, like_SS, like_SR)
                loss = loss + self.mmd_weight * apart
        return loss / len(self.kernels)

    def _alike(self, y: Tensor, other: Tensor) -> Tensor:
        if not self.has_classes:
            return torch.ones(len(y), len(other), device=y.device)
        return (y.argmax(1)[:, None] == other.argmax(1)).to(y.dtype)

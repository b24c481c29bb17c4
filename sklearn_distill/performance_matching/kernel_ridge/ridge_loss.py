"""The objective of kernel inducing points: the error of kernel ridge regression."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from ...engine.deadline import check_deadline
from ...engine.last_call_cache import LastCallCache
from .kernels import Kernel
from .random_features import FeatureKernel


def ridge_weights(K: Tensor, targets: Tensor, ridge: float) -> Tensor:
    r"""Solve kernel ridge regression in double precision.

    .. math:: (K + \lambda \bar k I)^{-1} y, \qquad \bar k = \mathrm{tr} K / m

    Parameters
    ----------
    K : Tensor of shape (m, m)
        The kernel matrix, of any precision.
    targets : Tensor of shape (m, c)
    ridge : float
        :math:`\lambda`, relative to the mean of the diagonal.

    Returns
    -------
    Tensor of shape (m, c)
        NaN if the regularized kernel matrix is singular.
    """
    K = K.double()
    diagonal = torch.eye(len(K), dtype=K.dtype, device=K.device)
    regular = K + ridge * K.diagonal().mean() * diagonal
    weights, failed = torch.linalg.solve_ex(regular, targets.double())
    # Return NaN for a singular matrix, so that the loop treats it as a non-finite loss.
    return weights.masked_fill(failed > 0, torch.nan)


def mean_within(K_SS: Tensor, like_SS: Tensor) -> Tensor:
    """Return the mean similarity of each synthetic row to the rows of its group.

    Parameters
    ----------
    K_SS : Tensor of shape (m, m)
    like_SS : Tensor of shape (m, m)
        1 if both rows belong to the same group, else 0.

    Returns
    -------
    Tensor of shape (m,)
    """
    return (K_SS * like_SS).sum(1) / like_SS.sum(1)


def mean_discrepancy(within: Tensor, K_SR: Tensor, like_SR: Tensor) -> Tensor:
    r"""Return the squared maximum mean discrepancy of synthetic and real rows.

    :math:`\mathbb{E}\, k(s, s') - 2\, \mathbb{E}\, k(s, r)` within each group, averaged
    over the synthetic rows. Groups without real rows are left out. The third term,
    :math:`\mathbb{E}\, k(r, r')`, does not depend on synthetic rows.

    Parameters
    ----------
    within : Tensor of shape (m,)
        The result of `mean_within`.
    K_SR : Tensor of shape (m, n)
    like_SR : Tensor of shape (m, n)
        1 if both rows belong to the same group, else 0.
    """
    n_real = like_SR.sum(1)
    across = (K_SR * like_SR).sum(1) / n_real.clamp_min(1.0)
    # Leave out groups without real rows, whose synthetic rows would only repel each
    # other.
    has_real = (n_real > 0).to(within.dtype)
    return (has_real * (within - 2.0 * across)).sum() / has_real.sum().clamp_min(1.0)


class KernelRidgeLoss(nn.Module):
    """The error of ridge regression from synthetic to real rows, plus a discrepancy.

    The loss is the mean over the kernels of the squared error of ridge regression from
    the synthetic rows, plus `mmd_weight` times the maximum mean discrepancy between the
    synthetic and the real rows of each class (for regression, of all rows).

    Parameters
    ----------
    kernels : list of callables
        Functions of flat rows (a, d) and (b, d) that return (a, b).
    ridge : float
        The regularization, relative to the mean of the kernel's diagonal.
    mmd_weight : float
        The weight of the discrepancy.
    has_classes : bool
        Whether the targets are centered one-hot vectors.
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
        self.validation_regressions = LastCallCache(self._all_regressions)

    def forward(
        self, synthetic: tuple[Tensor, Tensor], real: tuple[Tensor, Tensor]
    ) -> Tensor:
        (S, y_S), (R, y_R) = synthetic, real
        S, R = S.flatten(1), R.flatten(1)
        for kernel in self.kernels:
            if isinstance(kernel, FeatureKernel):
                kernel.renew(self.training)
        # The synthetic rows are the same for all batches of a validation pass.
        solve = self._regressions if self.training else self.validation_regressions
        like_SR = self._same_group(y_S, y_R)
        loss = torch.zeros((), device=S.device)
        for kernel, (weights, within) in zip(self.kernels, solve(S, y_S), strict=True):
            K_SR = kernel(S, R)
            loss = loss + (K_SR.T @ weights - y_R).square().sum(1).mean()
            if self.mmd_weight:
                mmd = mean_discrepancy(within, K_SR, like_SR)
                loss = loss + self.mmd_weight * mmd
        return loss / len(self.kernels)

    def _regressions(self, S: Tensor, y_S: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the ridge weights and the mean similarities for each kernel."""
        like_SS, seconds = self._same_group(y_S, y_S), 0.0
        for kernel in self.kernels:
            check_deadline(seconds)
            started = time.monotonic()
            K_SS = kernel(S, S)
            weights = ridge_weights(K_SS, y_S, self.ridge).to(S.dtype)
            within = mean_within(K_SS, like_SS)
            seconds = time.monotonic() - started
            yield weights, within

    def _all_regressions(self, S: Tensor, y_S: Tensor) -> list[tuple[Tensor, Tensor]]:
        return list(self._regressions(S, y_S))

    def _same_group(self, y: Tensor, other: Tensor) -> Tensor:
        """Return 1 for pairs of rows that belong to the same group, else 0."""
        if not self.has_classes:
            return torch.ones(len(y), len(other), device=y.device)
        return (y.argmax(1)[:, None] == other.argmax(1)).to(y.dtype)

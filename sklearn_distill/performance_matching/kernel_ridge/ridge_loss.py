"""The objective of kernel inducing points: the error of kernel ridge regression."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from ...engine.deadline import check_deadline
from ...engine.last_call_cache import LastCallCache
from .discrepancy_terms import DiscrepancyTerms, group_sums
from .kernels import Kernel, MeanKernel, RadialKernel, SharedDistances, linear
from .linear_loss import linear_ridge_loss
from .radial_loss import RadialRidgeLoss, RidgeFactor
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


def n_parts(kernel: Kernel) -> int:
    """Return how many kernels a kernel is the mean of."""
    return len(kernel.parts) if isinstance(kernel, MeanKernel) else 1


class KernelRidgeLoss(nn.Module):
    """The error of ridge regression from synthetic to real rows, plus a discrepancy.

    The loss is the mean over the kernels of the squared error of ridge regression from
    the synthetic rows, plus `mmd_weight` times the maximum mean discrepancy between the
    synthetic and the real rows of each class (for regression, of all rows). A
    `MeanKernel` counts as often as it has parts.

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
        self.kernels = [
            MeanKernel((kernel,)) if isinstance(kernel, RadialKernel) else kernel
            for kernel in kernels
        ]
        self.radial = [k for k in self.kernels if isinstance(k, MeanKernel)]
        self.n_kernels = sum(map(n_parts, self.kernels))
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
        groups = self._groups(y_S), self._groups(y_R)
        terms = DiscrepancyTerms(*groups, self.mmd_weight)
        pairs, fixed = ((S, y_S), (R, y_R)), (terms, self.ridge)
        loss = torch.zeros((), device=S.device)
        if any(self._is_primal(kernel, S) for kernel in self.kernels):
            loss = loss + linear_ridge_loss(*pairs[0], *pairs[1], *fixed)
        for kernel in self.radial if self.training else ():
            value = RadialRidgeLoss.apply(*pairs[0], *pairs[1], kernel, *fixed)
            loss = loss + n_parts(kernel) * value
        loss = loss + self._loss_of_matrices(*pairs, terms)
        return loss / self.n_kernels

    def _loss_of_matrices(
        self,
        synthetic: tuple[Tensor, Tensor],
        real: tuple[Tensor, Tensor],
        terms: DiscrepancyTerms,
    ) -> Tensor:
        """Return the sum of the losses that are computed from kernel matrices."""
        (S, y_S), (R, y_R) = synthetic, real
        # The synthetic rows are the same for all batches of a validation pass.
        solve = self._regressions if self.training else self.validation_regressions
        loss, distances = torch.zeros((), device=S.device), SharedDistances(S, R)
        for kernel, (weights, within) in zip(
            self._with_matrices(S), solve(S, y_S), strict=True
        ):
            K_SR = distances.matrix(kernel)
            value = (K_SR.T @ weights - y_R).square().sum(1).mean()
            if self.mmd_weight:
                across = group_sums(K_SR, terms.groups_S, terms.groups_R)
                value = value + terms.discrepancy(within, across)
            loss = loss + n_parts(kernel) * value
        return loss

    def _with_matrices(self, S: Tensor) -> list[Kernel]:
        """Return the kernels whose matrices `_loss_of_matrices` computes."""
        elsewhere = self.radial if self.training else []
        return [
            kernel
            for kernel in self.kernels
            if kernel not in elsewhere and not self._is_primal(kernel, S)
        ]

    @staticmethod
    def _is_primal(kernel: Kernel, S: Tensor) -> bool:
        """Return whether ridge regression has fewer coefficients than rows."""
        return kernel is linear and S.shape[1] + 1 < len(S)

    def _regressions(self, S: Tensor, y_S: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the ridge weights and the similarities within groups of each kernel."""
        groups, seconds = self._groups(y_S), 0.0
        distances = SharedDistances(S, S)
        for kernel in self._with_matrices(S):
            check_deadline(seconds)
            started = time.monotonic()
            K_SS = distances.matrix(kernel)
            if isinstance(kernel, MeanKernel):
                weights = RidgeFactor(K_SS, self.ridge).solve(y_S)
            else:
                weights = ridge_weights(K_SS, y_S, self.ridge).to(S.dtype)
            within = group_sums(K_SS, groups, groups)
            seconds = time.monotonic() - started
            yield weights, within

    def _all_regressions(self, S: Tensor, y_S: Tensor) -> list[tuple[Tensor, Tensor]]:
        return list(self._regressions(S, y_S))

    def _groups(self, y: Tensor) -> Tensor:
        """Return one-hot vectors of the groups whose discrepancies are averaged."""
        if not self.has_classes:
            return torch.ones(len(y), 1, dtype=y.dtype, device=y.device)
        groups = torch.zeros_like(y, requires_grad=False)
        return groups.scatter_(1, y.argmax(1, keepdim=True), 1.0)

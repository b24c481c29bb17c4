"""The loss of kernel inducing points and its gradient for radial kernels."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...engine.deadline import check_deadline
from .discrepancy_terms import DiscrepancyTerms, group_sums
from .kernels import RadialKernel, squared_distances

# Linear systems are solved in single precision if their relative error is below this
# value. The error of the kernel matrix itself is of the same order.
MAX_RELATIVE_ERROR = 0.01
# The number of elements of the blocks in which large matrices are processed, so that a
# block stays in the cache of a processor.
BLOCK_SIZE = 1 << 18


def solver_dtype(n_rows: int, ridge: float, dtype: torch.dtype) -> torch.dtype:
    """Return the precision in which a regularized kernel matrix is factorized.

    No eigenvalue of a kernel matrix exceeds its trace, so that 1 + n_rows / ridge is an
    upper bound of the condition number.

    Parameters
    ----------
    n_rows : int
    ridge : float
        The regularization, relative to the mean of the diagonal.
    dtype : torch.dtype
        The precision of the kernel matrix.
    """
    bound = (1.0 + n_rows / ridge) * torch.finfo(dtype).eps
    return dtype if bound < MAX_RELATIVE_ERROR else torch.float64


class RidgeFactor:
    r"""The Cholesky factor of :math:`K + \lambda I`.

    The factor solves the linear systems of the forward and of the backward pass.

    Parameters
    ----------
    K : Tensor of shape (m, m)
        The matrix of a kernel whose diagonal is 1.
    ridge : float
        :math:`\lambda`.
    """

    def __init__(self, K: Tensor, ridge: float):
        regular = K.to(solver_dtype(len(K), ridge, K.dtype), copy=True)
        regular.diagonal().add_(ridge)
        self.factor, self.failed = torch.linalg.cholesky_ex(regular)

    def solve(self, targets: Tensor) -> Tensor:
        """Return the solution, or NaN if the matrix is not positive definite."""
        solved = targets.to(self.factor.dtype)
        # `torch.cholesky_solve` would copy the factor.
        for factor, upper in ((self.factor, False), (self.factor.mT, True)):
            solved = torch.linalg.solve_triangular(factor, solved, upper=upper)
        # The loop treats NaN as a non-finite loss.
        return solved.masked_fill(self.failed != 0, torch.nan).to(targets.dtype)


class RadialRidgeLoss(torch.autograd.Function):
    r"""The sum of the losses of `KernelRidgeLoss` over radial kernels.

    All kernel matrices are functions of the same distances, and the derivative of the
    loss of a kernel matrix is a product of two thin matrices. The gradient is therefore
    computed together with the loss, one kernel after the other: with the residuals
    :math:`E = K_{SR}^\top A - y_R`, where :math:`A = (K_{SS} + \lambda I)^{-1} y_S`,
    and :math:`V = (K_{SS} + \lambda I)^{-1} K_{SR} E`, the derivatives of the mean
    squared error are

    .. math:: \frac{\partial L}{\partial K_{SR}} = \frac{2}{n} A E^\top, \qquad
              \frac{\partial L}{\partial K_{SS}} = -\frac{2}{n} V A^\top.

    The memory is that of four (m, m) matrices.
    """

    @staticmethod
    def forward(
        ctx: Any,
        S: Tensor,
        y_S: Tensor,
        R: Tensor,
        y_R: Tensor,
        kernels: Sequence[RadialKernel],
        terms: DiscrepancyTerms,
        ridge: float,
    ) -> Tensor:
        """Return the loss of synthetic rows S and real rows R.

        Parameters
        ----------
        S : Tensor of shape (m, d)
        y_S : Tensor of shape (m, c)
        R : Tensor of shape (n, d)
        y_R : Tensor of shape (n, c)
        kernels : sequence of RadialKernel
        terms : DiscrepancyTerms
        ridge : float
        """
        loss = S.new_zeros(())
        by_distance: dict[Any, list[RadialKernel]] = {}
        for kernel in kernels:
            by_distance.setdefault(kernel.distances, []).append(kernel)
        wanted = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        grad_S, grad_y = torch.zeros_like(S), torch.zeros_like(y_S)
        for distances, same in by_distance.items():
            step = DistanceLoss(distances, S, R, wanted)
            for kernel in same:
                value, weights_grad = step.add(kernel, y_S, y_R, terms, ridge)
                loss += value
                if wanted:
                    grad_y += weights_grad
            if ctx.needs_input_grad[0]:
                grad_S += step.gradient()
        ctx.save_for_backward(grad_S, grad_y)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        grad_S, grad_y = ctx.saved_tensors
        needs_S, needs_y = ctx.needs_input_grad[:2]
        return (
            gradient * grad_S if needs_S else None,
            gradient * grad_y if needs_y else None,
            *[None] * 5,
        )


class DistanceLoss:
    """The loss and the gradient of the kernels of one distance.

    Parameters
    ----------
    distances : callable
        Maps two matrices of rows to their distances.
    S, R : Tensor of shape (m, d) and (n, d)
        Synthetic and real rows.
    wanted : bool
        Whether the gradient is computed.
    """

    def __init__(self, distances: Any, S: Tensor, R: Tensor, wanted: bool):
        self.S, self.R, self.wanted = S, R, wanted
        self.is_squared = distances is squared_distances
        self.leaf = S.detach().requires_grad_(wanted and not self.is_squared)
        with torch.set_grad_enabled(self.leaf.requires_grad):
            self.graphs = distances(self.leaf, S), distances(self.leaf, R)
        self.D_SS, self.D_SR = (graph.detach() for graph in self.graphs)
        if self.is_squared:
            # Rounding errors would make the kernel of a row and itself differ from 1.
            self.D_SS.fill_diagonal_(0.0)
        self.seconds = 0.0
        if wanted:
            # The derivatives of the loss with respect to the distances.
            self.G_SS = torch.zeros_like(self.D_SS)
            self.G_SR = torch.zeros_like(self.D_SR)

    def add(
        self,
        kernel: RadialKernel,
        y_S: Tensor,
        y_R: Tensor,
        terms: DiscrepancyTerms,
        ridge: float,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the loss of a kernel and its derivative with respect to `y_S`."""
        check_deadline(self.seconds)
        started = time.monotonic()
        K_SS = blockwise_similarities(kernel, self.D_SS)
        K_SR = blockwise_similarities(kernel, self.D_SR)
        factor = RidgeFactor(K_SS, ridge)
        weights = factor.solve(y_S)
        errors = K_SR.T @ weights - y_R
        loss = errors.square().sum() / len(errors)
        if terms.weight:
            within = group_sums(K_SS, terms.groups_S, terms.groups_S)
            across = group_sums(K_SR, terms.groups_S, terms.groups_R)
            loss = loss + terms.discrepancy(within, across)
        solved = None
        if self.wanted:
            scaled = errors * (2.0 / len(errors))
            solved = factor.solve(K_SR @ scaled)
            left, right = [weights], [scaled]
            # The distances of synthetic rows are symmetric, so that the derivatives
            # with respect to both of its halves are added.
            left_S, right_S = [solved, weights], [-weights, -solved]
            if terms.weight:
                left += [terms.groups_S * terms.across]
                right += [terms.groups_R]
                left_S += [terms.groups_S * (2.0 * terms.within)]
                right_S += [terms.groups_S]
            outer = -1.0 / kernel.bandwidth
            add_products(self.G_SR, K_SR, torch.cat(left, 1) * outer, right)
            add_products(self.G_SS, K_SS, torch.cat(left_S, 1) * outer, right_S)
        self.seconds = time.monotonic() - started
        return loss, solved

    def gradient(self) -> Tensor:
        """Return the derivative of the loss with respect to the synthetic rows."""
        if self.is_squared:
            return self._squared_gradient()
        # Only the first of the two arguments of the distances is differentiated. The
        # derivatives with respect to the second are part of `G_SS`.
        (found,) = torch.autograd.grad(self.graphs, self.leaf, (self.G_SS, self.G_SR))
        return found

    def _squared_gradient(self) -> Tensor:
        """Return the gradient of squared Euclidean distances."""
        sums = self.G_SS.sum(1) + self.G_SR.sum(1)
        product = self.G_SS @ self.S
        product.addmm_(self.G_SR, self.R)
        return 2.0 * (sums[:, None] * self.S - product)


def blockwise_similarities(kernel: RadialKernel, distances: Tensor) -> Tensor:
    """Return the kernel matrix of distances, computed in blocks of rows."""
    similarities = torch.empty_like(distances)
    for block in row_blocks(distances):
        part = similarities[block]
        torch.mul(distances[block], -1.0 / kernel.bandwidth, out=part)
        part.exp_()
    return similarities


def add_products(
    total: Tensor, K: Tensor, left: Tensor, right: Sequence[Tensor]
) -> None:
    """Add the product of two thin matrices, times K element by element, to `total`."""
    thin = torch.cat(list(right), 1).T
    for block in row_blocks(K):
        total[block].addcmul_(left[block] @ thin, K[block])


def row_blocks(matrix: Tensor) -> list[slice]:
    """Return the rows of each block of about `BLOCK_SIZE` elements."""
    size = max(1, BLOCK_SIZE // matrix.shape[1])
    return [slice(a, a + size) for a in range(0, len(matrix), size)]

"""The loss of kernel inducing points and its gradient for means of radial kernels."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from ...engine.deadline import check_deadline
from .discrepancy_terms import DiscrepancyTerms, group_sums
from .kernels import Kernel, MeanKernel, squared_distances

# Linear systems are solved in single precision if their relative error is below this
# value. The error of the kernel matrix itself is of the same order.
MAX_RELATIVE_ERROR = 0.01
# The number of elements of the blocks in which large matrices are processed, so that a
# block stays in the cache of a processor.
BLOCK_SIZE = 1 << 18
# The same for the blocks of signs of differences, which have an element for each pair
# of rows and each column.
SIGN_BLOCK_SIZE = 1 << 19


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
    r"""The loss of `KernelRidgeLoss` for a mean of radial kernels.

    All kernel matrices are functions of the same distances, and the derivative of the
    loss with respect to the kernel matrix is a product of two thin matrices. The
    gradient is therefore computed together with the loss: with the residuals :math:`E =
    K_{SR}^\top A - y_R`, where :math:`A = (K_{SS} + \lambda I)^{-1} y_S`, and
    :math:`V = (K_{SS} + \lambda I)^{-1} K_{SR} E`, the derivatives of the mean squared
    error are

    .. math:: \frac{\partial L}{\partial K_{SR}} = \frac{2}{n} A E^\top, \qquad
              \frac{\partial L}{\partial K_{SS}} = -\frac{2}{n} V A^\top.

    The memory is that of about five (m, m) matrices.
    """

    @staticmethod
    def forward(
        ctx: Any,
        S: Tensor,
        y_S: Tensor,
        R: Tensor,
        y_R: Tensor,
        kernel: MeanKernel,
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
        kernel : MeanKernel
        terms : DiscrepancyTerms
        ridge : float
        """
        check_deadline()
        started = time.monotonic()
        m, n_targets = y_S.shape
        pairs = RowPairs(kernel, S, torch.cat([S, R]))
        K_SS, K_SR = pairs.K[:, :m], pairs.K[:, m:]
        # The factorization takes at least as long as the matrices.
        check_deadline(time.monotonic() - started)
        factor = RidgeFactor(K_SS, ridge)
        weights = factor.solve(y_S)
        products = K_SR.T @ torch.cat([weights, terms.groups_S], 1)
        errors = products[:, :n_targets] - y_R
        loss = errors.square().sum() / len(errors)
        if terms.weight:
            within = group_sums(K_SS, terms.groups_S, terms.groups_S)
            across = (products[:, n_targets:] * terms.groups_R).sum(0)
            loss = loss + terms.discrepancy(within, across)
        grad_S: Any = None
        grad_y: Any = None
        needs_S, needs_y = ctx.needs_input_grad[:2]
        if needs_S or needs_y:
            scaled = errors * (2.0 / len(errors))
            grad_y = factor.solve(K_SR @ scaled)
            del factor
        if needs_S:
            # The distances of synthetic rows are symmetric, so that the derivatives
            # with respect to both of its halves are added.
            left = torch.cat([weights, grad_y, terms.groups_S], 1)
            of_S = [-grad_y, -weights, terms.groups_S * (2.0 * terms.within)]
            of_R = [scaled, torch.zeros_like(scaled), terms.groups_R * terms.across]
            right = torch.cat([torch.cat(of_S, 1), torch.cat(of_R, 1)])
            grad_S = pairs.gradient(left, right)
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


class RowPairs:
    """The mean of radial kernels of pairs of rows, and its derivatives.

    Parameters
    ----------
    kernel : MeanKernel
    S : Tensor of shape (m, d)
        Synthetic rows.
    rows : Tensor of shape (m + n, d)
        The synthetic rows and the real rows.

    Attributes
    ----------
    K : Tensor of shape (m, m + n)
        The kernel matrix.
    """

    def __init__(self, kernel: MeanKernel, S: Tensor, rows: Tensor):
        self.S, self.rows = S, rows
        self.K = S.new_zeros(len(S), len(rows))
        # The derivatives of the kernel with respect to the distances.
        self.slopes: dict[Kernel, Tensor] = {}
        share = 1.0 / len(kernel.parts)
        for function, bandwidths in kernel.by_distance.items():
            distances = function(S, rows)
            # Rounding errors would make the kernel of a row and itself differ from 1.
            distances[:, : len(S)].fill_diagonal_(0.0)
            add_similarities(self.K, distances, bandwidths, share)
            self.slopes[function] = distances

    def gradient(self, left: Tensor, right: Tensor) -> Tensor:
        """Return the derivative of a loss with respect to the synthetic rows.

        The product of `left`, of shape (m, r), and the transpose of `right`, of shape
        (m + n, r), is the derivative of the loss with respect to the kernel matrix.
        """
        total = torch.zeros_like(self.S)
        for function, slopes in self.slopes.items():
            is_squared = function is squared_distances
            gradient = (SquaredGradient if is_squared else CityBlockGradient)(self.rows)
            for block in row_blocks(slopes):
                G = slopes[block].mul_(left[block] @ right.T)
                total[block] += gradient(G, self.S[block])
        return total


class SquaredGradient:
    """The gradient of a weighted sum of squared Euclidean distances to rows."""

    def __init__(self, rows: Tensor):
        self.columns = F.pad(rows, (0, 1), value=1.0)

    def __call__(self, G: Tensor, S: Tensor) -> Tensor:
        """Return the gradient with respect to S; G are the weights of the distances."""
        products = G @ self.columns
        return 2.0 * (products[:, -1:] * S - products[:, :-1])


class CityBlockGradient:
    """The gradient of a weighted sum of city-block distances to rows."""

    def __init__(self, rows: Tensor):
        self.columns = rows.T.contiguous()
        self.size = max(1, SIGN_BLOCK_SIZE // rows.numel())
        self.signs = rows.new_empty(self.size, *self.columns.shape)

    def __call__(self, G: Tensor, S: Tensor) -> Tensor:
        """Return the gradient with respect to S; G are the weights of the distances."""
        found = torch.empty_like(S)
        for start in range(0, len(S), self.size):
            block = slice(start, start + self.size)
            part = S[block]
            # `torch.cdist` differentiates more slowly for tables of few columns.
            signs = torch.sub(
                part[:, :, None], self.columns, out=self.signs[: len(part)]
            )
            torch.bmm(signs.sign_(), G[block, :, None], out=found[block, :, None])
        return found


def add_similarities(
    K: Tensor, distances: Tensor, bandwidths: list[float], share: float
) -> None:
    """Add kernels of distances to K, and replace the distances by the derivatives.

    The kernels are computed in blocks of rows.

    Parameters
    ----------
    K, distances : Tensor of shape (m, n)
    bandwidths : list of float
    share : float
        The factor of each kernel.
    """
    for block in row_blocks(distances):
        d, slopes = distances[block], torch.zeros_like(distances[block])
        similarities = torch.empty_like(d)
        for bandwidth in bandwidths:
            torch.mul(d, -1.0 / bandwidth, out=similarities).exp_()
            K[block].add_(similarities, alpha=share)
            slopes.add_(similarities, alpha=-share / bandwidth)
        d.copy_(slopes)


def row_blocks(matrix: Tensor) -> list[slice]:
    """Return the rows of each block of about `BLOCK_SIZE` elements."""
    size = max(1, BLOCK_SIZE // matrix.shape[1])
    return [slice(a, a + size) for a in range(0, len(matrix), size)]

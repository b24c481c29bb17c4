"""The loss of kernel inducing points for the linear kernel, by its coefficients."""

# SPDX-License-Identifier: BSD-3-Clause

import torch
import torch.nn.functional as F
from torch import Tensor

from .discrepancy_terms import DiscrepancyTerms


def linear_ridge_loss(
    S: Tensor,
    y_S: Tensor,
    R: Tensor,
    y_R: Tensor,
    terms: DiscrepancyTerms,
    ridge: float,
) -> Tensor:
    r"""Return the loss of the linear kernel without computing its matrix.

    With the features :math:`F = (S / \sqrt d, 1)`, the linear kernel is :math:`F
    F^\top`, and the coefficients of ridge regression are :math:`(F^\top F + \lambda
    \bar k I)^{-1} F^\top y`. The d + 1 equations are solved in double precision.

    Parameters
    ----------
    S, y_S : Tensor of shape (m, d) and (m, c)
        Synthetic rows and their targets.
    R, y_R : Tensor of shape (n, d) and (n, c)
        Real rows and their targets.
    terms : DiscrepancyTerms
    ridge : float
        :math:`\lambda`, relative to the mean of the diagonal of the kernel.
    """
    f_S, f_R = features(S), features(R)
    penalty = ridge * f_S.square().sum(1).mean()
    identity = torch.eye(f_S.shape[1], dtype=f_S.dtype, device=f_S.device)
    products = f_S.T @ torch.cat([f_S, y_S.double()], 1)
    squares, targets = products.split([len(identity), y_S.shape[1]], 1)
    coefficients = torch.linalg.solve_ex(squares + penalty * identity, targets)[0]
    loss = (f_R @ coefficients - y_R).square().sum(1).mean()
    if terms.weight:
        sums_S = terms.groups_S.T.double() @ f_S
        sums_R = terms.groups_R.T.double() @ f_R
        within, across = sums_S.square().sum(1), (sums_S * sums_R).sum(1)
        loss = loss + terms.discrepancy(within, across)
    return loss.to(S.dtype)


def features(rows: Tensor) -> Tensor:
    """Return the features whose dot product is the linear kernel."""
    return F.pad(rows.double() / rows.shape[1] ** 0.5, (0, 1), value=1.0)

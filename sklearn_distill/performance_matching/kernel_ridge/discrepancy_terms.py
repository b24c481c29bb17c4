"""The squared maximum mean discrepancy of synthetic and real rows, group by group."""

# SPDX-License-Identifier: BSD-3-Clause

from torch import Tensor


def group_sums(K: Tensor, groups_a: Tensor, groups_b: Tensor) -> Tensor:
    """Return the sum of K over the pairs of rows of each group.

    Parameters
    ----------
    K : Tensor of shape (n_a, n_b)
    groups_a, groups_b : Tensor of shape (n_a, n_groups) and (n_b, n_groups)
        One-hot vectors.

    Returns
    -------
    Tensor of shape (n_groups,)
    """
    return ((K @ groups_b) * groups_a).sum(0)


class DiscrepancyTerms:
    r"""The coefficients of the discrepancy of each pair of rows.

    The discrepancy of a kernel is :math:`\mathbb{E}\, k(s, s') - 2\, \mathbb{E}\,
    k(s, r)` within each group, averaged over the synthetic rows. Groups without real
    rows are left out, because their synthetic rows would only repel each other. The
    third term, :math:`\mathbb{E}\, k(r, r')`, does not depend on synthetic rows.

    Parameters
    ----------
    groups_S, groups_R : Tensor of shape (m, n_groups) and (n, n_groups)
        One-hot vectors of the groups of the synthetic and of the real rows.
    weight : float
        The weight of the discrepancy.

    Attributes
    ----------
    within, across : Tensor of shape (n_groups,)
        The coefficient of a pair of synthetic rows of a group, and of a pair of a
        synthetic and a real row.
    """

    def __init__(self, groups_S: Tensor, groups_R: Tensor, weight: float):
        self.groups_S, self.groups_R, self.weight = groups_S, groups_R, weight
        n_S, n_R = groups_S.sum(0), groups_R.sum(0)
        has_real = (n_R > 0).to(n_S.dtype)
        share = weight * has_real / (n_S * has_real).sum().clamp_min(1.0)
        self.within = share / n_S.clamp_min(1.0)
        self.across = -2.0 * share / n_R.clamp_min(1.0)

    def discrepancy(self, within: Tensor, across: Tensor) -> Tensor:
        """Return the weighted discrepancy from the `group_sums` of a kernel."""
        return (within * self.within + across * self.across).sum()

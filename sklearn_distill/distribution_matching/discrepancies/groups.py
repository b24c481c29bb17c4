"""Groups of rows: membership, means, and the features that represent the targets."""

# SPDX-License-Identifier: BSD-3-Clause

import torch
from torch import Tensor


def membership(targets: Tensor, has_classes: bool) -> Tensor:
    """Return which rows belong to which group, as a 0-1 matrix.

    Parameters
    ----------
    targets : Tensor of shape (n, n_targets)
        Centered one-hot vectors if there are classes.
    has_classes : bool
        Whether groups are classes; otherwise all rows form one group.

    Returns
    -------
    Tensor of shape (n, n_groups)
    """
    if not has_classes:
        return torch.ones(len(targets), 1, device=targets.device)
    one_hot = torch.zeros_like(targets)
    return one_hot.scatter_(1, targets.argmax(dim=1, keepdim=True), 1.0)


def with_target(features: Tensor, targets: Tensor) -> Tensor:
    """Return the features f joined with the products y f for each target y.

    The means of the products describe how the features depend on continuous targets.
    """
    products = [target[:, None] * features for target in targets.unbind(1)]
    return torch.cat([features, *products], dim=2)


def group_means(features: Tensor, groups: Tensor) -> Tensor:
    """Return the mean features of each group, of shape (n_networks, n_groups, d)."""
    shares = groups / groups.sum(dim=0).clamp_min(1.0)
    return torch.einsum("ng,knd->kgd", shares, features)


def in_both(of_synthetic: Tensor, of_real: Tensor) -> Tensor:
    """Return a mask of the groups that have synthetic as well as real rows."""
    return (of_synthetic.sum(dim=0) > 0) & (of_real.sum(dim=0) > 0)

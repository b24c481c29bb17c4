"""The loss of the linear kernel, computed by its coefficients."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch

from sklearn_distill.performance_matching.kernel_ridge import kernels
from sklearn_distill.performance_matching.kernel_ridge.discrepancy_terms import (
    DiscrepancyTerms,
    group_sums,
)
from sklearn_distill.performance_matching.kernel_ridge.linear_loss import (
    features,
    linear_ridge_loss,
)
from sklearn_distill.performance_matching.kernel_ridge.ridge_loss import ridge_weights


def rows(n, d, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def test_dot_products_of_features_are_the_linear_kernel():
    a, b = rows(4, 3, 0), rows(5, 3, 1)
    np.testing.assert_allclose(features(a) @ features(b).T, kernels.linear(a, b))


@pytest.mark.parametrize("weight", [0.0, 0.8])
@pytest.mark.parametrize("m", [3, 12])
def test_loss_is_that_of_the_kernel_matrix(m, weight):
    """Both forms agree with more and with fewer rows than columns."""
    S, R, y_S, y_R = rows(m, 4, 0), rows(6, 4, 1), rows(m, 2, 2), rows(6, 2, 3)
    one_hot = torch.eye(2).double()
    groups = one_hot[torch.arange(m) % 2], one_hot[torch.arange(6) % 2]
    terms = DiscrepancyTerms(*groups, weight)
    found = linear_ridge_loss(S, y_S, R, y_R, terms, 0.3)
    K_SS, K_SR = kernels.linear(S, S), kernels.linear(S, R)
    errors = K_SR.T @ ridge_weights(K_SS, y_S, 0.3) - y_R
    within = group_sums(K_SS, groups[0], groups[0])
    mmd = terms.discrepancy(within, group_sums(K_SR, *groups))
    expected = errors.square().sum(1).mean() + mmd
    assert float(found) == pytest.approx(float(expected), rel=1e-10)

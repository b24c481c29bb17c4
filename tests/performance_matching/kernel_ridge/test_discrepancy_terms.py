"""The maximum mean discrepancy by groups, compared with formulas by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch

from sklearn_distill.performance_matching.kernel_ridge import kernels
from sklearn_distill.performance_matching.kernel_ridge.discrepancy_terms import (
    DiscrepancyTerms,
    group_sums,
)


def discrepancy(K_SS, K_SR, groups_S, groups_R, weight=1.0):
    terms = DiscrepancyTerms(groups_S, groups_R, weight)
    within = group_sums(K_SS, groups_S, groups_S)
    return float(terms.discrepancy(within, group_sums(K_SR, groups_S, groups_R)))


def test_group_sums_by_hand():
    K = torch.arange(6.0).reshape(2, 3)
    groups_b = torch.eye(2)[[0, 0, 1]]
    found = group_sums(K, torch.eye(2), groups_b)
    assert found.tolist() == [0.0 + 1.0, 5.0]


def test_discrepancy_of_two_classes_by_hand():
    K_SS = torch.tensor([[1.0, 0.3], [0.3, 1.0]])
    K_SR = torch.tensor([[0.8, 0.6, 0.1], [0.2, 0.4, 0.9]])
    found = discrepancy(K_SS, K_SR, torch.eye(2), torch.eye(2)[[0, 0, 1]], 0.5)
    assert found == pytest.approx(0.5 * (1.0 - 2 * (0.7 + 0.9) / 2))


def test_discrepancy_skips_classes_without_real_rows():
    """The distilled rows of such a class would only repel each other."""
    K_SS = torch.tensor([[1.0, 0.3], [0.3, 1.0]])
    K_SR = torch.tensor([[0.8, 0.6], [0.2, 0.4]])
    found = discrepancy(K_SS, K_SR, torch.eye(2), torch.eye(2)[[0, 0]])
    assert found == pytest.approx(1.0 - 2 * 0.7)


def test_discrepancy_is_averaged_over_distilled_rows():
    """The term that does not depend on the distilled rows is left out."""
    rng = torch.Generator().manual_seed(0)
    R, S = torch.randn(7, 5, generator=rng), torch.randn(4, 5, generator=rng)
    classes_R, classes_S = np.arange(7) % 2, np.array([0, 1, 1, 1])
    kernel, one_hot = kernels.gaussian(4.0), torch.eye(2)
    K_SS, K_SR = kernel(S, S), kernel(S, R)
    found = discrepancy(K_SS, K_SR, one_hot[classes_S], one_hot[classes_R])
    expected = 0.0
    for label in (0, 1):
        of_S, of_R = classes_S == label, classes_R == label
        term = K_SS[of_S][:, of_S].mean() - 2.0 * K_SR[of_S][:, of_R].mean()
        expected += of_S.mean() * float(term)
    assert found == pytest.approx(expected, rel=1e-5)

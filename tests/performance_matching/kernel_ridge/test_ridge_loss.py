"""The objective of kernel inducing points: ridge regression and discrepancy."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.kernel_ridge import KernelRidge

from sklearn_distill.performance_matching.kernel_ridge import kernels, ridge_loss
from sklearn_distill.performance_matching.kernel_ridge.ridge_loss import (
    KernelRidgeLoss,
    mean_discrepancy,
    mean_within,
    ridge_weights,
)


def two_batches(d=5):
    rng = torch.Generator().manual_seed(0)
    return torch.randn(7, d, generator=rng), torch.randn(4, d, generator=rng)


def rows(n, d=3, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=dtype)


def test_ridge_weights_are_dual_coefficients_of_kernel_ridge():
    """The penalty is relative to the mean of the diagonal of the kernel matrix."""
    a = two_batches()[0].double()
    y = a[:, :2] ** 2
    K = kernels.linear(a, a)
    alpha = 0.2 * float(K.diagonal().mean())
    expected = KernelRidge(alpha=alpha, kernel="precomputed").fit(K, y).dual_coef_
    np.testing.assert_allclose(ridge_weights(K, y, 0.2), expected, rtol=1e-9)


def test_predictions_agree_with_kernel_ridge_of_scikit_learn():
    S, y, R = rows(8), rows(8, 2, 1), rows(5, 3, 2)
    kernel = kernels.gaussian(2.0)
    ours = kernel(R, S) @ ridge_weights(kernel(S, S), y, 0.3)
    theirs = KernelRidge(kernel="rbf", gamma=0.5, alpha=0.3).fit(S, y).predict(R)
    np.testing.assert_allclose(ours, theirs, atol=1e-10)


@pytest.mark.parametrize(
    "kernel",
    [
        kernels.linear,
        kernels.gaussian(2.0),
        kernels.laplacian(2.0),
        kernels.wide_network(2, True),
    ],
)
def test_gradients_agree_with_finite_differences(kernel):
    """Gradients flow through the linear system and through the discrepancy."""
    y_S, y_R = (
        torch.eye(2).double()[[0, 1, 0, 1]] - 0.5,
        torch.eye(2).double()[[0, 1, 1]],
    )
    loss = KernelRidgeLoss([kernel], ridge=0.2, mmd_weight=1.0, has_classes=True)
    R = rows(3, seed=5)

    def objective(S):
        # The objective adds double-precision terms to a zero in single precision.
        return loss((S, y_S), (R, y_R - 0.5)).double()

    assert torch.autograd.gradcheck(
        objective, rows(4).requires_grad_(), eps=1e-4, atol=1e-3, rtol=1e-3
    )


def test_mean_discrepancy_of_two_classes_by_hand():
    K_SS = torch.tensor([[1.0, 0.3], [0.3, 1.0]])
    K_SR = torch.tensor([[0.8, 0.6, 0.1], [0.2, 0.4, 0.9]])
    like_SR = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = mean_discrepancy(mean_within(K_SS, torch.eye(2)), K_SR, like_SR)
    assert float(found) == pytest.approx(1.0 - 2 * (0.7 + 0.9) / 2)


def test_mean_discrepancy_skips_classes_without_real_rows():
    """The distilled rows of such a class would only repel each other."""
    K_SS = torch.tensor([[1.0, 0.3], [0.3, 1.0]])
    K_SR = torch.tensor([[0.8, 0.6], [0.2, 0.4]])
    like_SR = torch.tensor([[1.0, 1.0], [0.0, 0.0]])
    found = mean_discrepancy(mean_within(K_SS, torch.eye(2)), K_SR, like_SR)
    assert float(found) == pytest.approx(1.0 - 2 * 0.7)


def test_mean_discrepancy_is_the_mean_over_classes():
    """The term that does not depend on the distilled rows is left out."""
    a, b = two_batches()
    classes_a, classes_b = np.arange(7) % 2, np.arange(4) % 2
    kernel = kernels.gaussian(4.0)
    like_SS = torch.tensor(classes_b[:, None] == classes_b).float()
    like_SR = torch.tensor(classes_b[:, None] == classes_a).float()
    found = mean_discrepancy(mean_within(kernel(b, b), like_SS), kernel(b, a), like_SR)
    expected = 0.0
    for label in (0, 1):
        S, R = b[classes_b == label], a[classes_a == label]
        term = kernel(S, S).mean() - 2.0 * kernel(S, R).mean()
        expected += float(term) / 2
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_validation_solves_once_for_the_same_synthetic_rows(monkeypatch):
    """A step solves anew; batches of a validation pass share the solution."""
    n_solved = 0

    def counted(*arguments):
        nonlocal n_solved
        n_solved += 1
        return ridge_weights(*arguments)

    monkeypatch.setattr(ridge_loss, "ridge_weights", counted)
    loss = KernelRidgeLoss([kernels.linear, kernels.gaussian(2.0)], 0.2, 1.0, False)
    S, y_S = rows(6), rows(6, 1, 1)
    batches = [(rows(5, 3, seed), rows(5, 1, seed)) for seed in (2, 3, 4)]
    trained = [float(loss((S, y_S), batch)) for batch in batches]
    assert n_solved == 6
    loss.eval()
    evaluated = [float(loss((S.clone(), y_S), batch)) for batch in batches]
    assert n_solved == 8
    assert evaluated == trained
    changed = float(loss((S + 1.0, y_S), batches[0]))
    assert n_solved == 10
    assert changed != trained[0]

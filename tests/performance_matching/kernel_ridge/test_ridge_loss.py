"""The objective of kernel inducing points: ridge regression and discrepancy."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.kernel_ridge import KernelRidge

from sklearn_distill.performance_matching.kernel_ridge import kernels
from sklearn_distill.performance_matching.kernel_ridge.ridge_loss import (
    KernelRidgeLoss,
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


PORTFOLIO = [
    kernels.linear,
    kernels.gaussian(1.0),
    kernels.gaussian(4.0),
    kernels.laplacian(2.0),
]


MEAN = kernels.MeanKernel(tuple(PORTFOLIO[1:]))


@pytest.mark.parametrize(
    "used",
    [
        *([kernel] for kernel in PORTFOLIO),
        PORTFOLIO,
        [kernels.linear, MEAN],
        [kernels.wide_network(2, True)],
    ],
)
@pytest.mark.parametrize("n_rows", [3, 6])
@pytest.mark.parametrize("mmd_weight", [0.0, 1.0])
def test_gradients_agree_with_finite_differences(used, n_rows, mmd_weight):
    """Gradients flow through the linear system and through the discrepancy.

    The linear kernel of 6 rows of 3 columns is computed by its coefficients.
    """
    y_S = torch.eye(2).double()[torch.arange(n_rows) % 2] - 0.5
    y_R = torch.eye(2).double()[[0, 1, 1]] - 0.5
    loss = KernelRidgeLoss(used, 0.2, mmd_weight, has_classes=True)
    R = rows(3, seed=5)
    arguments = rows(n_rows).requires_grad_(), (y_S + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda S, y: loss((S, y), (R, y_R)), arguments, atol=1e-6
    )


@pytest.mark.parametrize("used", [PORTFOLIO, [kernels.linear, MEAN]])
@pytest.mark.parametrize("has_classes", [True, False])
def test_training_and_validation_compute_the_same_loss_and_gradient(used, has_classes):
    """In validation, the loss is computed from the matrices of all kernels."""
    S, R = rows(9).requires_grad_(), rows(6, seed=1)
    y_S, y_R = rows(9, 2, 2), rows(6, 2, 3)
    found = []
    for training in (True, False):
        loss = KernelRidgeLoss(used, 0.1, 0.7, has_classes).train(training)
        value = loss((S, y_S), (R, y_R))
        found.append((value.detach(), torch.autograd.grad(value, S)[0]))
    for trained, evaluated in zip(*found, strict=True):
        np.testing.assert_allclose(trained, evaluated, rtol=1e-9)


def test_loss_of_the_portfolio_is_the_mean_over_kernels_of_plain_formulas():
    S, R = rows(9), rows(6, seed=1)
    classes_S, classes_R = np.arange(9) % 3, np.arange(6) % 2
    y_S, y_R = (torch.eye(3).double()[c] - 1 / 3 for c in (classes_S, classes_R))
    expected = []
    for kernel in PORTFOLIO:
        K_SS, K_SR = kernel(S, S), kernel(S, R)
        weights = ridge_weights(K_SS, y_S, 0.2)
        error = float((K_SR.T @ weights - y_R).square().sum(1).mean())
        # Class 2 has no real rows and is left out.
        terms = []
        for label in (0, 1):
            of_S, of_R = classes_S == label, classes_R == label
            within = K_SS[of_S][:, of_S].mean()
            terms.append(float(within - 2.0 * K_SR[of_S][:, of_R].mean()))
        expected.append(error + 0.5 * np.mean(terms))
    found = KernelRidgeLoss(PORTFOLIO, 0.2, 0.5, True)((S, y_S), (R, y_R))
    assert float(found) == pytest.approx(np.mean(expected), rel=1e-9)


def test_mean_of_kernels_counts_as_often_as_it_has_parts():
    S, R, y_S, y_R = rows(9), rows(6, seed=1), rows(9, 2, 2), rows(6, 2, 3)
    linear, mean, both = (
        float(KernelRidgeLoss(used, 0.2, 0.5, False)((S, y_S), (R, y_R)))
        for used in ([kernels.linear], [MEAN], [kernels.linear, MEAN])
    )
    assert both == pytest.approx((linear + 3 * mean) / 4, rel=1e-9)
    K = {name: MEAN(S, other) for name, other in (("SS", S), ("SR", R))}
    error = (K["SR"].T @ ridge_weights(K["SS"], y_S, 0.2) - y_R).square().sum(1).mean()
    discrepancy = K["SS"].mean() - 2.0 * K["SR"].mean()
    assert mean == pytest.approx(float(error + 0.5 * discrepancy), rel=1e-9)


def test_validation_solves_once_for_the_same_synthetic_rows():
    """A step solves anew; batches of a validation pass share the solution."""
    n_solved = 0

    class Counted(kernels.RadialKernel):
        def similarities(self, distances):
            nonlocal n_solved
            n_solved += distances.shape[0] == distances.shape[1]
            return super().similarities(distances)

    used = [Counted(kernels.squared_distances, b) for b in (1.0, 2.0)]
    loss = KernelRidgeLoss(used, 0.2, 1.0, False)
    S, y_S = rows(6), rows(6, 1, 1)
    batches = [(rows(5, 3, seed), rows(5, 1, seed)) for seed in (2, 3, 4)]
    trained = [float(loss((S, y_S), batch)) for batch in batches]
    loss.eval()
    evaluated = [float(loss((S.clone(), y_S), batch)) for batch in batches]
    assert n_solved == 2
    assert evaluated == pytest.approx(trained, rel=1e-9)
    changed = float(loss((S + 1.0, y_S), batches[0]))
    assert n_solved == 4
    assert changed != pytest.approx(trained[0], rel=1e-3)

"""Cholesky solutions in single and double precision, and blocks of rows."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.kernel_ridge import KernelRidge

from sklearn_distill.engine.deadline import Deadline, OutOfTime
from sklearn_distill.performance_matching.kernel_ridge import kernels, radial_loss
from sklearn_distill.performance_matching.kernel_ridge.radial_loss import (
    RidgeFactor,
    solver_dtype,
)
from sklearn_distill.performance_matching.kernel_ridge.ridge_loss import KernelRidgeLoss

PORTFOLIO = [kernels.gaussian(1.0), kernels.gaussian(8.0), kernels.laplacian(4.0)]


def rows(n, d=4, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=generator, dtype=dtype)


def loss_and_gradient(S, y_S, R, y_R, ridge=0.2):
    S = S.clone().requires_grad_()
    loss = KernelRidgeLoss(PORTFOLIO, ridge, 1.0, True)((S, y_S), (R, y_R))
    loss.backward()
    return loss.detach(), S.grad


def test_factor_solves_kernel_ridge_regression():
    S, y = rows(30), rows(30, 2, 1)
    K = kernels.gaussian(3.0)(S, S)
    theirs = KernelRidge(alpha=0.3, kernel="precomputed").fit(K, y).dual_coef_
    np.testing.assert_allclose(RidgeFactor(K, 0.3).solve(y), theirs, atol=1e-10)


def test_solution_is_nan_if_the_matrix_is_not_positive_definite():
    K = torch.tensor([[1.0, 3.0], [3.0, 1.0]])
    assert RidgeFactor(K, 0.2).solve(torch.ones(2, 1)).isnan().all()


def test_systems_are_solved_in_double_precision_if_they_are_ill_conditioned():
    assert solver_dtype(5_000, 0.2, torch.float32) == torch.float32
    assert solver_dtype(100, 1e-6, torch.float32) == torch.float64
    # Two copies of a row make the unregularized matrix singular.
    S = rows(40, dtype=torch.float32).repeat(2, 1)
    y = rows(80, 1, 1, dtype=torch.float32)
    K = kernels.gaussian(8.0)(S, S)
    exact = torch.linalg.solve(K.double() + 1e-6 * torch.eye(80), y.double())
    found = RidgeFactor(K, 1e-6).solve(y).double()
    assert float((found - exact).norm() / exact.norm()) < 1e-5


def test_single_precision_agrees_with_double_precision():
    S, R, y_S, y_R = rows(300), rows(200, seed=1), rows(300, 3, 2), rows(200, 3, 3)
    exact = loss_and_gradient(S, y_S, R, y_R)
    found = loss_and_gradient(*(t.float() for t in (S, y_S, R, y_R)))
    assert float(found[0]) == pytest.approx(float(exact[0]), rel=1e-5)
    error = (found[1].double() - exact[1]).norm() / exact[1].norm()
    assert float(error) < 1e-4


def test_size_of_blocks_does_not_change_loss_or_gradient(monkeypatch):
    arguments = rows(23), rows(23, 3, 2), rows(17, seed=1), rows(17, 3, 3)
    whole = loss_and_gradient(*arguments)
    monkeypatch.setattr(radial_loss, "BLOCK_SIZE", 150)
    monkeypatch.setattr(radial_loss, "SIGN_BLOCK_SIZE", 320)
    for found, expected in zip(loss_and_gradient(*arguments), whole, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("d", [1, 3, 40])
def test_gradient_of_city_block_distances_is_that_of_autograd(d):
    S, R = rows(6, d).requires_grad_(), rows(9, d, 1)
    R[0] = S[0].detach()  # Equal values have the derivative 0.
    G = rows(6, 9, 2)
    (expected,) = torch.autograd.grad(torch.cdist(S, R, p=1), S, G)
    found = radial_loss.CityBlockGradient(R)(G, S.detach())
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_loss_raises_when_the_time_limit_has_passed():
    arguments = rows(5), rows(5, 3, 2), rows(4, seed=1), rows(4, 3, 3)
    with Deadline(0.0), pytest.raises(OutOfTime):
        loss_and_gradient(*arguments)

"""Scales of columns that are learned by gradient descent."""

import numpy as np
from scipy.optimize import check_grad

from sklearn_distill.base.learned_scales import learned_scales, loss_and_gradient


def rows(n, d, seed=0):
    return np.random.RandomState(seed).randn(n, d)


def test_gradient_agrees_with_finite_differences():
    Z, y = rows(40, 3), rows(40, 2, 1)
    fixed = Z, y, np.full(40, 1 / 40), rows(7, 3, 2)
    error = check_grad(
        lambda x: loss_and_gradient(x, *fixed)[0],
        lambda x: loss_and_gradient(x, *fixed)[1],
        np.log([0.5, 0.8, 0.3]),
    )
    assert error < 1e-6


def test_scale_of_an_irrelevant_column_shrinks_and_that_of_a_relevant_one_grows():
    Z = rows(600, 2).astype(np.float32)
    y = np.sin(4 * Z[:, :1])
    start = np.full(2, 0.5)
    relevant, irrelevant = learned_scales(Z, y, np.ones(600), Z[:50], start)
    assert relevant > 2 * 0.5
    assert irrelevant < 0.1 * 0.5


def test_a_scale_of_zero_can_grow():
    Z = rows(600, 2).astype(np.float32)
    y = np.sin(3 * Z[:, :1])
    found = learned_scales(Z, y, np.ones(600), Z[:50], np.array([0.0, 0.5]))
    assert found[0] > found[1]

"""The checks that every distiller must pass, and the properties of barycenters."""

# SPDX-License-Identifier: BSD-3-Clause

import doctest

import numpy as np
from sklearn_distill_transport import (
    WassersteinBarycenter,
    barycenter,
    transport_step,
)

from sklearn_distill.testing import parametrize_with_distiller_checks


@parametrize_with_distiller_checks([WassersteinBarycenter()])
def test_barycenter_passes_the_distiller_checks(estimator, check):
    check(estimator)


def test_docstring_example_runs():
    result = doctest.testmod(barycenter)
    assert result.attempted > 0
    assert result.failed == 0


def test_single_point_moves_to_the_weighted_mean():
    """The cost is the weighted variance about the unmoved point."""
    rng = np.random.RandomState(0)
    rows, mass = rng.randn(20, 3), rng.dirichlet(np.ones(20))
    moved, cost = transport_step(rows[:1], rows, mass)
    np.testing.assert_allclose(moved, [mass @ rows])
    np.testing.assert_allclose(cost, mass @ ((rows - rows[0]) ** 2).sum(axis=1))


def test_points_are_allocated_in_proportion_to_the_mass():
    """Of ten points, nine go to a cluster of 90 rows, one to a cluster of 10."""
    rng = np.random.RandomState(0)
    X = np.r_[rng.randn(90, 2), 50 + rng.randn(10, 2)]
    made = WassersteinBarycenter(budget=10, random_state=0).fit(X).distilled_
    assert (made.X[:, 0] < 25).sum() == 9


def test_cost_decreases_with_the_number_of_plans():
    rng = np.random.RandomState(0)
    X, y = rng.randn(200, 4), np.arange(200) % 2
    losses = [
        WassersteinBarycenter(8, max_iter=n, random_state=0).fit_distill(X, y).info
        for n in (1, 2, 4, 8)
    ]
    losses = [info["loss"] for info in losses]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.8 * losses[0]


def test_weights_are_equivalent_to_repeated_rows():
    """An integer weight gives the same cost and points as repeating the row."""
    rng = np.random.RandomState(0)
    rows, points = rng.randn(30, 2), rng.randn(3, 2)
    weights = rng.randint(1, 4, size=30)
    repeated = np.repeat(rows, weights, axis=0)
    weighted = transport_step(points, rows, weights / weights.sum())
    plain = transport_step(points, repeated, np.full(len(repeated), 1 / len(repeated)))
    np.testing.assert_allclose(weighted[1], plain[1])
    np.testing.assert_allclose(weighted[0], plain[0], atol=1e-8)


def test_regression_targets_are_transported_with_the_rows():
    """If y is a linear function of x, the points lie on the same line."""
    x = np.linspace(0.0, 10.0, 400)
    made = WassersteinBarycenter(budget=8, random_state=0).fit_distill(
        x[:, None], 3.0 * x + 1.0
    )
    np.testing.assert_allclose(made.y, 3.0 * made.X[:, 0] + 1.0, atol=0.05)
    np.testing.assert_allclose(np.sort(made.X[:, 0]), 10 * (np.arange(8) + 0.5) / 8,
                               atol=0.15)  # fmt: skip


def test_points_have_the_mean_of_their_class_unless_max_rows_samples_it():
    """With `max_rows`, the mean is that of the sampled rows, which differs."""
    X = np.random.RandomState(0).exponential(size=(600, 3))
    whole = WassersteinBarycenter(6, numeric="standard", random_state=0).fit_distill(X)
    np.testing.assert_allclose(whole.X.mean(axis=0), X.mean(axis=0), rtol=1e-5)
    method = WassersteinBarycenter(
        6, max_rows=50, numeric="standard", random_state=0
    ).fit(X)
    away = np.abs(method.distilled_.X.mean(axis=0) - X.mean(axis=0))
    assert away.max() > 0.01
    assert len(method.set_params(budget=70).fit_distill(X)) == 70

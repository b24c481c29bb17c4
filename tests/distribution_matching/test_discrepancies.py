"""Discrepancies: comparison with independent formulas, and gradient descent."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from sklearn.metrics.pairwise import rbf_kernel

from sklearn_distill.distribution_matching.discrepancies import (
    GaussianDiscrepancy,
    MeanDiscrepancy,
    group_means,
    make_discrepancy,
    membership,
    reverse_gradient,
    with_target,
)

NAMES = ["mean", "mmd", "kl", "characteristic", "adversarial"]


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def make_groups(n, n_groups=3):
    """Return the memberships of n rows in groups of equal size."""
    return torch.eye(n_groups)[torch.arange(n) % n_groups]


@pytest.mark.parametrize("name", NAMES)
def test_discrepancy_grows_with_the_distance_to_the_real_rows(name):
    real = torch.randn(2, 300, 6)
    discrepancy = make_discrepancy(name, 6, 3).eval()
    values = [
        float(
            discrepancy(real[:, :90] + shift, real, make_groups(90), make_groups(300))
        )
        for shift in (0.0, 1.0, 3.0)
    ]
    assert values == sorted(values)
    assert values[0] < values[1]


@pytest.mark.parametrize("name", ["mean", "kl", "characteristic"])
def test_discrepancy_of_equal_rows_is_zero(name):
    real = torch.randn(1, 60, 6)
    discrepancy = make_discrepancy(name, 6, 3).eval()
    value = float(discrepancy(real, real, make_groups(60), make_groups(60)))
    # "kl" regularizes variances that are estimated from few rows, and "characteristic"
    # adds a small constant that keeps its square root differentiable.
    assert value == pytest.approx(0.0, abs=2e-2)


@pytest.mark.parametrize("name", NAMES)
def test_gradient_descent_moves_rows_towards_the_real_rows(name):
    real = torch.randn(1, 300, 4) + 2.0
    rows = torch.zeros(1, 30, 4, requires_grad=True)
    discrepancy = make_discrepancy(name, 4, 3)
    learned = [rows, *discrepancy.parameters()]
    optimizer = torch.optim.Adam(learned, lr=0.05)
    before = (rows.mean(1) - real.mean(1)).norm()
    for _ in range(100):
        optimizer.zero_grad()
        discrepancy(rows, real, make_groups(30), make_groups(300)).backward()
        assert torch.isfinite(rows.grad).all()
        optimizer.step()
    assert (rows.mean(1) - real.mean(1)).norm() < 0.8 * before


@pytest.mark.parametrize("name", NAMES)
def test_discrepancy_does_not_depend_on_the_order_of_rows_and_classes(name):
    real, rows = torch.randn(1, 60, 4), torch.randn(1, 12, 4)
    discrepancy = make_discrepancy(name, 4, 3).eval()
    expected = discrepancy(rows, real, make_groups(12), make_groups(60))
    order, other = torch.randperm(60), torch.randperm(12)
    classes = torch.tensor([2, 0, 1])
    value = discrepancy(
        rows[:, other],
        real[:, order],
        make_groups(12)[other][:, classes],
        make_groups(60)[order][:, classes],
    )
    if name == "mmd":
        # The median distance is estimated from a sample that depends on the order.
        torch.testing.assert_close(value, expected, rtol=0.2, atol=1e-3)
    else:
        torch.testing.assert_close(value, expected)


@pytest.mark.parametrize("name", NAMES)
def test_discrepancy_skips_classes_that_are_missing_from_a_batch(name):
    """The distilled rows of a missing class do not change the discrepancy."""
    real, rows = torch.randn(1, 40, 4), torch.randn(1, 9, 4)
    of_real = torch.cat([make_groups(40, 2), torch.zeros(40, 1)], dim=1)
    of_rows = make_groups(9)
    discrepancy = make_discrepancy(name, 4, 3).eval()
    value = discrepancy(rows, real, of_rows, of_real)
    rows[:, of_rows[:, 2] == 1] += 5.0
    torch.testing.assert_close(discrepancy(rows, real, of_rows, of_real), value)


def test_mmd_agrees_with_kernels_of_scikit_learn():
    real, rows = torch.randn(1, 50, 4).double(), torch.randn(1, 10, 4).double()
    ones, ones_real = torch.ones(10, 1).double(), torch.ones(50, 1).double()
    value = GaussianDiscrepancy([0.5])(rows, real, ones, ones_real)
    R, S = real[0].numpy(), rows[0].numpy()
    squared = np.square(R[:, None] - R).sum(2)
    # `torch.median` returns the lower one of the two middle values.
    median = np.sort(squared.ravel())[(squared.size - 1) // 2]
    gamma = 1.0 / (0.5 * median)
    expected = rbf_kernel(S, S, gamma).mean() - 2 * rbf_kernel(S, R, gamma).mean()
    assert float(value) == pytest.approx(expected)


def test_mean_discrepancy_agrees_with_a_loop_over_classes():
    real, rows = torch.randn(1, 60, 4), torch.randn(1, 9, 4)
    value = MeanDiscrepancy()(rows, real, make_groups(9), make_groups(60))
    scale = real.var(dim=1, correction=0).mean()
    expected = torch.stack(
        [
            (rows[0, c::3].mean(0) - real[0, c::3].mean(0)).square().mean() / scale
            for c in range(3)
        ]
    ).mean()
    torch.testing.assert_close(value, expected)


def test_adversarial_discrepancy_of_an_untrained_discriminator_is_zero():
    discrepancy = make_discrepancy("adversarial", 4, 1)
    for p in discrepancy.parameters():
        torch.nn.init.zeros_(p)
    ones = torch.ones(20, 1)
    value = discrepancy(torch.randn(1, 20, 4), torch.randn(1, 20, 4), ones, ones)
    assert value.item() == pytest.approx(0.0, abs=1e-6)


def test_training_the_adversary_increases_the_discrepancy():
    real, rows = torch.randn(1, 200, 4), 0.3 * torch.randn(1, 20, 4)
    discrepancy = make_discrepancy("adversarial", 4, 1)
    optimizer = torch.optim.Adam(discrepancy.parameters(), lr=1e-2)
    args = rows, real, torch.ones(20, 1), torch.ones(200, 1)
    first = discrepancy(*args).item()
    for _ in range(100):
        optimizer.zero_grad()
        discrepancy(*args).backward()
        optimizer.step()
    assert discrepancy(*args).item() > first + 0.05


def test_callable_discrepancy_is_called_for_each_class_and_network():
    shapes = []

    def distance(one, other):
        shapes.append((tuple(one.shape), tuple(other.shape)))
        return (one.mean() - other.mean()).square()

    args = torch.randn(2, 9, 4), torch.randn(2, 60, 4), make_groups(9), make_groups(60)
    make_discrepancy(distance, 4, 3)(*args)
    assert shapes == 6 * [((3, 4), (20, 4))]


def test_helper_functions_by_hand():
    x = torch.ones(2, requires_grad=True)
    (3.0 * reverse_gradient(x)).sum().backward()
    assert x.grad.tolist() == [-3.0, -3.0]
    targets = torch.tensor([[0.5, -0.5], [-0.5, 0.5]])
    assert membership(targets, True).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    assert membership(targets, False).tolist() == [[1.0], [1.0]]
    f = torch.tensor([[[2.0], [3.0]]])
    y = torch.tensor([[10.0], [-1.0]])
    assert with_target(f, y).tolist() == [[[2.0, 20.0], [3.0, -3.0]]]
    assert group_means(f, membership(targets, True)).tolist() == [[[2.0], [3.0]]]

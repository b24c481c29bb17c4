"""The loop's own callbacks: how step sizes fall."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import torch
from sklearn.datasets import load_iris
from torch.optim.lr_scheduler import CosineAnnealingLR

from sklearn_distill import KernelInducingPoints

X, y = load_iris(return_X_y=True)


def step_sizes(**settings):
    """Return the step size of each step of a fit."""
    points = KernelInducingPoints(
        2, learning_rate=0.1, n_iter_no_change=None, random_state=0, **settings
    ).fit(X, y)
    return np.concatenate(points.history_[:, "batches", :, "event_lr"])


def test_step_sizes_fall_as_torch_lets_them():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = CosineAnnealingLR(optimizer, T_max=40)
    expected = []
    for _ in range(40):
        expected += schedule.get_last_lr()
        optimizer.step()
        schedule.step()
    np.testing.assert_array_equal(step_sizes(max_iter=40), expected)


def test_step_sizes_fall_when_time_ends():
    sizes = step_sizes(max_iter=1_000_000, max_time=1.0)
    assert np.ptp(sizes[: len(sizes) // 4]) < 1e-6
    assert sizes[-1] < 0.01 * sizes[0]
    assert np.all(np.diff(sizes) <= 0)


def test_ample_time_changes_nothing():
    """A fit that needs less than half of it does not depend on the clock."""
    np.testing.assert_array_equal(
        step_sizes(max_iter=20), step_sizes(max_iter=20, max_time=1_000.0)
    )

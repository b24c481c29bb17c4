"""Identities of the losses for regression."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sklearn_distill.knowledge_distillation.losses.regression import blended, bounded


def random_targets(seed):
    drawn = np.random.RandomState(seed).normal(size=9)
    return torch.tensor(drawn)


def gradient(loss, student, *args, **params):
    student = student.clone().requires_grad_()
    sum(loss(student, *args, **params).values()).backward()
    return student.grad


def test_blended_has_the_gradient_of_the_error_against_the_blended_target():
    s, t, y = map(random_targets, range(3))
    alpha = torch.linspace(0, 1, 9, dtype=torch.float64)

    def direct(s):
        return {"direct": F.mse_loss(s, alpha * t + (1 - alpha) * y)}

    found = gradient(blended, s, t, y, alpha=alpha)
    assert (found - gradient(direct, s)).abs().max() < 1e-15


def test_bounded_ignores_rows_where_the_student_is_better():
    y = torch.zeros(4, dtype=torch.float64)
    student = torch.tensor([0.5, 1.5, 0.5, 1.5], dtype=torch.float64)
    teacher = torch.ones(4, dtype=torch.float64)
    only_bound = gradient(bounded, student, teacher, y, alpha=torch.ones(4))
    np.testing.assert_allclose(only_bound, [0, 0.75, 0, 0.75])
    half = gradient(bounded, student, teacher, y, alpha=torch.full((4,), 0.5))
    np.testing.assert_allclose(half, [0.125, 0.75, 0.125, 0.75])
    # In an added row, y is the prediction of the teacher, and no error is ignored.
    added = bounded(student, teacher, teacher, alpha=torch.ones(4))["bounded"]
    assert added == pytest.approx(0.25)

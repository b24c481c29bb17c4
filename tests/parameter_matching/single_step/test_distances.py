"""Distances between gradients, by hand."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch

from sklearn_distill.parameter_matching.single_step.distances import DISTANCES, cosine


@pytest.mark.parametrize("name", sorted(DISTANCES))
def test_distances_are_zero_for_equal_and_positive_for_other_gradients(name):
    torch.manual_seed(0)
    one, other = torch.randn(2, 3, 4, 5).double()
    assert float(DISTANCES[name](one, one)) == pytest.approx(0.0, abs=1e-9)
    assert DISTANCES[name](one, other) > 0.1


def test_cosine_distance_by_hand():
    """The real gradients have the norms 5 and 1 and the angles 90 and 180 degrees."""
    one = torch.tensor([[[2.0, 0.0], [0.0, 3.0]]])
    other = torch.tensor([[[0.0, 5.0], [0.0, -1.0]]])
    assert float(cosine(one, other)) == pytest.approx((5 * 1.0 + 1 * 2.0) / 6)


@pytest.mark.parametrize(
    ("name", "expected"), [("mse", (4 + 9 + 4) / 25), ("l1", (2 + 3 + 2) / 7)]
)
def test_mse_and_l1_distances_by_hand(name, expected):
    """The differences are 2, -3 and -2, and the real gradient is (0, 4, 3)."""
    distilled = torch.tensor([[[2.0, 1.0, 1.0]]])
    real = torch.tensor([[[0.0, 4.0, 3.0]]])
    assert float(DISTANCES[name](distilled, real)) == pytest.approx(expected)

"""The operations used on a GPU agree with torch's own functions."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest
import torch
import torch.nn.functional as F

from sklearn_distill.engine.resampling import (
    enlarge_by_products,
    enlarged,
    gather_at,
    transformed,
)

MATRICES = {
    "rotation": [[0.95, -0.3, 0.0], [0.3, 0.95, 0.0]],
    "scale": [[1.2, 0.0, 0.0], [0.0, 0.8, 0.0]],
    "shift": [[1.0, 0.0, 0.4], [0.0, 1.0, -3.0]],
    "identity": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]],
}


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    return torch.rand(3, 2, 6, 9, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", MATRICES)
def test_gather_at_agrees_with_grid_sample(images, name):
    theta = torch.tensor(MATRICES[name], dtype=torch.float64).expand(3, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=True)
    expected = F.grid_sample(images, grid, align_corners=True)
    torch.testing.assert_close(gather_at(images, grid[0]), expected)
    torch.testing.assert_close(transformed(images, MATRICES[name]), expected)


def test_gradient_of_gather_at_agrees_with_grid_sample(images):
    theta = torch.tensor(MATRICES["rotation"], dtype=torch.float64).expand(3, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=True)
    gradients = []
    for sample in (
        lambda x: gather_at(x, grid[0]),
        lambda x: F.grid_sample(x, grid, align_corners=True),
    ):
        x = images.clone().requires_grad_()
        (sample(x) ** 2).sum().backward()
        gradients.append(x.grad)
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("size", [(12, 18), (7, 20), (6, 9)])
def test_enlarge_by_products_agrees_with_interpolate(images, size):
    expected = F.interpolate(images, size=size, mode="bilinear")
    torch.testing.assert_close(enlarge_by_products(images, size), expected)
    torch.testing.assert_close(enlarged(images, size), expected)

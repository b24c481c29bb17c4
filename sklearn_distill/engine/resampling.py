"""Bilinear resampling of images, deterministic on every device.

On a GPU, the backward passes of torch's own functions add numbers in an order that
differs between calls. The functions of this module use operations whose backward pass
is deterministic there, and torch's own functions on a CPU.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def transformed(x: Tensor, matrix: Sequence[Sequence[float]]) -> Tensor:
    """Return images whose coordinates are transformed by a matrix.

    Parameters
    ----------
    x : Tensor of shape (n, C, H, W)
    matrix : 2 x 3 nested sequence of floats
        The affine map from the coordinates of the result to those of `x`, in which the
        centers of the corner pixels are at -1 and 1. Points outside `x` are zero.

    Returns
    -------
    Tensor of shape (n, C, H, W)
    """
    theta = torch.tensor(matrix, dtype=x.dtype, device=x.device)
    grid = F.affine_grid(theta.expand(len(x), 2, 3), list(x.shape), align_corners=True)
    if x.is_cuda:
        return gather_at(x, grid[0])
    return F.grid_sample(x, grid, align_corners=True)


def gather_at(x: Tensor, grid: Tensor) -> Tensor:
    """Return the bilinear interpolation of images at the points of one grid.

    The result is that of `torch.nn.functional.grid_sample` with `align_corners=True`.

    Parameters
    ----------
    x : Tensor of shape (n, C, H, W)
    grid : Tensor of shape (H_out, W_out, 2)
        The coordinates (horizontal, vertical) of the points.

    Returns
    -------
    Tensor of shape (n, C, H_out, W_out)
    """
    height, width = x.shape[2:]
    right = (grid[..., 0] + 1) / 2 * (width - 1)
    down = (grid[..., 1] + 1) / 2 * (height - 1)
    left, top = right.floor(), down.floor()
    pixels = x.flatten(2)
    result = torch.zeros((), dtype=x.dtype, device=x.device)
    for row, col in ((0, 0), (0, 1), (1, 0), (1, 1)):
        i, j = top + row, left + col
        weight = (1 - (down - i).abs()) * (1 - (right - j).abs())
        inside = (i >= 0) & (i < height) & (j >= 0) & (j < width)
        place = i.clamp(0, height - 1) * width + j.clamp(0, width - 1)
        found = pixels[:, :, place.long().flatten()]
        result = result + found * (weight * inside).flatten()
    return result.unflatten(2, grid.shape[:2])


def enlarged(x: Tensor, size: Sequence[int]) -> Tensor:
    """Return images of another height and width, by bilinear interpolation.

    Parameters
    ----------
    x : Tensor of shape (n, C, H, W)
    size : pair of int
        The new height and width.

    Returns
    -------
    Tensor of shape (n, C, size[0], size[1])
    """
    if x.is_cuda:
        return enlarge_by_products(x, size)
    return F.interpolate(x, size=tuple(size), mode="bilinear")


def enlarge_by_products(x: Tensor, size: Sequence[int]) -> Tensor:
    """Return `enlarged` images, computed by one matrix product per direction."""
    down, across = (
        F.interpolate(
            torch.eye(n, dtype=x.dtype, device=x.device)[None], new, mode="linear"
        )[0]
        for n, new in zip(x.shape[2:], size, strict=True)
    )
    return down.T @ x @ across

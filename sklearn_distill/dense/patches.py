"""Random patches of images and of the maps that a network learns."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset


class RandomPatches(Dataset):
    """Random patches of images, which may be mirrored at random.

    Parameters
    ----------
    images : list of ndarray of float32 of shape (C, H_i, W_i)
    maps : list of ndarray of float32 of shape (K, H_i, W_i)
    patch_size : int
        The height and width of a patch. Smaller images are padded.
    n_patches : int
        The number of patches of an epoch.
    fill : float
        The value of padded pixels in the maps.
    mirror : callable or None
        Receives a patch of maps and the number of its spatial axis, 1 or 2, and returns
        it mirrored. None does not mirror patches.
    seed : int
    """

    def __init__(
        self,
        images: list[np.ndarray],
        maps: list[np.ndarray],
        patch_size: int,
        n_patches: int,
        fill: float,
        mirror: Any,
        seed: int,
    ):
        self.images = [_padded(image, patch_size, 0.0) for image in images]
        self.maps = [_padded(m, patch_size, fill) for m in maps]
        self.patch_size = patch_size
        self.n_patches = n_patches
        self.mirror = mirror
        self.rng = np.random.RandomState(seed)
        areas = np.array([image[0].size for image in images], dtype=np.float64)
        self.shares = areas / areas.sum()

    def __len__(self) -> int:
        return self.n_patches

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        i = self.rng.choice(len(self.images), p=self.shares)
        height, width = self.images[i].shape[1:]
        top = self.rng.randint(height - self.patch_size + 1)
        left = self.rng.randint(width - self.patch_size + 1)
        place = (
            slice(None),
            slice(top, top + self.patch_size),
            slice(left, left + self.patch_size),
        )
        image, target = self.images[i][place], self.maps[i][place]
        for axis in (1, 2) if self.mirror is not None else ():
            if self.rng.rand() < 0.5:
                image, target = np.flip(image, axis), self.mirror(target, axis)
        return (
            torch.from_numpy(np.ascontiguousarray(image)),
            torch.from_numpy(np.ascontiguousarray(target)),
        )


def _padded(array: np.ndarray, size: int, value: float) -> np.ndarray:
    """Return an array of shape (C, H, W) with at least this height and width."""
    missing = [(0, max(0, size - side)) for side in array.shape[1:]]
    return np.pad(array, [(0, 0), *missing], constant_values=value)

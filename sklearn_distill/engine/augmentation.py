"""Differentiable siamese augmentation (DSA) of real and synthetic rows.

In each step one operation is drawn together with its random numbers, and both batches
are augmented by it. The two batches therefore remain comparable, and gradients flow to
the synthetic rows through the operation [1]_.

References
----------
.. [1] B. Zhao, H. Bilen, "Dataset condensation with differentiable siamese
   augmentation", ICML 2021.
"""

# SPDX-License-Identifier: BSD-3-Clause

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .resampling import transformed

Augmentation = Callable[[Tensor], Tensor]


def unchanged(x: Tensor) -> Tensor:
    """Return the rows as they are, in place of an augmentation."""
    return x


def uniform(low: float, high: float) -> float:
    """Draw a number from torch's global generator."""
    return low + (high - low) * float(torch.rand(()))


def brightness() -> Augmentation:
    """Draw an augmentation that adds one number to all pixels."""
    shift = uniform(-0.5, 0.5)
    return lambda x: x + shift


def saturation() -> Augmentation:
    """Draw an augmentation that moves colors towards gray or away from it."""
    factor = uniform(0.0, 2.0)

    def augment(x: Tensor) -> Tensor:
        gray = x.mean(dim=1, keepdim=True)
        return gray + factor * (x - gray)

    return augment


def contrast() -> Augmentation:
    """Draw an augmentation that scales the differences from an image's mean."""
    factor = uniform(0.5, 1.5)

    def augment(x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        return mean + factor * (x - mean)

    return augment


def color() -> Augmentation:
    """Draw brightness, saturation and contrast, applied in this order."""
    augmentations = [brightness(), saturation(), contrast()]

    def augment(x: Tensor) -> Tensor:
        for augmentation in augmentations:
            x = augmentation(x)
        return x

    return augment


def crop() -> Augmentation:
    """Draw a shift by up to an eighth of the height and of the width."""
    down, right = uniform(-0.125, 0.125), uniform(-0.125, 0.125)

    def augment(x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        dy, dx = round(down * height), round(right * width)
        padded = F.pad(x, (abs(dx), abs(dx), abs(dy), abs(dy)))
        top, left = abs(dy) + dy, abs(dx) + dx
        return padded[:, :, top : top + height, left : left + width]

    return augment


def cutout() -> Augmentation:
    """Draw a rectangle of half the height and width, and set its pixels to zero."""
    center_y, center_x = uniform(0.0, 1.0), uniform(0.0, 1.0)

    def augment(x: Tensor) -> Tensor:
        mask = torch.ones(x.shape[2:], dtype=x.dtype, device=x.device)
        sides = []
        for center, size in zip((center_y, center_x), x.shape[2:], strict=True):
            start = round(center * size) - size // 4
            sides.append(slice(max(0, start), max(0, start + size // 2)))
        mask[sides[0], sides[1]] = 0.0
        return x * mask

    return augment


def flip() -> Augmentation:
    """Draw whether to mirror the images horizontally, with probability 1/2."""
    mirrored = uniform(0.0, 1.0) < 0.5
    return lambda x: x.flip(3) if mirrored else x


def _affine(matrix: Sequence[Sequence[float]]) -> Augmentation:
    """Return the augmentation that transforms the coordinates by a 2 x 3 matrix."""

    return lambda x: transformed(x, matrix)


def scale() -> Augmentation:
    """Draw two factors of up to 1.2 that stretch or shrink height and width."""
    return _affine(
        [
            [uniform(1 / 1.2, 1.2), 0.0, 0.0],
            [0.0, uniform(1 / 1.2, 1.2), 0.0],
        ]
    )


def rotate() -> Augmentation:
    """Draw a rotation by up to 15 degrees."""
    angle = math.radians(uniform(-15.0, 15.0))
    cos, sin = math.cos(angle), math.sin(angle)
    return _affine([[cos, sin, 0.0], [-sin, cos, 0.0]])


def noise() -> Augmentation:
    """Draw a shift of each column of a table, with a standard deviation of 0.1."""
    # Draw a seed instead of the shifts, because the number of columns is unknown here.
    seed = int(torch.randint(2**31, ()))

    def augment(x: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        shift = 0.1 * torch.randn(x.shape[1:], generator=generator)
        return x + shift.to(x)

    return augment


def dropout() -> Augmentation:
    """Draw a tenth of the columns of a table, and set them to zero."""
    seed = int(torch.randint(2**31, ()))

    def augment(x: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        kept = torch.rand(x.shape[1:], generator=generator) >= 0.1
        return x * kept.to(x)

    return augment


def mixup() -> Augmentation:
    """Draw a random point, and mix all rows of a table with it."""
    share = uniform(0.0, 0.3)
    seed = int(torch.randint(2**31, ()))

    def augment(x: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        point = torch.randn(x.shape[1:], generator=generator)
        return torch.lerp(x, point.to(x), share)

    return augment


IMAGE_AUGMENTATIONS = {
    "color": color,
    "crop": crop,
    "cutout": cutout,
    "flip": flip,
    "scale": scale,
    "rotate": rotate,
}
TABLE_AUGMENTATIONS = {"noise": noise, "dropout": dropout, "mixup": mixup}
# "flip" is left out because some mirrored images, such as digits, lose their meaning.
AUTO_IMAGE = ("color", "crop", "cutout", "scale", "rotate")


class SiameseAugmentation:
    """Draw augmentations to apply to real and synthetic rows alike.

    Parameters
    ----------
    augmentations : "auto", None, str, callable, or sequence of str and callables
        The augmentations to draw from. Names for images are "color", "crop", "cutout",
        "flip", "scale" and "rotate"; names for tables are "noise", "dropout" and
        "mixup". "auto" is all but "flip" for images, and None for tables. None draws no
        augmentation. A callable takes no arguments and returns a function of rows.
    of_images : bool
        Whether the rows are images.

    Raises
    ------
    ValueError
        If a name is unknown, or not available for such rows.
    """

    def __init__(self, augmentations: Any, of_images: bool):
        known: dict[str, Callable[[], Augmentation]] = (
            IMAGE_AUGMENTATIONS if of_images else TABLE_AUGMENTATIONS
        )
        if augmentations is None or (augmentations == "auto" and not of_images):
            augmentations = ()
        elif isinstance(augmentations, str) and augmentations == "auto":
            augmentations = AUTO_IMAGE
        elif isinstance(augmentations, str) or callable(augmentations):
            augmentations = (augmentations,)
        unknown = [a for a in augmentations if not callable(a) and a not in known]
        if unknown:
            raise ValueError(
                f"augmentation={unknown[0]!r} is not known for "
                f"{'images' if of_images else 'tables'}. Use one of {list(known)}, or "
                "a function that takes no arguments and returns a function of rows."
            )
        self.makers = [a if callable(a) else known[a] for a in augmentations]

    def draw(self) -> Augmentation:
        """Return the augmentation of one step."""
        if not self.makers:
            return unchanged
        return self.makers[int(torch.randint(len(self.makers), ()))]()

"""Differentiable siamese augmentation: the same change to real and synthetic rows.

Each step draws one operation with its numbers, and applies it to both batches: what is
compared stays comparable, and gradients flow to the synthetic rows through the change
[1]_.

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

Change = Callable[[Tensor], Tensor]


def uniform(low: float, high: float) -> float:
    """Draw a number from torch's global generator."""
    return low + (high - low) * float(torch.rand(()))


def brightness() -> Change:
    shift = uniform(-0.5, 0.5)
    return lambda x: x + shift


def saturation() -> Change:
    factor = uniform(0.0, 2.0)

    def change(x: Tensor) -> Tensor:
        grey = x.mean(dim=1, keepdim=True)
        return grey + factor * (x - grey)

    return change


def contrast() -> Change:
    factor = uniform(0.5, 1.5)

    def change(x: Tensor) -> Tensor:
        mean = x.mean(dim=(1, 2, 3), keepdim=True)
        return mean + factor * (x - mean)

    return change


def color() -> Change:
    """Brightness, saturation and contrast, one after the other."""
    changes = [brightness(), saturation(), contrast()]

    def change(x: Tensor) -> Tensor:
        for one in changes:
            x = one(x)
        return x

    return change


def crop() -> Change:
    """Shift by up to an eighth of the side."""
    down, right = uniform(-0.125, 0.125), uniform(-0.125, 0.125)

    def change(x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        dy, dx = round(down * height), round(right * width)
        padded = F.pad(x, (abs(dx), abs(dx), abs(dy), abs(dy)))
        top, left = abs(dy) + dy, abs(dx) + dx
        return padded[:, :, top : top + height, left : left + width]

    return change


def cutout() -> Change:
    """Blank a square of half the side."""
    middle_y, middle_x = uniform(0.0, 1.0), uniform(0.0, 1.0)

    def change(x: Tensor) -> Tensor:
        mask = torch.ones(x.shape[2:], dtype=x.dtype, device=x.device)
        sides = []
        for middle, size in zip((middle_y, middle_x), x.shape[2:], strict=True):
            start = round(middle * size) - size // 4
            sides.append(slice(max(0, start), max(0, start + size // 2)))
        mask[sides[0], sides[1]] = 0.0
        return x * mask

    return change


def flip() -> Change:
    """Mirror left and right, every other time."""
    mirrored = uniform(0.0, 1.0) < 0.5
    return lambda x: x.flip(3) if mirrored else x


def _affine(rows: Sequence[Sequence[float]]) -> Change:
    def change(x: Tensor) -> Tensor:
        theta = torch.tensor(rows, dtype=x.dtype, device=x.device)
        theta = theta.expand(len(x), 2, 3)
        grid = F.affine_grid(theta, list(x.shape), align_corners=True)
        return F.grid_sample(x, grid, align_corners=True)

    return change


def scale() -> Change:
    """Stretch height and width by up to 1.2, each for itself."""
    return _affine(
        [
            [uniform(1 / 1.2, 1.2), 0.0, 0.0],
            [0.0, uniform(1 / 1.2, 1.2), 0.0],
        ]
    )


def rotate() -> Change:
    """Turn by up to 15 degrees."""
    angle = math.radians(uniform(-15.0, 15.0))
    cos, sin = math.cos(angle), math.sin(angle)
    return _affine([[cos, sin, 0.0], [-sin, cos, 0.0]])


def noise() -> Change:
    """Shift every column of a table by a number of its own, a tenth of a deviation."""
    seed = int(torch.randint(2**31, ()))

    def change(x: Tensor) -> Tensor:
        # The seed, not the numbers, is shared: the width is known only here.
        generator = torch.Generator().manual_seed(seed)
        shift = 0.1 * torch.randn(x.shape[1:], generator=generator)
        return x + shift.to(x)

    return change


def dropout() -> Change:
    """Blank a tenth of the columns of a table."""
    seed = int(torch.randint(2**31, ()))

    def change(x: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        kept = torch.rand(x.shape[1:], generator=generator) >= 0.1
        return x * kept.to(x)

    return change


def mixup() -> Change:
    """Mix every row of a table with one and the same random point."""
    share = uniform(0.0, 0.3)
    seed = int(torch.randint(2**31, ()))

    def change(x: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(seed)
        point = torch.randn(x.shape[1:], generator=generator)
        return torch.lerp(x, point.to(x), share)

    return change


IMAGE_CHANGES = {
    "color": color,
    "crop": crop,
    "cutout": cutout,
    "flip": flip,
    "scale": scale,
    "rotate": rotate,
}
TABLE_CHANGES = {"noise": noise, "dropout": dropout, "mixup": mixup}
# A mirrored digit is another sign, or none: mirroring is for those who ask for it.
AUTO_IMAGE = ("color", "crop", "cutout", "scale", "rotate")


class SiameseAugmentation:
    """Draw changes that real and synthetic rows undergo alike.

    Parameters
    ----------
    changes : "auto", None, callable, or sequence of str or callables
        For images any of "color", "crop", "cutout", "flip", "scale" and "rotate"; for
        tables "noise", "dropout" and "mixup". "auto" is all but "flip" for images, none
        for tables. A callable draws a change: it takes nothing, and returns a function
        of rows.
    of_images : bool

    Raises
    ------
    ValueError
        For a change that is not known, or not for such rows.
    """

    def __init__(self, changes: Any, of_images: bool):
        known: dict[str, Callable[[], Change]] = (
            IMAGE_CHANGES if of_images else TABLE_CHANGES
        )
        if changes is None or (changes == "auto" and not of_images):
            changes = ()
        elif isinstance(changes, str) and changes == "auto":
            changes = AUTO_IMAGE
        elif isinstance(changes, str) or callable(changes):
            changes = (changes,)
        unknown = [c for c in changes if not callable(c) and c not in known]
        if unknown:
            raise ValueError(
                f"augmentation={unknown[0]!r} is not known for "
                f"{'images' if of_images else 'tables'}. Choose among {list(known)}, "
                "or pass a function that draws a change."
            )
        self.changes = [c if callable(c) else known[c] for c in changes]

    def draw(self) -> Change:
        """Return this step's change."""
        if not self.changes:
            return lambda x: x
        return self.changes[int(torch.randint(len(self.changes), ()))]()

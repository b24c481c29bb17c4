"""Blocks of large images, with the pixels around them that filters need."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import NamedTuple

# Height and width of a block. The 72 features of the pixels of a color photograph take
# 75 MB per block.
BLOCK_SIZE = 512


class Block(NamedTuple):
    """A rectangle of pixels.

    Attributes
    ----------
    top, bottom, left, right : int
        The first row and column, and the row and column after the last ones.
    """

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """The slices of the rows and of the columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.bottom - self.top, self.right - self.left

    def grown(self, margin: int, shape: tuple[int, int], multiple: int = 1) -> "Block":
        """Return the block with a margin, as far as the image reaches.

        Parameters
        ----------
        margin : int
        shape : tuple of int
            Height and width of the image.
        multiple : int, default=1
            The top and the left are rounded down to a multiple of this number.
        """
        return Block(
            max(0, self.top - margin) // multiple * multiple,
            min(shape[0], self.bottom + margin),
            max(0, self.left - margin) // multiple * multiple,
            min(shape[1], self.right + margin),
        )

    def inside(self, outer: "Block") -> tuple[slice, slice]:
        """Return the slices of this block in an array of the outer block."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )


def blocks_of(shape: tuple[int, int], size: int | None = BLOCK_SIZE) -> Iterator[Block]:
    """Yield the blocks that cover an image, row by row.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the image.
    size : int or None
        Height and width of a block; None yields the whole image as one block.
    """
    height, width = shape
    size = max(height, width) if size is None else size
    for top in range(0, height, size):
        for left in range(0, width, size):
            yield Block(top, min(top + size, height), left, min(left + size, width))

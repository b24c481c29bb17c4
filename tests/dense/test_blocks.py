"""Blocks of images."""

import numpy as np
import pytest

from sklearn_distill.dense.blocks import Block, blocks_of


@pytest.mark.parametrize("size", [1, 3, 7, 100, None])
def test_blocks_cover_each_pixel_once(size):
    counts = np.zeros((10, 13), dtype=int)
    for block in blocks_of((10, 13), size):
        counts[block.slices] += 1
    assert (counts == 1).all()


def test_grown_block_stays_inside_the_image_and_starts_at_a_multiple():
    block = Block(10, 20, 30, 40)
    outer = block.grown(5, (22, 100), multiple=8)
    assert outer == Block(0, 22, 24, 45)
    array = np.arange(22 * 100).reshape(22, 100)
    np.testing.assert_array_equal(
        array[outer.slices][block.inside(outer)], array[block.slices]
    )

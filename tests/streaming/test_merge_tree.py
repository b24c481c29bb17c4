"""The tree that merges full levels."""

# SPDX-License-Identifier: BSD-3-Clause

import pytest

from sklearn_distill.streaming.merge_tree import MergeTree


@pytest.mark.parametrize("fan_in", [2, 3, 8])
def test_size_is_logarithmic_and_the_order_is_kept(fan_in):
    tree = MergeTree(fan_in)
    for number in range(500):
        tree.add((number,), lambda items, _: sum(items, ()))
        assert len(tree) <= (fan_in - 1) * len(tree.levels)
    assert sum(tree.items, ()) == tuple(range(500))
    assert fan_in ** (len(tree.levels) - 1) <= 500 < fan_in ** (len(tree.levels) + 1)


def test_full_levels_are_merged_after_items_were_put_into_them():
    tree = MergeTree(2)
    tree.levels = [[1, 2, 3], [4]]
    tree.merge_full_levels(lambda items, _: sum(items))
    assert tree.levels == [[], [], [10]]

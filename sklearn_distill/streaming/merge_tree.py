"""A tree of merged items, whose size grows with the logarithm of their number."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class MergeTree(Generic[Item]):
    """Levels of items; a full level is merged into one item of the next level.

    An item of level k represents `fan_in` ** k items that were added. The order of the
    items is kept.

    Parameters
    ----------
    fan_in : int
        The number of items at which a level is full.

    Attributes
    ----------
    levels : list of list
        The items of each level, oldest first.
    """

    def __init__(self, fan_in: int):
        self.fan_in = fan_in
        self.levels: list[list[Item]] = []

    def __len__(self) -> int:
        return sum(map(len, self.levels))

    @property
    def items(self) -> list[Item]:
        """All items, oldest first."""
        return [item for level in reversed(self.levels) for item in level]

    def add(
        self, item: Item, merge: Callable[[list[Item], int], Item], level: int = 0
    ) -> None:
        """Add an item, and merge the levels that are full.

        Parameters
        ----------
        item : object
        merge : callable
            Called with the items of a full level and the number of the level above.
        level : int, default=0
            The level to which the item is added.
        """
        while len(self.levels) <= level:
            self.levels.append([])
        self.levels[level].append(item)
        if len(self.levels[level]) >= self.fan_in:
            merged = merge(self.levels[level], level + 1)
            self.levels[level] = []
            self.add(merged, merge, level + 1)

    def put(self, levels: list[list[Item]]) -> None:
        """Put the items of the levels of another tree behind those of this one."""
        for level, items in enumerate(levels):
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level] += items

    def merge_full_levels(self, merge: Callable[[list[Item], int], Item]) -> None:
        """Merge the levels that are full, after items were put into them."""
        for level in range(len(self.levels)):
            if len(self.levels[level]) >= self.fan_in:
                items, self.levels[level] = self.levels[level], []
                self.add(merge(items, level + 1), merge, level + 1)

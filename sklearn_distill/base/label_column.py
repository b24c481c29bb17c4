"""The labels of a data set, encoded for the methods and decoded for the user."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..encoding.columns import NumericColumn
from ..validation.targets import Target


@dataclass(frozen=True)
class LabelColumn:
    """Map labels to class codes or standardized numbers, and back.

    Attributes
    ----------
    task : {"classification", "regression", "unsupervised"}
    classes : ndarray of shape (n_classes,) or None
        The sorted class labels; None if there are no classes.
    name : str, list of str or None
        The name of the column of labels, or of each of several targets.
    numbers : list of NumericColumn or None
        Each standardizes one of the targets of a regression.
    """

    task: str
    classes: np.ndarray | None
    name: str | list[str] | None
    numbers: list[NumericColumn] | None

    @classmethod
    def fit(cls, target: Target, sample_weight: np.ndarray) -> Self:
        """Return the column for a checked target."""
        numbers = None
        if target.task == "regression":
            columns = target.values.reshape(len(target.values), -1).T
            numbers = [NumericColumn("standard").fit(c, sample_weight) for c in columns]
        return cls(target.task, target.classes, target.name, numbers)

    def encode(self, y: Any, n: int) -> np.ndarray:
        """Return n labels in the form of `Problem.y`.

        Parameters
        ----------
        y : array-like of shape (n,) or (n, n_targets), or None
            Class labels or numbers; None without labels.
        n : int
        """
        if self.numbers is not None:
            y = np.asarray(y)
            columns = y.reshape(n, -1).T
            pairs = zip(self.numbers, columns, strict=True)
            blocks = [column.encode(values) for column, values in pairs]
            return np.hstack(blocks).astype(np.float32).reshape(y.shape)
        if self.classes is None:
            return np.zeros(n, dtype=np.int64)
        return np.searchsorted(np.asarray(self.classes), np.asarray(y))

    def decode(self, y: np.ndarray) -> np.ndarray | None:
        """Return labels in the form of `Problem.y` as class labels or numbers.

        The mean of whole numbers may be a fraction, so numbers are not rounded.
        """
        if self.numbers is not None:
            y = np.asarray(y)
            blocks = y.reshape(len(y), -1, 1).swapaxes(0, 1)
            pairs = zip(self.numbers, blocks, strict=True)
            columns = [column.decode_means(block) for column, block in pairs]
            return columns[0] if y.ndim == 1 else np.column_stack(columns)
        return None if self.classes is None else self.classes[y]

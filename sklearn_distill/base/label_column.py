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
    name : str or None
        The name of the column of labels.
    numbers : NumericColumn or None
        Standardizes the targets of a regression.
    """

    task: str
    classes: np.ndarray | None
    name: str | None
    numbers: NumericColumn | None

    @classmethod
    def fit(cls, target: Target, sample_weight: np.ndarray) -> Self:
        """Return the column for a checked target."""
        numbers = None
        if target.task == "regression":
            numbers = NumericColumn("standard").fit(target.values, sample_weight)
        return cls(target.task, target.classes, target.name, numbers)

    def encode(self, y: Any, n: int) -> np.ndarray:
        """Return n labels in the form of `Problem.y`.

        Parameters
        ----------
        y : array-like of shape (n,) or None
            Class labels or numbers; None without labels.
        n : int
        """
        if self.numbers is not None:
            return self.numbers.encode(np.asarray(y))[:, 0].astype(np.float32)
        if self.classes is None:
            return np.zeros(n, dtype=np.int64)
        return np.searchsorted(np.asarray(self.classes), np.asarray(y))

    def decode(self, y: np.ndarray) -> np.ndarray | None:
        """Return labels in the form of `Problem.y` as class labels or numbers.

        The mean of whole numbers may be a fraction, so numbers are not rounded.
        """
        if self.numbers is not None:
            return self.numbers.decode_means(np.asarray(y)[:, None])
        return None if self.classes is None else self.classes[y]

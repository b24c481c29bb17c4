"""Maps the columns of a table to numbers on a common scale, and back.

An encoder is fitted on the real rows. `encode` returns float32 rows; `decode` returns
rows that the data could contain: known categories, whole numbers where the column holds
whole numbers, and values within the observed range.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from itertools import pairwise
from typing import Any

import numpy as np

from .._utils.containers import take_rows
from .columns import (
    MAX_CATEGORIES,
    CategoryColumn,
    NumericColumn,
    check_decodable,
    columns_of,
)


def warn_of_many_categories(name: Any, n_categories: int) -> None:
    """Say what becomes of a column with more categories than it has places for."""
    warnings.warn(
        f"column {name!r} has {n_categories} categories; all but the "
        f"{MAX_CATEGORIES - 1} most frequent are taken for one, and learned rows hold "
        "none of the others. Drop identifiers and free text, or make the categories "
        "coarser.",
        UserWarning,
        stacklevel=2,
    )


class TableEncoder:
    """Encode the columns of a 2-D array or of a DataFrame, each for itself.

    Parameters
    ----------
    numeric : {"auto", "standard", "quantile"}
        How columns of numbers are scaled; see `NumericColumn`.

    Attributes
    ----------
    columns_ : list of NumericColumn and CategoryColumn
        One for each column of X.
    slices_ : list of slice
        Where each column's block stands in the encoded rows.
    lower_, upper_ : float32 ndarray of shape (n_encoded,)
        The range of each encoded column.
    """

    def __init__(self, numeric: str = "auto"):
        self.numeric = numeric

    def fit(self, X: Any, sample_weight: np.ndarray) -> "TableEncoder":
        self.columns_ = []
        for values in columns_of(X):
            column = (
                NumericColumn(self.numeric)
                if values.dtype.kind in "biuf"
                else CategoryColumn()
            )
            self.columns_.append(column.fit(values, sample_weight))
            if (
                isinstance(column, CategoryColumn)
                and column.n_categories > column.width
            ):
                j = len(self.columns_) - 1
                warn_of_many_categories(
                    X.columns[j] if hasattr(X, "columns") else j, column.n_categories
                )
        ends = np.cumsum([0] + [column.width for column in self.columns_])
        self.slices_ = [slice(a, b) for a, b in pairwise(ends)]
        self.shape_ = (int(ends[-1]),)
        lower, upper = zip(*(column.bounds() for column in self.columns_), strict=True)
        self.lower_ = np.concatenate(lower).astype(np.float32)
        self.upper_ = np.concatenate(upper).astype(np.float32)
        # Only what is needed to build an empty twin of X is kept of it.
        self.like_ = take_rows(X, np.arange(0))
        return self

    def check_known(self, X: Any) -> None:
        """Raise ValueError for a category that `fit` did not see, or for text where it
        saw numbers."""
        for j, values in enumerate(columns_of(X)):
            column = self.columns_[j]
            name = X.columns[j] if hasattr(X, "columns") else j
            if not isinstance(column, CategoryColumn):
                if values.dtype.kind not in "biuf":
                    raise ValueError(
                        f"column {name!r} held numbers in fit, but not all of its "
                        "values are numbers here. Convert it to a numeric dtype."
                    )
                continue
            if unknown := column.unknown(values):
                raise ValueError(
                    f"column {name!r} has categories that were not there in fit: "
                    f"{unknown[:5]}. Map them to known ones or drop their rows."
                )

    def encode(self, X: Any) -> np.ndarray:
        Z = np.empty((len(X), *self.shape_), dtype=np.float32)
        for column, place, values in zip(
            self.columns_, self.slices_, columns_of(X), strict=True
        ):
            Z[:, place] = column.encode(values)
        return Z

    def decode(self, Z: np.ndarray) -> Any:
        check_decodable(Z)
        decoded = [
            column.decode(Z[:, place])
            for column, place in zip(self.columns_, self.slices_, strict=True)
        ]
        if hasattr(self.like_, "iloc"):
            import pandas as pd

            series = [
                pd.Series(values, dtype=dtype)
                for values, dtype in zip(decoded, self.like_.dtypes, strict=True)
            ]
            frame = pd.concat(series, axis=1)
            frame.columns = self.like_.columns
            return frame
        out = np.empty((len(Z), len(decoded)), dtype=self.like_.dtype)
        for j, values in enumerate(decoded):
            out[:, j] = values
        return out

    def snap(self, Z: np.ndarray) -> np.ndarray:
        """Return the encoded rows that `decode` followed by `encode` would give."""
        check_decodable(Z)
        snapped = np.empty_like(Z)
        for column, place in zip(self.columns_, self.slices_, strict=True):
            snapped[:, place] = column.encode(column.decode(Z[:, place]))
        return snapped

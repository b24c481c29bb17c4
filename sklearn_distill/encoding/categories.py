"""The encoder of columns of categories."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .incomplete import missing_rows

# The maximum width of a one-hot block; further categories share its last column.
MAX_CATEGORIES = 64


class CategoryColumn:
    """Encode categories as a one-hot block.

    If there are more than `MAX_CATEGORIES` categories, the less frequent ones share the
    last column of the block, and this column is decoded to the most frequent of them.
    Missing values are a category of their own.
    """

    def fit(self, values: np.ndarray, weights: np.ndarray) -> "CategoryColumn":
        """Learn the categories and assign each of them to a column of the block.

        Parameters
        ----------
        values : ndarray or masked array of shape (n,)
        weights : float64 ndarray of shape (n,)

        Returns
        -------
        CategoryColumn
        """
        data, missing = np.ma.getdata(values), np.ma.getmaskarray(values)
        # Sort by type and then by text, so that mixed labels have an order that does
        # not depend on the order of the rows.
        distinct = sorted(set(data[~missing]), key=lambda v: (type(v).__name__, str(v)))
        self.dtype_ = values.dtype
        self.code_of_ = {value: code for code, value in enumerate(distinct)}
        # The code of missing values, which follows the codes of all categories.
        self.missing_code_ = len(distinct) if missing.any() else None
        self.share_ = float(np.average(missing, weights=weights))
        n_codes = len(distinct) + int(missing.any())
        self.values_ = np.empty(n_codes, dtype=object)
        self.values_[: len(distinct)] = distinct
        if values.dtype.kind != "O":
            # A mask hides this value, which stands in for missing values.
            self.values_[len(distinct) :] = np.zeros(1, values.dtype)[0]
        total_weights = np.bincount(
            self.codes(values), weights=weights, minlength=n_codes
        )
        if self.missing_code_ is not None:
            # Missing values must not share a column with categories.
            total_weights[self.missing_code_] = np.inf
        by_weight = np.argsort(-total_weights, kind="stable")
        # slot_of_ maps a category code to its column in the block; representative_
        # maps a column back to a category code.
        self.slot_of_ = np.empty(n_codes, dtype=np.int64)
        self.width = min(n_codes, MAX_CATEGORIES)
        if n_codes <= MAX_CATEGORIES:
            self.slot_of_[:] = self.representative_ = np.arange(n_codes)
        else:
            slots = np.arange(n_codes).clip(max=self.width - 1)
            self.slot_of_[by_weight] = slots
            self.representative_ = by_weight[: self.width]
        return self

    @property
    def n_categories(self) -> int:
        """The number of categories; if it exceeds `width`, some share a column."""
        return len(self.values_)

    def unknown(self, values: np.ndarray) -> list[Any]:
        """Return the distinct values, other than missing ones, not seen in `fit`."""
        observed = np.ma.getdata(values)[~np.ma.getmaskarray(values)]
        return [v for v in dict.fromkeys(observed.tolist()) if v not in self.code_of_]

    def absent(self, values: np.ndarray) -> list[Any]:
        """Return the categories of `fit`, None if missing, not among the values."""
        codes = np.setdiff1d(np.arange(self.n_categories), self.codes(values))
        return [
            None if code == self.missing_code_ else self.values_[code] for code in codes
        ]

    def codes(self, values: np.ndarray) -> np.ndarray:
        """Return the code of each value, and -1 for a value that `fit` did not see."""
        data, missing = np.ma.getdata(values), np.ma.getmaskarray(values)
        codes = np.array([self.code_of_.get(v, -1) for v in data], dtype=np.int64)
        codes[missing] = -1 if self.missing_code_ is None else self.missing_code_
        return codes

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return values as a float64 block of shape (n, width).

        A category that did not occur in `fit` is encoded as a row of zeros.
        """
        codes = self.codes(values)
        block = np.eye(self.width)[self.slot_of_[codes]]
        block[codes < 0] = 0.0
        return block

    def decode(self, block: np.ndarray) -> np.ndarray:
        """Return the category with the largest value in each row of the block.

        If the column has missing values, the result is a masked array; see
        `missing_rows`.
        """
        if self.missing_code_ is None:
            codes = self.representative_[block.argmax(axis=1)]
            return self.values_[codes].astype(self.dtype_)
        slot = self.slot_of_[self.missing_code_]
        missing = block.argmax(axis=1) == slot
        categories = block.astype(np.float64)
        categories[:, slot] = -np.inf
        is_one_hot = np.isin(block, (0.0, 1.0)).all() and (block.sum(axis=1) == 1).all()
        if not is_one_hot:
            likeliest = categories.max(axis=1)
            missing = missing_rows(block[:, slot] - likeliest, likeliest, self.share_)
        codes = self.representative_[categories.argmax(axis=1)]
        return np.ma.MaskedArray(self.values_[codes].astype(self.dtype_), missing)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return zeros and ones, each of shape (width,)."""
        return np.zeros(self.width), np.ones(self.width)

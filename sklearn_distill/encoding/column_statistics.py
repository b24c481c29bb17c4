"""Statistics of one column that can be merged, and the encoders made from them.

The statistics of the parts of a data set are merged instead of their rows. An encoder
made from merged statistics encodes the rows of every part on the same scale.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .categories import CategoryColumn
from .columns import HEAVY_TAILED, ROUNDING, NumericColumn
from .dates import DateColumn
from .incomplete import IncompleteColumn

# The maximum number of values that represent the distribution of a column. Each time a
# summary is shortened, the rank of a value moves by at most 1 / N_VALUES of all rows.
N_VALUES = 256


def shortened(
    values: np.ndarray, weights: np.ndarray, n_values: int = N_VALUES
) -> tuple[np.ndarray, np.ndarray]:
    """Return at most `n_values` sorted values that represent weighted values.

    The smallest and the largest value are kept. All others are divided into intervals
    of about equal weight, each of which its weighted median represents.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Numbers or dates.
    weights : float64 ndarray of shape (n,)
    n_values : int, default=N_VALUES

    Returns
    -------
    values : ndarray of shape (k,)
        Distinct values, all of which are among those that were passed.
    weights : float64 ndarray of shape (k,)
        Their sum is unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.encoding.column_statistics import shortened
    >>> shortened(np.arange(100), np.ones(100), 4)
    (array([ 0, 25, 74, 99]), array([ 1., 49., 49.,  1.]))
    """
    if weights[0] == weights.min() == weights.max():
        # Sorting is several times as fast as finding the order.
        values = np.sort(values)
    else:
        order = np.argsort(values)
        values, weights = values[order], weights[order]
    first = np.flatnonzero(np.r_[True, values[1:] != values[:-1]][: len(values)])
    values, weights = values[first], np.add.reduceat(weights, first)
    if len(values) <= n_values:
        return values, weights
    middle = np.cumsum(weights) - weights / 2
    total = weights.sum()
    interval = 1 + np.minimum(middle / total * (n_values - 2), n_values - 3).astype(int)
    interval[0], interval[-1] = 0, n_values - 1
    starts = np.flatnonzero(np.r_[True, np.diff(interval) > 0])
    ends = np.r_[starts[1:], len(values)]
    mass = np.add.reduceat(weights, starts)
    medians = np.searchsorted(middle, np.cumsum(mass) - mass / 2)
    return values[np.clip(medians, starts, ends - 1)], mass


@dataclass(frozen=True)
class NumberStatistics:
    """Statistics of a column of numbers, dates or durations.

    Attributes
    ----------
    values : ndarray of shape (k,)
        Sorted values that represent the distribution, the extremes among them.
    weights : float64 ndarray of shape (k,)
        Their weights.
    missing : float
        The weight of the missing values.
    moments : float64 ndarray of shape (4,) or None
        The mean, and the weighted sums of the second, third and fourth power of the
        deviations from it. None for dates, and if a sum overflows.
    """

    values: np.ndarray
    weights: np.ndarray
    missing: float
    moments: np.ndarray | None

    @classmethod
    def of(cls, values: np.ndarray, weights: np.ndarray) -> "NumberStatistics":
        """Return the statistics of the values of a column, which may be masked."""
        missing = np.ma.getmaskarray(values)
        data, observed = np.ma.getdata(values), weights
        if missing.any():
            data, observed = data[~missing], weights[~missing]
        if not len(data):
            return cls(data, observed, float(weights.sum()), None)
        moments = None
        if data.dtype.kind in "biuf":
            moments = _moments(data.astype(np.float64), observed)
        kept, mass = shortened(data, observed)
        return cls(kept, mass, float(weights[missing].sum()), moments)

    @classmethod
    def merged(cls, parts: Sequence["NumberStatistics"]) -> "NumberStatistics":
        """Return the statistics of the rows of all parts."""
        missing = sum(part.missing for part in parts)
        filled = [part for part in parts if len(part.values)]
        if len(filled) < 2:
            return replace(filled[0] if filled else parts[0], missing=missing)
        values, weights = shortened(
            np.concatenate([part.values for part in filled]),
            np.concatenate([part.weights for part in filled]),
        )
        return cls(values, weights, missing, _merged_moments(filled))

    @property
    def kind(self) -> str | None:
        """The kind of the values: "numbers", "m" or "M"; None without any value."""
        if not len(self.values):
            return None
        kind = self.values.dtype.kind
        return kind if kind in "mM" else "numbers"

    @property
    def nbytes(self) -> int:
        """The size of the statistics in memory."""
        return int(self.values.nbytes + self.weights.nbytes) + 40

    def scaled(self, factor: float) -> "NumberStatistics":
        """Return the statistics of the same rows with multiplied weights."""
        moments = self.moments
        if moments is not None:
            moments = moments * np.array([1.0, factor, factor, factor])
        return NumberStatistics(
            self.values, self.weights * factor, self.missing * factor, moments
        )

    def encoder(self, numeric: str) -> Any:
        """Return a fitted encoder of the column; see `NumericColumn` for `numeric`."""
        if not len(self.values):
            empty = np.ma.MaskedArray(np.zeros(1, self.values.dtype), True)
            return IncompleteColumn(NumericColumn(numeric)).fit(empty, np.ones(1))
        column: NumericColumn | DateColumn = DateColumn(numeric)
        if self.kind == "numbers":
            column = self.number_column(numeric)
        else:
            column.fit(self.values, self.weights)
        if not self.missing:
            return column
        incomplete = IncompleteColumn(column)
        incomplete.share_ = self.missing / (self.missing + self.weights.sum())
        return incomplete

    def number_column(self, numeric: str) -> NumericColumn:
        """Return the fitted encoder of the observed numbers."""
        mean, second, _, fourth = (
            self.moments if self.moments is not None else [0.0] * 4
        )
        total = self.weights.sum()
        if numeric == "auto" and self.moments is not None:
            # Compare without dividing, because a constant column has no variance.
            is_heavy = fourth * total > HEAVY_TAILED * second**2
            numeric = "quantile" if is_heavy else "standard"
        column = NumericColumn(numeric).fit(self.values, self.weights)
        largest = np.abs(np.float64(self.values[[0, -1]]) - mean).max()
        is_constant = largest <= ROUNDING * np.abs(mean)
        if numeric == "standard" and self.moments is not None and not is_constant:
            column.mean_, column.scale_ = mean, float(np.sqrt(second / total))
        return column


@dataclass(frozen=True)
class CategoryStatistics:
    """The weight of each category of a column.

    Attributes
    ----------
    weight_of : dict
        The weight of each category.
    dtype : dtype
        The dtype of the values.
    missing : float
        The weight of the missing values.
    """

    weight_of: dict[Any, float]
    dtype: np.dtype
    missing: float
    kind = "categories"

    @classmethod
    def of(cls, values: np.ndarray, weights: np.ndarray) -> "CategoryStatistics":
        """Return the statistics of the values of a column, which may be masked."""
        missing = np.ma.getmaskarray(values)
        data = np.ma.getdata(values)[~missing].tolist()
        code_of = {value: code for code, value in enumerate(dict.fromkeys(data))}
        codes = np.fromiter(map(code_of.__getitem__, data), np.int64, len(data))
        mass = np.bincount(codes, weights=weights[~missing], minlength=len(code_of))
        weight_of = dict(zip(code_of, mass.tolist(), strict=True))
        return cls(weight_of, values.dtype, float(weights[missing].sum()))

    @classmethod
    def merged(cls, parts: Sequence["CategoryStatistics"]) -> "CategoryStatistics":
        """Return the statistics of the rows of all parts."""
        weight_of: dict[Any, float] = {}
        for part in parts:
            for value, weight in part.weight_of.items():
                weight_of[value] = weight_of.get(value, 0.0) + weight
        dtypes = {part.dtype for part in parts}
        dtype = dtypes.pop() if len(dtypes) == 1 else _common_dtype(dtypes)
        return cls(weight_of, dtype, sum(part.missing for part in parts))

    @property
    def nbytes(self) -> int:
        """The approximate size of the statistics in memory."""
        return 100 * len(self.weight_of) + 40

    def scaled(self, factor: float) -> "CategoryStatistics":
        """Return the statistics of the same rows with multiplied weights."""
        weight_of = {value: w * factor for value, w in self.weight_of.items()}
        return CategoryStatistics(weight_of, self.dtype, self.missing * factor)

    def encoder(self, numeric: str) -> CategoryColumn:
        """Return a fitted encoder of the column; `numeric` is ignored."""
        values = np.empty(len(self.weight_of) + bool(self.missing), dtype=self.dtype)
        for place, value in enumerate(self.weight_of):
            values[place] = value
        weights = np.array([*self.weight_of.values(), self.missing])[: len(values)]
        if self.missing:
            mask = np.arange(len(values)) == len(values) - 1
            values = np.ma.MaskedArray(values, mask)
        return CategoryColumn().fit(values, weights)


def _common_dtype(dtypes: set[np.dtype]) -> np.dtype:
    """Return the dtype of categories that have different dtypes."""
    if all(dtype.kind in "biuf" for dtype in dtypes):
        return np.result_type(*dtypes)
    return np.dtype(object)


def _moments(x: np.ndarray, weights: np.ndarray) -> np.ndarray | None:
    """Return the moments of numbers; see `NumberStatistics`."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean = x[0] + np.average(x - x[0], weights=weights)
        deviations = x - mean
        squares = deviations * deviations
        weighted = weights * squares
        moments = np.array(
            [mean, weighted.sum(), weighted @ deviations, weighted @ squares]
        )
    return moments if np.isfinite(moments).all() else None


def _merged_moments(parts: Sequence[NumberStatistics]) -> np.ndarray | None:
    """Return the moments of the rows of all parts."""
    if any(part.moments is None for part in parts):
        return None
    n = np.array([part.weights.sum() for part in parts])
    mean, m2, m3, m4 = np.array([part.moments for part in parts]).T
    first = mean[0]
    common = first + np.average(mean - first, weights=n)
    d = mean - common
    # Expand the powers of (x - mean of the part) + d.
    with np.errstate(over="ignore", invalid="ignore"):
        moments = np.array(
            [
                common,
                (m2 + n * d**2).sum(),
                (m3 + 3 * d * m2 + n * d**3).sum(),
                (m4 + 4 * d * m3 + 6 * d**2 * m2 + n * d**4).sum(),
            ]
        )
    return moments if np.isfinite(moments).all() else None

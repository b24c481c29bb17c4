"""One column <-> the numbers in which it is learned, both ways."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

# Beyond this kurtosis (the normal's is 3) a column is encoded by its normal quantiles:
# a few far rows would otherwise set the scale for all the others.
HEAVY_TAILED = 12.0
# One-hot blocks wider than this put all further categories in one shared slot.
MAX_CATEGORIES = 64
# Encoded values are rounded to this many decimals. Rounding noise in X, such as a
# change of units makes, then does not reach the optimisation, which would amplify it.
DECIMALS = 5
# Rows that the encoder was not fitted on may lie this far out, no further: squared
# distances then stay finite in float32.
FARTHEST = 1e9
N_KNOTS = 1_000
# Deviations below this share of the mean are rounding errors, not deviations.
ROUNDING = 8 * np.finfo(np.float64).eps


def grid_of(
    values: np.ndarray, eps: float = np.finfo(np.float64).eps
) -> tuple[np.ndarray, float] | None:
    """Return (sorted distinct values, step) if all values lie on an even grid.

    Whole numbers do, and so do prices in cents. Unlike a test for whole numbers this
    one gives the same answer after a change of units. `eps` is the relative rounding
    error that the values carry.
    """
    distinct = np.unique(values)
    if len(distinct) < 2:
        return None
    span = distinct[-1] - distinct[0]
    blur = 8 * eps * np.abs(distinct[[0, -1]]).max()
    step = _common_step(np.diff(distinct), blur, finest=max(1e-6 * span, 1e3 * blur))
    if step is None:
        return None
    places = (distinct - distinct[0]) / step
    if np.abs(places - np.rint(places)).max() > 1e-6 + blur / step:
        return None
    return distinct, step


def _common_step(gaps: np.ndarray, blur: float, finest: float) -> float | None:
    """Return the largest step that divides all gaps, by Euclid's algorithm.

    Each gap may be off by `blur`, and what that makes of remainders is kept account of.
    """
    step, error = gaps.min(), blur
    while step > finest:
        counts = np.rint(gaps / step)
        left = np.abs(gaps - counts * step)
        noise = blur + counts * error
        if (left <= noise).all():
            # All gaps together know the step better than the one it came from.
            return float(gaps.sum() / counts.sum())
        smallest = np.where(left > noise, left, np.inf).argmin()
        step, error = left[smallest], noise[smallest]
    return None


def to_grid(x: np.ndarray, grid: tuple[np.ndarray, float]) -> np.ndarray:
    """Move each number to the nearest point of an even grid; see `grid_of`."""
    distinct, step = grid
    on_grid = distinct[0] + np.rint((x - distinct[0]) / step) * step
    # Where the grid point was observed, its own digits: 5.1, not 5.1000000000005.
    right = np.searchsorted(distinct, on_grid).clip(1, len(distinct) - 1)
    left = right - 1
    nearer_left = on_grid - distinct[left] < distinct[right] - on_grid
    observed = distinct[np.where(nearer_left, left, right)]
    return np.where(np.abs(observed - on_grid) < 1e-3 * step, observed, on_grid)


def observable(
    x: np.ndarray, low: Any, high: Any, grid: tuple[np.ndarray, float] | None
) -> np.ndarray:
    """Return numbers that data could hold whose ends are `low` and `high`.

    They have the dtype of the ends, and lie between them and on the grid, if any.
    """
    dtype = np.asarray(low).dtype
    first, last = np.float64(low), np.float64(high)
    x = np.clip(x, first, last)
    if grid is not None:
        x = to_grid(x, grid)
    if dtype.kind in "iu":
        x = np.rint(x)
    # The ends are set from the integers themselves: beyond 2**53 a float that equals
    # them need not survive the cast back.
    at_low, at_high = x <= first, x >= last
    inside = np.where(at_low | at_high, 0.0, x).astype(dtype)
    return np.where(at_low, low, np.where(at_high, high, inside)).astype(dtype)


class NumericColumn:
    """Numbers, integers or booleans <-> one column of mean 0 and variance 1.

    Parameters
    ----------
    quantile : {"auto", "standard", "quantile"}
        Whether values go through their normal quantiles first; "auto" does so where
        the column's kurtosis is above `HEAVY_TAILED`.
    """

    width = 1

    def __init__(self, quantile: str = "auto"):
        self.quantile = quantile

    def fit(self, values: np.ndarray, weights: np.ndarray) -> "NumericColumn":
        x = values.astype(np.float64)
        self.min_, self.max_ = values.min(), values.max()
        self.grid_ = grid_of(x, rounding_error(values.dtype))
        self.knots_: tuple[np.ndarray, np.ndarray] | None = None
        z = self._standardise(x, weights)
        kurtosis = np.average(z**4, weights=weights)
        if self.quantile == "quantile" or (
            self.quantile == "auto" and kurtosis > HEAVY_TAILED
        ):
            self._fit_knots(x, weights)
            self._standardise(self._to_normal(x), weights)
        return self

    def _standardise(self, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        # Centring before scaling, and scaling by the largest deviation before
        # squaring, keeps columns at 1e30 or at 1e9 + tiny differences exact.
        first = x[0]
        self.mean_ = first + np.average(x - first, weights=weights)
        away = x - self.mean_
        largest = np.abs(away).max()
        # A constant column: what is left of it is the rounding of its own mean.
        if largest <= ROUNDING * np.abs(self.mean_):
            self.scale_ = float(np.abs(self.mean_)) or 1.0
            return np.zeros_like(x)
        away /= largest
        self.scale_ = largest * np.sqrt(np.average(away**2, weights=weights))
        return away * (largest / self.scale_)

    def _fit_knots(self, x: np.ndarray, weights: np.ndarray) -> None:
        distinct, inverse = np.unique(x, return_inverse=True)
        mass = np.bincount(inverse, weights=weights)
        # The middle of each value's step in the distribution function: the same from
        # either end, so that a column with its sign turned is encoded with it turned.
        middle = (np.cumsum(mass) - 0.5 * mass) / mass.sum()
        # Values of hardly any weight lie at a finite quantile too.
        middle = middle.clip(1e-12, 1 - 1e-12)
        if len(distinct) > N_KNOTS:
            inner = (np.arange(N_KNOTS) + 0.5) / N_KNOTS
            inner = inner[(inner > middle[0]) & (inner < middle[-1])]
            at = np.concatenate([middle[:1], inner, middle[-1:]])
            distinct, middle = np.interp(at, middle, distinct), at
        self.knots_ = (distinct, ndtri(middle))

    def _to_normal(self, x: np.ndarray) -> np.ndarray:
        if self.knots_ is None:
            return x
        values, scores = self.knots_
        # Interpolated in probability, not in scores: straight lines between ranks.
        return ndtri(np.interp(x, values, ndtr(scores)))

    def encode(self, values: np.ndarray) -> np.ndarray:
        x = np.asarray(values).astype(np.float64)
        return scaled(self._to_normal(x), self.mean_, self.scale_)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        x = self._in_units(block)
        return observable(x, self.min_, self.max_, self.grid_)

    def decode_means(self, block: np.ndarray) -> np.ndarray:
        """Return what may lie between the numbers that were observed, as means do.

        All of it in the column's own dtype if none does, or else as floats.
        """
        x = self._in_units(block)
        exact = observable(x, self.min_, self.max_, self.grid_)
        x = np.clip(x, np.float64(self.min_), np.float64(self.max_))
        # Encoded numbers are single precision: what is so near was on the grid.
        off = np.abs(x - exact.astype(np.float64)) > 1e-5 * self.scale_
        return np.where(off, x, exact) if off.any() else exact

    def _in_units(self, block: np.ndarray) -> np.ndarray:
        x = block[:, 0].astype(np.float64) * self.scale_ + self.mean_
        if self.knots_ is not None:
            values, scores = self.knots_
            x = np.interp(ndtr(x), ndtr(scores), values)
        return x

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        ends = self.encode(np.array([self.min_, self.max_]))
        return ends.min(axis=0), ends.max(axis=0)


class CategoryColumn:
    """Categories <-> a block of columns that is 1 at the category and 0 elsewhere."""

    def fit(self, values: np.ndarray, weights: np.ndarray) -> "CategoryColumn":
        # Sorted by type, then by text: any mixture of labels has an order, and one
        # that does not depend on which row came first.
        distinct = sorted(set(values), key=lambda v: (type(v).__name__, str(v)))
        self.dtype_ = values.dtype
        self.code_of_ = {value: code for code, value in enumerate(distinct)}
        self.values_ = np.empty(len(distinct), dtype=object)
        self.values_[:] = distinct
        codes = np.array([self.code_of_[v] for v in values])
        mass = np.bincount(codes, weights=weights, minlength=len(distinct))
        by_mass = np.argsort(-mass, kind="stable")
        # slot_of_ maps a category to its column; representative_ maps a column back.
        self.slot_of_ = np.empty(len(distinct), dtype=np.int64)
        self.width = min(len(distinct), MAX_CATEGORIES)
        if len(distinct) <= MAX_CATEGORIES:
            self.slot_of_[:] = self.representative_ = np.arange(len(distinct))
        else:
            self.slot_of_[by_mass] = np.arange(len(distinct)).clip(max=self.width - 1)
            self.representative_ = by_mass[: self.width]
        return self

    @property
    def n_categories(self) -> int:
        """How many there are; more than `width` share a column."""
        return len(self.values_)

    def unknown(self, values: np.ndarray) -> list[Any]:
        """Return the values that the column did not hold when it was fitted."""
        return [value for value in dict.fromkeys(values) if value not in self.code_of_]

    def encode(self, values: np.ndarray) -> np.ndarray:
        """A category that was not there in fit is near none: all its columns are 0."""
        codes = np.array([self.code_of_.get(v, -1) for v in values], dtype=np.int64)
        block = np.eye(self.width)[self.slot_of_[codes]]
        block[codes < 0] = 0.0
        return block

    def decode(self, block: np.ndarray) -> np.ndarray:
        return self.values_[self.representative_[block.argmax(axis=1)]].astype(
            self.dtype_
        )

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(self.width), np.ones(self.width)


def rounding_error(dtype: np.dtype) -> float:
    """Return the relative rounding error of numbers that pass through float64."""
    eps = np.finfo(np.float64).eps
    return float(max(eps, np.finfo(dtype).eps) if dtype.kind == "f" else eps)


def scaled(x: np.ndarray, mean: Any, scale: Any) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = (x - mean) / scale
    return np.round(z.clip(-FARTHEST, FARTHEST), DECIMALS)


def columns_of(X: Any) -> Iterator[np.ndarray]:
    """Yield each column as an array: numbers and booleans as such, others as object."""
    if hasattr(X, "iloc"):
        for j in range(X.shape[1]):
            values = values_of(X.iloc[:, j])
            # Categories may be numbers, but what lies between two of them is none.
            yield values if X.dtypes.iloc[j] == "category" else plain_numbers(values)
    else:
        for j in range(X.shape[1]):
            yield plain_numbers(X[:, j])


def values_of(column: Any) -> np.ndarray:
    """Return a column of a DataFrame as plain numbers or booleans, or as objects.

    Nullable and Arrow columns come as the numbers they hold; nothing may be missing.
    """
    dtype = column.dtype
    if dtype.kind in "biuf":
        return column.to_numpy(dtype=getattr(dtype, "numpy_dtype", dtype))
    return column.to_numpy(dtype=object)


def plain_numbers(values: np.ndarray) -> np.ndarray:
    """Return a column of Python numbers as int64 or floats, any other as it is."""
    if values.dtype.kind != "O" or not all(map(is_number, values)):
        return values
    if all(isinstance(v, int | np.integer) for v in values):
        try:
            return values.astype(np.int64)
        except OverflowError:
            pass
    return values.astype(np.float64)


def is_number(value: Any) -> bool:
    """Tell whether a Python object is a real number (booleans and times are not)."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(
        value, bool | np.timedelta64
    )


def check_decodable(Z: np.ndarray) -> None:
    if np.isnan(Z).any():
        raise ValueError(
            "Encoded rows with NaN stand for no rows: the method that learned them "
            "diverged. Learn with a smaller step, or keep its last finite rows."
        )

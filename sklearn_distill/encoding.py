"""A table or images <-> the numbers in which rows are learned, both ways.

Distances and gradients need every column on one scale and every category as numbers;
users need back what came in. An encoder is fitted on real rows once. `encode` gives
float32 rows, `decode` gives rows that the data could hold: known categories, whole
numbers where the column has whole numbers, nothing outside the observed range.
"""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from itertools import pairwise
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


def take_rows(X: Any, indices: np.ndarray) -> Any:
    """Return the rows of an array or a DataFrame, in that order, with a fresh index."""
    if hasattr(X, "iloc"):
        return X.iloc[indices].reset_index(drop=True)
    return X[indices]


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
    step = _common_step(np.diff(distinct), finest=max(1e-6 * span, 1e3 * blur))
    if step is None:
        return None
    # A difference of two values carries their rounding, which would add up over
    # thousands of steps; in the whole span it is there once.
    step = span / np.rint(span / step)
    places = (distinct - distinct[0]) / step
    if np.abs(places - np.rint(places)).max() > 1e-6 + blur / step:
        return None
    return distinct, step


def _common_step(gaps: np.ndarray, finest: float) -> float | None:
    """Return the largest step that divides all gaps, by Euclid's algorithm."""
    step = gaps.min()
    while step > finest:
        left = np.abs(gaps - np.rint(gaps / step) * step)
        left = left[left > 1e-3 * step]
        if not len(left):
            return float(step)
        step = left.min()
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
        self.grid_ = grid_of(x, _eps(values.dtype))
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
        return _scaled(self._to_normal(x), self.mean_, self.scale_)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        x = block[:, 0].astype(np.float64) * self.scale_ + self.mean_
        if self.knots_ is not None:
            values, scores = self.knots_
            x = np.interp(ndtr(x), ndtr(scores), values)
        return observable(x, self.min_, self.max_, self.grid_)

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

    def unknown(self, values: np.ndarray) -> list[Any]:
        """Return the values that the column did not hold when it was fitted."""
        return [value for value in dict.fromkeys(values) if value not in self.code_of_]

    def encode(self, values: np.ndarray) -> np.ndarray:
        codes = np.array([self.code_of_[v] for v in values], dtype=np.int64)
        return np.eye(self.width)[self.slot_of_[codes]]

    def decode(self, block: np.ndarray) -> np.ndarray:
        return self.values_[self.representative_[block.argmax(axis=1)]].astype(
            self.dtype_
        )

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros(self.width), np.ones(self.width)


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
        for values in _columns(X):
            column = (
                NumericColumn(self.numeric)
                if values.dtype.kind in "biuf"
                else CategoryColumn()
            )
            self.columns_.append(column.fit(values, sample_weight))
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
        for j, values in enumerate(_columns(X)):
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
            self.columns_, self.slices_, _columns(X), strict=True
        ):
            Z[:, place] = column.encode(values)
        return Z

    def decode(self, Z: np.ndarray) -> Any:
        _check_decodable(Z)
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
        _check_decodable(Z)
        snapped = np.empty_like(Z)
        for column, place in zip(self.columns_, self.slices_, strict=True):
            snapped[:, place] = column.encode(column.decode(Z[:, place]))
        return snapped


class ImageEncoder:
    """Encode images, (n, C, H, W) or flat rows, per channel to mean 0 and variance 1.

    Parameters
    ----------
    image_shape : tuple (C, H, W), default=None
        The shape of one image, for flat rows. None takes it from X.
    """

    def __init__(self, image_shape: tuple[int, ...] | None = None):
        self.image_shape = image_shape

    def fit(self, X: np.ndarray, sample_weight: np.ndarray) -> "ImageEncoder":
        self.shape_ = tuple(self.image_shape or X.shape[1:])
        self.row_shape_ = X.shape[1:]
        images = X.reshape(len(X), self.shape_[0], -1)
        weights = sample_weight / sample_weight.sum()
        # As for a column of numbers: centred on a value of its own, and divided by the
        # range before squaring.
        low = images.min(axis=(0, 2)).astype(np.float64)
        span = images.max(axis=(0, 2)) - low
        varies = span > ROUNDING * np.abs(low)
        unit = np.where(varies, span, np.where(low == 0.0, 1.0, np.abs(low)))
        away = [
            np.stack([part.mean(axis=2), part.var(axis=2)])
            for part in (
                (block - low[:, None]) / unit[:, None] for block in _blocks(images)
            )
        ]
        means, variances = np.concatenate(away, axis=1)
        mean = weights @ means
        variance = weights @ (variances + (means - mean) ** 2)
        self.mean_ = low + unit * mean
        self.scale_ = unit * np.where(varies, np.sqrt(variance), 1.0)
        self.min_, self.max_ = X.min(axis=0), X.max(axis=0)
        sample = images.ravel()[:: max(1, images.size // 1_000_000)]
        self.grid_ = grid_of(sample.astype(np.float64), _eps(X.dtype))
        ends = self.encode(np.stack([self.min_, self.max_]))
        self.lower_, self.upper_ = ends
        return self

    def check_known(self, X: np.ndarray) -> None:
        """Pixels have no categories: every image is known."""

    def encode(self, X: np.ndarray) -> np.ndarray:
        images = X.reshape(len(X), self.shape_[0], -1)
        Z = np.empty(images.shape, dtype=np.float32)
        start = 0
        for block in _blocks(images):
            z = _scaled(block, self.mean_[:, None], self.scale_[:, None])
            Z[start : start + len(z)] = z
            start += len(z)
        return Z.reshape(len(X), *self.shape_)

    def decode(self, Z: np.ndarray) -> np.ndarray:
        _check_decodable(Z)
        z = Z.reshape(len(Z), self.shape_[0], -1).astype(np.float64)
        x = z * self.scale_[:, None] + self.mean_[:, None]
        x = x.reshape(len(Z), *self.row_shape_)
        return observable(x, self.min_, self.max_, self.grid_)

    def snap(self, Z: np.ndarray) -> np.ndarray:
        """Return the encoded rows that `decode` followed by `encode` would give."""
        return self.encode(self.decode(Z))


def make_encoder(
    X: Any, *, image_shape: tuple[int, ...] | None = None, numeric: str = "auto"
) -> TableEncoder | ImageEncoder:
    """Return the unfitted encoder for these rows."""
    if image_shape is not None or getattr(X, "ndim", 2) > 2:
        return ImageEncoder(image_shape)
    return TableEncoder(numeric)


def _columns(X: Any) -> Iterator[np.ndarray]:
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


def _eps(dtype: np.dtype) -> float:
    """Return the relative rounding error of numbers that pass through float64."""
    eps = np.finfo(np.float64).eps
    return float(max(eps, np.finfo(dtype).eps) if dtype.kind == "f" else eps)


def _scaled(x: np.ndarray, mean: Any, scale: Any) -> np.ndarray:
    with np.errstate(over="ignore"):
        z = (x - mean) / scale
    return np.round(z.clip(-FARTHEST, FARTHEST), DECIMALS)


def _check_decodable(Z: np.ndarray) -> None:
    if np.isnan(Z).any():
        raise ValueError(
            "Encoded rows with NaN stand for no rows: the method that learned them "
            "diverged. Learn with a smaller step, or keep its last finite rows."
        )


def _blocks(images: np.ndarray, rows: int = 4_096) -> Iterator[np.ndarray]:
    for start in range(0, len(images), rows):
        yield images[start : start + rows].astype(np.float64)

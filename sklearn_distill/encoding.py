"""A table or images <-> the numbers in which rows are learned, both ways.

Distances and gradients need every column on one scale and every category as numbers;
users need back what came in. An encoder is fitted on real rows once. `encode` gives
float32 rows, `decode` gives rows that the data could hold: known categories, whole
numbers where the column has whole numbers, nothing outside the observed range.
"""

# SPDX-License-Identifier: BSD-3-Clause

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
N_KNOTS = 1_000


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
    step = np.diff(distinct).min()
    with np.errstate(over="ignore", invalid="ignore"):
        places = (distinct - distinct[0]) / step
    noise = 8 * eps * np.abs(distinct[[0, -1]]).max() / step
    if not places[-1] < 1e6 or noise > 1e-3:
        return None
    if np.abs(places - np.rint(places)).max() > 1e-6 + noise:
        return None
    return distinct, step


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
        self.dtype_ = values.dtype
        x = values.astype(np.float64)
        self.min_, self.max_ = values.min(), values.max()
        self.grid_ = grid_of(x, _eps(values.dtype))
        self.knots_ = None
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
        if largest <= 1e-12 * np.abs(self.mean_) or largest == 0.0:
            self.scale_ = 1.0
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
        z = (self._to_normal(x) - self.mean_) / self.scale_
        return np.round(z, DECIMALS)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        x = block[:, 0].astype(np.float64) * self.scale_ + self.mean_
        if self.knots_ is not None:
            values, scores = self.knots_
            x = np.interp(ndtr(x), ndtr(scores), values)
        x = np.clip(x, float(self.min_), float(self.max_))
        if self.grid_ is not None:
            x = self._to_grid(x)
        if self.dtype_.kind in "iu":
            x = np.rint(x)
        # The ends are set from the integers themselves: beyond 2**53 a float that
        # equals them need not survive the cast back.
        at_min, at_max = x <= float(self.min_), x >= float(self.max_)
        inside = np.where(at_min | at_max, 0.0, x).astype(self.dtype_)
        return np.where(at_min, self.min_, np.where(at_max, self.max_, inside)).astype(
            self.dtype_
        )

    def _to_grid(self, x: np.ndarray) -> np.ndarray:
        distinct, step = self.grid_
        on_grid = distinct[0] + np.rint((x - distinct[0]) / step) * step
        # Where the grid point was observed, its own digits: 5.1, not 5.1000000000005.
        right = np.searchsorted(distinct, on_grid).clip(1, len(distinct) - 1)
        left = right - 1
        nearer_left = on_grid - distinct[left] < distinct[right] - on_grid
        observed = distinct[np.where(nearer_left, left, right)]
        return np.where(np.abs(observed - on_grid) < 1e-3 * step, observed, on_grid)

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
        self.slices_ = [slice(a, b) for a, b in zip(ends[:-1], ends[1:], strict=True)]
        self.shape_ = (int(ends[-1]),)
        lower, upper = zip(*(column.bounds() for column in self.columns_), strict=True)
        self.lower_ = np.concatenate(lower).astype(np.float32)
        self.upper_ = np.concatenate(upper).astype(np.float32)
        # Only what is needed to build an empty twin of X is kept of it.
        self.like_ = take_rows(X, np.arange(0))
        return self

    def check_known(self, X: Any) -> None:
        """Raise ValueError if a column of X has a category that `fit` did not see."""
        for j, values in enumerate(_columns(X)):
            column = self.columns_[j]
            if not isinstance(column, CategoryColumn):
                continue
            if unknown := column.unknown(values):
                name = X.columns[j] if hasattr(X, "columns") else j
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
        self.row_shape_, self.dtype_ = X.shape[1:], X.dtype
        images = X.reshape(len(X), self.shape_[0], -1)
        weights = sample_weight / sample_weight.sum()
        first = images[0].astype(np.float64).mean(axis=1)
        away = [
            np.stack(
                [(block - first[:, None]).mean(2), (block - first[:, None]).var(2)]
            )
            for block in _blocks(images)
        ]
        means, variances = np.concatenate(away, axis=1)
        self.mean_ = first + weights @ means
        variance = weights @ (variances + (means - (self.mean_ - first)) ** 2)
        self.scale_ = np.where(variance > 0, np.sqrt(variance), 1.0)
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
            z = (block - self.mean_[:, None]) / self.scale_[:, None]
            Z[start : start + len(z)] = np.round(z, DECIMALS)
            start += len(z)
        return Z.reshape(len(X), *self.shape_)

    def decode(self, Z: np.ndarray) -> np.ndarray:
        z = Z.reshape(len(Z), self.shape_[0], -1).astype(np.float64)
        x = z * self.scale_[:, None] + self.mean_[:, None]
        if self.grid_ is not None:
            distinct, step = self.grid_
            x = distinct[0] + np.rint((x - distinct[0]) / step) * step
        if self.dtype_.kind in "iu":
            x = np.rint(x)
        x = x.reshape(len(Z), *self.row_shape_).clip(self.min_, self.max_)
        return x.astype(self.dtype_)

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


def _columns(X: Any):
    """Yield each column as an array: numbers and booleans as such, others as object."""
    if hasattr(X, "iloc"):
        for j in range(X.shape[1]):
            column = X.iloc[:, j]
            dtype = column.dtype
            if dtype.kind in "biuf":
                # Nullable and Arrow columns come as the plain numbers they hold; that
                # nothing is missing was checked before.
                plain = getattr(dtype, "numpy_dtype", dtype)
                yield _plain_numbers(column.to_numpy(dtype=plain))
            else:
                yield _plain_numbers(column.to_numpy(dtype=object))
    else:
        for j in range(X.shape[1]):
            yield _plain_numbers(X[:, j])


def _eps(dtype: np.dtype) -> float:
    return float(np.finfo(dtype if dtype.kind == "f" else np.float64).eps)


def _plain_numbers(values: np.ndarray) -> np.ndarray:
    """Return a column of Python numbers as floats, any other column as it is."""
    if values.dtype.kind == "O" and all(
        isinstance(v, int | float | np.number) and not isinstance(v, bool)
        for v in values
    ):
        return values.astype(np.float64)
    return values


def _blocks(images: np.ndarray, rows: int = 4_096):
    for start in range(0, len(images), rows):
        yield images[start : start + rows].astype(np.float64)

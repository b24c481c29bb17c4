"""A table or images <-> the numbers in which rows are learned, both ways.

Distances and gradients need every column on one scale and every category as numbers;
users need back what came in. An encoder is fitted on real rows once. `encode` gives
float32 rows, `decode` gives rows that the data could hold: known categories, whole
numbers where the column has whole numbers, nothing outside the observed range.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from .._utils.containers import take_rows
from .columns import (
    MAX_CATEGORIES,
    ROUNDING,
    CategoryColumn,
    NumericColumn,
    grid_of,
    observable,
    rounding_error,
    scaled,
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
        self.grid_ = grid_of(sample.astype(np.float64), rounding_error(X.dtype))
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
            z = scaled(block, self.mean_[:, None], self.scale_[:, None])
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


def _check_decodable(Z: np.ndarray) -> None:
    if np.isnan(Z).any():
        raise ValueError(
            "Encoded rows with NaN stand for no rows: the method that learned them "
            "diverged. Learn with a smaller step, or keep its last finite rows."
        )


def _blocks(images: np.ndarray, rows: int = 4_096) -> Iterator[np.ndarray]:
    for start in range(0, len(images), rows):
        yield images[start : start + rows].astype(np.float64)

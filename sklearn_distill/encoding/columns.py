"""The encoder of one column of numbers, and what the column encoders share.

A column encoder has the methods `fit(values, weights)`, `encode`, which returns a float
block of `width` columns, `decode`, which returns values of the observed dtype for a
block, and `bounds`, which returns the range of each column of the block.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from .grid import grid_of, nearest_valid, rounding_error

# A column with a kurtosis above this value (a normal distribution has 3) is encoded by
# its normal quantiles, because a few outliers would otherwise set its scale.
HEAVY_TAILED = 12.0
# Round encoded values to this many decimals, so that rounding noise in X, for example
# from a change of units, does not reach the optimization, which would amplify it.
DECIMALS = 5
# Clip the encoding of rows that were not in the training data to this absolute value,
# so that squared distances stay finite in float32.
MAX_ENCODED = 1e9
# Interpolate the quantiles of a column between at most this many values.
N_KNOTS = 1_000
# Treat deviations below this share of the mean as rounding errors.
ROUNDING = 8 * np.finfo(np.float64).eps


class NumericColumn:
    """Encode numbers, integers or booleans as one column of mean 0 and variance 1.

    Parameters
    ----------
    quantile : {"auto", "standard", "quantile"}
        Whether values are mapped to their normal quantiles first. "auto" does so if
        the kurtosis of the column is above `HEAVY_TAILED`.
    """

    width = 1

    def __init__(self, quantile: str = "auto"):
        self.quantile = quantile

    def fit(self, values: np.ndarray, weights: np.ndarray) -> "NumericColumn":
        """Learn mean, scale, range and grid of the column, and its quantiles if used.

        Parameters
        ----------
        values : ndarray of shape (n,)
        weights : float64 ndarray of shape (n,)

        Returns
        -------
        NumericColumn
        """
        x = values.astype(np.float64)
        self.min_, self.max_ = values.min(), values.max()
        self.grid_ = grid_of(x, rounding_error(values.dtype))
        self.knots_: tuple[np.ndarray, np.ndarray] | None = None
        z = self._standardize(x, weights)
        kurtosis = np.average(z**4, weights=weights)
        if self.quantile == "quantile" or (
            self.quantile == "auto" and kurtosis > HEAVY_TAILED
        ):
            self.knots_ = _quantile_knots(x, weights)
            self._standardize(self._to_normal(x), weights)
        return self

    def _standardize(self, x: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Set `mean_` and `scale_`, and return the standardized column."""
        # Center before scaling, and divide by the largest deviation before squaring:
        # columns around 1e30, or around 1e9 with tiny differences, stay exact.
        first = x[0]
        self.mean_ = first + np.average(x - first, weights=weights)
        deviations = x - self.mean_
        largest = np.abs(deviations).max()
        # The deviations of a constant column are the rounding errors of its mean.
        if largest <= ROUNDING * np.abs(self.mean_):
            self.scale_ = float(np.abs(self.mean_)) or 1.0
            return np.zeros_like(x)
        deviations /= largest
        self.scale_ = largest * np.sqrt(np.average(deviations**2, weights=weights))
        return deviations * (largest / self.scale_)

    def _to_normal(self, x: np.ndarray) -> np.ndarray:
        """Map values to normal scores if the column uses quantiles."""
        if self.knots_ is None:
            return x
        values, scores = self.knots_
        # Interpolate in probabilities instead of normal scores: linear between ranks.
        return ndtri(np.interp(x, values, ndtr(scores)))

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return values as a float64 block of shape (n, 1)."""
        x = np.asarray(values).astype(np.float64)
        return standardized(self._to_normal(x), self.mean_, self.scale_)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        """Return the nearest valid values, in the observed dtype and range."""
        x = self._in_units(block)
        return nearest_valid(x, self.min_, self.max_, self.grid_)

    def decode_means(self, block: np.ndarray) -> np.ndarray:
        """Return decoded means of values, which may lie off the observed grid.

        The result has the dtype of the column if all means lie on the grid, and is
        float64 otherwise.
        """
        x = self._in_units(block)
        on_grid = nearest_valid(x, self.min_, self.max_, self.grid_)
        x = np.clip(x, np.float64(self.min_), np.float64(self.max_))
        # Encoded numbers have single precision, so closer values count as on the grid.
        is_off_grid = np.abs(x - on_grid.astype(np.float64)) > 1e-5 * self.scale_
        return np.where(is_off_grid, x, on_grid) if is_off_grid.any() else on_grid

    def _in_units(self, block: np.ndarray) -> np.ndarray:
        """Return the float64 values, in the units of the column, of a block."""
        x = block[:, 0].astype(np.float64) * self.scale_ + self.mean_
        if self.knots_ is not None:
            values, scores = self.knots_
            x = np.interp(ndtr(x), ndtr(scores), values)
        return x

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the encoded minimum and maximum, each of shape (1,)."""
        ends = self.encode(np.array([self.min_, self.max_]))
        return ends.min(axis=0), ends.max(axis=0)


def _quantile_knots(
    x: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and their normal scores, between which a column is interpolated."""
    distinct, inverse = np.unique(x, return_inverse=True)
    mass = np.bincount(inverse, weights=weights)
    # Use the midpoint of each step of the distribution function. It is symmetric, so
    # that negating a column negates its encoding.
    middle = (np.cumsum(mass) - 0.5 * mass) / mass.sum()
    # Values with almost no weight must have a finite quantile, too.
    middle = middle.clip(1e-12, 1 - 1e-12)
    if len(distinct) > N_KNOTS:
        inner = (np.arange(N_KNOTS) + 0.5) / N_KNOTS
        inner = inner[(inner > middle[0]) & (inner < middle[-1])]
        levels = np.concatenate([middle[:1], inner, middle[-1:]])
        distinct, middle = np.interp(levels, middle, distinct), levels
    return distinct, ndtri(middle)


def standardized(x: np.ndarray, mean: Any, scale: Any) -> np.ndarray:
    """Return (x - mean) / scale, rounded and clipped to `MAX_ENCODED`."""
    with np.errstate(over="ignore"):
        z = (x - mean) / scale
    return np.round(z.clip(-MAX_ENCODED, MAX_ENCODED), DECIMALS)


def check_decodable(Z: np.ndarray) -> None:
    """Raise ValueError if encoded rows contain NaN, which cannot be decoded."""
    if np.isnan(Z).any():
        raise ValueError(
            "Encoded rows contain NaN and cannot be decoded: the method that learned "
            "them diverged. Use a smaller learning rate, or return the last finite "
            "rows."
        )

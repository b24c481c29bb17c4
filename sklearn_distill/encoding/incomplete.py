"""The encoder of columns of numbers or dates that have missing values."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np


class IncompleteColumn:
    """Encode a column with missing values as a number and an indicator.

    A missing value is encoded as the mean of the observed values, which is 0, with an
    indicator of 1. The distance between a missing value and an observed value is thus
    at least 1, and grows with the distance of the observed value from the mean. The
    distance between two missing values is 0.

    Parameters
    ----------
    observed : NumericColumn or DateColumn
        The unfitted encoder of the observed values.
    """

    def __init__(self, observed: Any):
        self.observed = observed
        self.width = observed.width + 1

    def fit(self, values: np.ndarray, weights: np.ndarray) -> "IncompleteColumn":
        """Learn the encoding of the observed values and the share of missing values.

        Parameters
        ----------
        values : masked array of shape (n,)
        weights : float64 ndarray of shape (n,)

        Returns
        -------
        IncompleteColumn
        """
        missing = np.ma.getmaskarray(values)
        self.share_ = float(np.average(missing, weights=weights))
        observed, observed_weights = np.ma.getdata(values)[~missing], weights[~missing]
        if not len(observed):
            # A single value stands in for a column without any values.
            observed, observed_weights = np.zeros(1, values.dtype), np.ones(1)
        self.observed.fit(observed, observed_weights)
        return self

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return values as a float64 block of shape (n, width)."""
        missing = np.ma.getmaskarray(values)
        return np.column_stack([encode_observed(self.observed, values), missing])

    def decode(self, block: np.ndarray) -> np.ndarray:
        """Return the nearest valid values as a masked array; see `missing_rows`."""
        indicator, encoded = block[:, -1], block[:, :-1]
        missing = indicator > 0.5
        if not np.isin(indicator, (0.0, 1.0)).all():
            missing = missing_rows(indicator, np.abs(encoded[:, 0]), self.share_)
        return np.ma.MaskedArray(self.observed.decode(encoded), missing)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the lower and upper bounds, each of shape (width,)."""
        lower, upper = self.observed.bounds()
        return np.append(lower, 0.0), np.append(upper, 1.0)


def encode_observed(column: Any, values: np.ndarray) -> np.ndarray:
    """Return the block of a column encoder, which is zero where values are missing."""
    missing = np.ma.getmaskarray(values)
    block = np.zeros((len(values), column.width))
    block[~missing] = column.encode(np.ma.getdata(values)[~missing])
    return block


def missing_rows(
    indicator: np.ndarray, distance: np.ndarray, share: float
) -> np.ndarray:
    """Return which learned rows lack a value, as often as the real rows do.

    Learned indicators lie between 0 and 1. If most values of a column are present, a
    fixed threshold would hardly ever be reached, and the distilled rows would have too
    few missing values. The rows with the largest indicators therefore lack the value.

    Parameters
    ----------
    indicator : ndarray of shape (m,)
    distance : ndarray of shape (m,)
        Of two rows with equal indicators, the one with the smaller distance lacks the
        value.
    share : float
        The share of missing values among the real rows.

    Returns
    -------
    bool ndarray of shape (m,)
        True for the multiple of 1 / m that is nearest to `share`.
    """
    order = np.lexsort((distance, -indicator))
    missing = np.zeros(len(indicator), dtype=bool)
    missing[order[: round(share * len(indicator))]] = True
    return missing

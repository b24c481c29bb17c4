"""The encoder of columns of dates, times and durations."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np

from .columns import NumericColumn


class DateColumn:
    """Encode datetime64 or timedelta64 values as one column of numbers.

    Values are counted in steps from the earliest value, where the step is the greatest
    common divisor of all differences. Decoded values therefore have the resolution of
    the data: a column of days contains whole days only.

    Parameters
    ----------
    quantile : {"auto", "standard", "quantile"}
        See `NumericColumn`.
    """

    width = 1

    def __init__(self, quantile: str = "auto"):
        self.quantile = quantile

    def fit(self, values: np.ndarray, weights: np.ndarray) -> "DateColumn":
        """Learn the first value, the step, and the encoding of the number of steps.

        Parameters
        ----------
        values : datetime64 or timedelta64 ndarray of shape (n,), without NaT
        weights : float64 ndarray of shape (n,)

        Returns
        -------
        DateColumn
        """
        self.dtype_ = values.dtype
        self.first_, self.step_ = steps_of(values)
        offsets = values.astype(np.int64).view(np.uint64) - self.first_.view(np.uint64)
        self.number_ = NumericColumn(self.quantile)
        self.number_.fit(offsets // self.step_, weights)
        return self

    def encode(self, values: np.ndarray) -> np.ndarray:
        """Return values as a float64 block of shape (n, 1)."""
        ticks = values.astype(self.dtype_).astype(np.int64).view(np.uint64)
        first = self.first_.view(np.uint64)
        is_later = ticks.view(np.int64) >= self.first_
        distance = np.where(is_later, ticks - first, first - ticks).astype(np.float64)
        steps = distance / np.float64(self.step_)
        return self.number_.encode(np.where(is_later, steps, -steps))

    def decode(self, block: np.ndarray) -> np.ndarray:
        """Return the nearest valid values, in the observed dtype and range."""
        ticks = self.number_.decode(block) * self.step_ + self.first_.view(np.uint64)
        return ticks.view(np.int64).astype(self.dtype_)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the encoded minimum and maximum, each of shape (1,)."""
        return self.number_.bounds()


def steps_of(values: np.ndarray) -> tuple[np.int64, np.uint64]:
    """Return the earliest value as an integer, and the step between all values.

    Parameters
    ----------
    values : datetime64 or timedelta64 ndarray of shape (n,), without NaT
    """
    ticks = values.astype(np.int64)
    first = ticks.min()
    # Unsigned integers hold the difference between any two signed integers.
    offsets = ticks.view(np.uint64) - first.view(np.uint64)
    return first, np.maximum(np.gcd.reduce(offsets), np.uint64(1))

"""Checks of single values: dates, and numbers that are too large."""

# SPDX-License-Identifier: BSD-3-Clause

from datetime import date, time, timedelta
from typing import Any

import numpy as np

# The squares of larger numbers overflow.
MAX_MAGNITUDE = 1e150
DATES = (date, time, timedelta, np.datetime64, np.timedelta64)


def one_of_each_type(values: Any) -> list[Any]:
    """Return one of the values for each Python type that occurs among them."""
    return list({type(v): v for v in values}.values())


def is_date(value: Any) -> bool:
    """Tell whether a value is a date, a time, a duration or a period of pandas."""
    # Recognize periods of pandas by an attribute, because pandas may not be installed.
    return isinstance(value, DATES) or hasattr(value, "ordinal")


def as_floats(numbers: Any) -> np.ndarray:
    """Return Python numbers as float64, infinite if one of them is too large."""
    try:
        with np.errstate(over="ignore"):
            return np.asarray(numbers, dtype=np.float64)
    except OverflowError:
        return np.full(len(numbers), np.inf)


def check_magnitude(name: str, values: np.ndarray) -> None:
    """Raise ValueError if the squares of floats overflow; NaN is ignored."""
    if values.size and values.dtype.kind == "f" and values.dtype.itemsize > 4:
        # fmin and fmax ignore NaN.
        ends = (end.reduce(values, axis=None) for end in (np.fmin, np.fmax))
        largest = max(map(abs, ends))
        if largest > MAX_MAGNITUDE:
            raise ValueError(
                f"{name} contains values of magnitude {largest:.3g}; the squares of "
                f"numbers beyond {MAX_MAGNITUDE:g} overflow. Rescale {name}."
            )

"""The mean of several seeds and its confidence interval."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t as student_t


class MeanInterval(NamedTuple):
    """Mean, standard deviation, and half the width of the mean's interval."""

    mean: float
    deviation: float
    half_width: float


def mean_interval(values: Any, level: float = 0.95) -> MeanInterval:
    """Return the mean of values with its confidence interval by Student's t.

    Values that are not finite are ignored. The deviation and the width are NaN for a
    single value, and all results are NaN if there are none.

    Parameters
    ----------
    values : array-like of shape (n,)
    level : float, default=0.95
        Confidence level.

    Returns
    -------
    MeanInterval
    """
    nan = float("nan")
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return MeanInterval(nan, nan, nan)
    mean = float(values.mean())
    if len(values) < 2:
        return MeanInterval(mean, nan, nan)
    deviation = float(values.std(ddof=1))
    quantile = student_t.ppf(0.5 + level / 2, len(values) - 1)
    half_width = float(quantile * deviation / np.sqrt(len(values)))
    return MeanInterval(mean, deviation, half_width)

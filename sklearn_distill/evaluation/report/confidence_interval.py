"""Confidence intervals of scores: over seeds, and over the sampling of test rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student_t

from ..measures.metrics import recall_standard_error

# Minimum number of seeds for an interval over seeds.
MIN_SEEDS = 3


class MeanInterval(NamedTuple):
    """Mean, standard deviation, and half the width of the mean's interval."""

    mean: float
    deviation: float
    half_width: float


def mean_interval(values: Any, level: float = 0.95) -> MeanInterval:
    """Return the mean of values with its confidence interval by Student's t.

    Values that are not finite are ignored. The deviation is NaN for a single value, and
    all results are NaN if there are none. The width is NaN below `MIN_SEEDS` values,
    where the quantile of Student's t is extreme, and if all values are equal, because
    a method that does not depend on the seed has no interval over seeds.

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
    if len(values) < MIN_SEEDS or deviation == 0.0:
        return MeanInterval(mean, deviation, nan)
    quantile = student_t.ppf(0.5 + level / 2, len(values) - 1)
    half_width = float(quantile * deviation / np.sqrt(len(values)))
    return MeanInterval(mean, deviation, half_width)


def recall_half_width(recalls: Any, n_rows: Any, level: float = 0.95) -> float:
    """Return half the width of the interval of a mean recall over sampled test rows.

    See `recall_standard_error`. For recalls that are means over learners or seeds, the
    interval is that of learners that make errors on the same rows, which is the widest.

    Parameters
    ----------
    recalls : array-like of shape (n_classes,)
    n_rows : array-like of shape (n_classes,)
        The number of test rows of each class.
    level : float, default=0.95
        Confidence level.

    Returns
    -------
    float
    """
    error = recall_standard_error(recalls, n_rows)
    return float(norm.ppf(0.5 + level / 2) * error)


def half_widths_on_test_rows(
    scores: Any, recalls: Any, y_test: Any, by: str | list[str]
) -> Any:
    """Return half the width of the interval over test rows of each group of scores.

    The interval of a mean R^2 over learners or seeds is that of learners that make
    errors on the same rows, which is the widest.

    Parameters
    ----------
    scores, recalls : DataFrame
        The scores and the recalls of a report.
    y_test : ndarray of shape (n,)
    by : str or list of str
        The columns that define the groups, "set" or ["set", "learner"].

    Returns
    -------
    Series
    """
    if not len(recalls):
        return norm.ppf(0.975) * scores.groupby(by)["score_error"].mean()
    labels, counts = np.unique(y_test, return_counts=True)
    rows_of = dict(zip(labels.tolist(), counts.tolist(), strict=True))
    by = [by] if isinstance(by, str) else by
    means = recalls.groupby([*by, "class"])["recall"].mean()
    return means.groupby(level=by).agg(
        lambda own: recall_half_width(
            own, [rows_of[label] for label in own.index.get_level_values("class")]
        )
    )


def clipped(mean: float, half_width: float, lowest: float) -> tuple[float, float]:
    """Return the ends of an interval within the range of the score, up to 1."""
    return max(mean - half_width, lowest), min(mean + half_width, 1.0)

"""Similarity of the columns of real and of distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import ks_2samp

from ...encoding.values import columns_of

# The category that missing values form; no value of a column equals this object.
MISSING = object()


def marginal_similarity(real: Any, distilled: Any) -> np.ndarray:
    """Return the similarity of each column's distribution.

    The similarity is 1 minus the Kolmogorov-Smirnov statistic for columns of numbers or
    dates, and 1 minus the total variation distance for all other columns, in which a
    missing value counts as one more category. For numbers and dates with missing
    values, the similarity s of the values that are present becomes
    min(p, q) + min(1 - p, 1 - q) * s, where p and q are the shares of missing values in
    the real and in the distilled rows.

    Parameters
    ----------
    real : DataFrame or ndarray of n rows
    distilled : DataFrame or ndarray of m rows

    Returns
    -------
    ndarray of shape (n_columns,)
        Between 0 and 1; 1 for equal distributions.
    """
    pairs = zip(_columns(real), _columns(distilled), strict=True)
    return np.array([_column_similarity(*pair) for pair in pairs])


def _columns(X: Any) -> Iterator[np.ndarray]:
    """Yield each column, as a masked array if values are missing."""
    return columns_of(X if hasattr(X, "iloc") else np.asarray(X).reshape(len(X), -1))


def _column_similarity(real: np.ndarray, distilled: np.ndarray) -> float:
    """Return the similarity of one column's distribution in real and distilled rows."""
    columns = (real, distilled)
    missing = [np.ma.getmaskarray(column) for column in columns]
    present = [
        np.ma.getdata(column)[~is_missing]
        for column, is_missing in zip(columns, missing, strict=True)
    ]
    if all(column.dtype.kind in "biufmM" for column in columns):
        gaps = [float(is_missing.mean()) for is_missing in missing]
        present_in_both = min(1 - gap for gap in gaps)
        if present_in_both == 0:
            return min(gaps)
        statistic = ks_2samp(*_as_numbers(*present), method="asymp").statistic
        return min(gaps) + present_in_both * (1.0 - float(statistic))
    counts = [
        Counter(values.tolist()) + Counter({MISSING: int(is_missing.sum())})
        for values, is_missing in zip(present, missing, strict=True)
    ]
    return sum(
        min(counts[0][value] / len(real), counts[1][value] / len(distilled))
        for value in counts[0].keys() & counts[1].keys()
    )


def _as_numbers(*columns: np.ndarray) -> list[np.ndarray]:
    """Convert columns of numbers, or of dates in any units, to comparable numbers."""
    common = np.result_type(*columns)
    as_common = [column.astype(common) for column in columns]
    if common.kind in "mM":
        return [column.astype(np.int64) for column in as_common]
    return as_common


def correlation_similarity(
    real: np.ndarray, distilled: np.ndarray, real_weight: np.ndarray | None = None
) -> float:
    """Return 1 minus half the mean absolute difference of the correlations.

    Parameters
    ----------
    real : ndarray of shape (n, d)
    distilled : ndarray of shape (m, d)
    real_weight : ndarray of shape (n,), default=None
        Sample weights of the real rows.

    Returns
    -------
    float
        Mean over all pairs of columns that vary both in the real and in the distilled
        rows. NaN if there are fewer than two such columns or fewer than three distilled
        rows.
    """
    if len(distilled) < 3:
        return float("nan")
    covariances = [np.cov(real.T, aweights=real_weight), np.cov(distilled.T)]
    covariances = [np.atleast_2d(c) for c in covariances]
    deviations = [np.sqrt(np.diag(c)) for c in covariances]
    varies = (deviations[0] > 1e-12) & (deviations[1] > 1e-12)
    if varies.sum() < 2:
        return float("nan")
    pairs = np.triu_indices(varies.sum(), 1)
    of_real, of_distilled = (
        (c[np.ix_(varies, varies)] / np.outer(s[varies], s[varies]))[pairs]
        for c, s in zip(covariances, deviations, strict=True)
    )
    return 1.0 - float(np.abs(of_real - of_distilled).mean()) / 2.0

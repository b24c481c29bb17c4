"""Similarity of the columns of real and of distilled rows."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import ks_2samp


def marginal_similarity(real: Any, distilled: Any) -> np.ndarray:
    """Return the similarity of each column's distribution.

    The similarity is 1 minus the Kolmogorov-Smirnov statistic for numeric columns, and
    1 minus the total variation distance for all other columns.

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
    """Yield the values of each column; non-numeric columns have the dtype object."""
    if hasattr(X, "iloc"):
        for j in range(X.shape[1]):
            is_number = X.dtypes.iloc[j].kind in "biuf"
            yield X.iloc[:, j].to_numpy(dtype=float if is_number else object)
    else:
        yield from np.asarray(X).reshape(len(X), -1).T


def _column_similarity(real: np.ndarray, distilled: np.ndarray) -> float:
    """Return the similarity of one column's distribution in real and distilled rows."""
    if real.dtype.kind in "biuf":
        return 1.0 - float(ks_2samp(real, distilled, method="asymp").statistic)
    values = sorted(set(real) | set(distilled), key=str)
    shares = [np.array([np.mean(x == v) for v in values]) for x in (real, distilled)]
    return 1.0 - 0.5 * float(np.abs(shares[0] - shares[1]).sum())


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

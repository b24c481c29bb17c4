"""Whether methods differ by more than chance: Wilcoxon with Holm, Friedman, Nemenyi."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import friedmanchisquare, rankdata, studentized_range, wilcoxon


def holm(p_values: Any) -> np.ndarray:
    """Return p-values adjusted for their number by Holm's step-down method.

    The smallest of k is multiplied by k, the next by k - 1, and so on; none comes out
    below one before it. NaN are left out.

    Parameters
    ----------
    p_values : array-like of shape (k,)

    Returns
    -------
    ndarray of shape (k,)

    Examples
    --------
    >>> from sklearn_distill.evaluation.significance import holm
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def wilcoxon_p(one: np.ndarray, other: np.ndarray) -> float:
    """Return the two-sided p of Wilcoxon's signed-rank test on paired scores.

    NaN for fewer than two pairs; 1 if all pairs are equal.
    """
    differences = np.asarray(one) - np.asarray(other)
    differences = differences[np.isfinite(differences)]
    if len(differences) < 2:
        return float("nan")
    if not differences.any():
        return 1.0
    return float(wilcoxon(differences).pvalue)


class RankTest(NamedTuple):
    """Friedman's test, and Nemenyi's after it.

    Attributes
    ----------
    statistic, p_value : float
        Of Friedman's test that all methods rank alike.
    ranks : ndarray of shape (k,)
        Mean rank of each method over the blocks; 1 is best.
    critical_difference : float
        Mean ranks further apart than this differ at the level `alpha`.
    p_values : ndarray of shape (k, k)
        Nemenyi's, for each pair.
    n_blocks : int
    """

    statistic: float
    p_value: float
    ranks: np.ndarray
    critical_difference: float
    p_values: np.ndarray
    n_blocks: int


def rank_test(scores: Any, *, alpha: float = 0.05) -> RankTest:
    r"""Return the ranks of k methods on n blocks, and which of them differ.

    .. math:: CD = \frac{q_\alpha}{\sqrt 2} \sqrt{\frac{k (k + 1)}{6 n}}

    with the studentised range's quantile :math:`q_\alpha` of k groups (Demšar, 2006,
    "Statistical Comparisons of Classifiers over Multiple Data Sets").

    Parameters
    ----------
    scores : array-like of shape (n, k)
        The higher, the better. Blocks are data sets, or anything independent.
    alpha : float

    Raises
    ------
    ValueError
        For fewer than two methods or blocks, or missing scores.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise ValueError(
            f"ranks need scores of at least 2 methods on 2 blocks, none missing; these "
            f"have shape {table.shape} and {int((~np.isfinite(table)).sum())} missing."
        )
    n, k = table.shape
    ranks = rankdata(-table, axis=1).mean(axis=0)
    # Friedman's statistic is for three methods and more, and 0 / 0 if all are equal.
    statistic, p_value = float("nan"), float("nan")
    if k == 2:
        p_value = wilcoxon_p(table[:, 0], table[:, 1])
    elif (table == table[:, :1]).all():
        statistic, p_value = 0.0, 1.0
    else:
        statistic, p_value = map(float, friedmanchisquare(*table.T))
    spread = np.sqrt(k * (k + 1) / (6.0 * n))
    quantile = studentized_range.ppf(1.0 - alpha, k, np.inf) / np.sqrt(2.0)
    gaps = np.abs(ranks[:, None] - ranks) / spread * np.sqrt(2.0)
    p_values = np.ones((k, k))
    above = np.triu_indices(k, 1)
    p_values[above] = np.clip(studentized_range.sf(gaps[above], k, np.inf), 0.0, 1.0)
    p_values.T[above] = p_values[above]
    return RankTest(
        statistic, p_value, ranks, float(quantile * spread), p_values, int(n)
    )

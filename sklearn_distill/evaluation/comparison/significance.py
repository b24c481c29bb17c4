"""Significance tests for scores of several methods: Wilcoxon, Holm, Friedman, Nemenyi.

Holm's method adjusts the p-values of several Wilcoxon signed-rank tests. Friedman's
test compares the ranks of all methods, and Nemenyi's test compares them in pairs.
"""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np
from scipy.stats import friedmanchisquare, norm, rankdata, studentized_range, wilcoxon


def holm(p_values: Any) -> np.ndarray:
    """Return p-values adjusted for multiple tests by Holm's step-down method.

    The smallest of k p-values is multiplied by k, the next by k - 1, and so on. An
    adjusted p-value is at least as large as the adjusted p-values of all smaller
    p-values, and at most 1. NaN stay NaN and do not count.

    Parameters
    ----------
    p_values : array-like of shape (k,)

    Returns
    -------
    ndarray of shape (k,)

    Examples
    --------
    >>> from sklearn_distill.evaluation.comparison.significance import holm
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[: np.isfinite(p).sum()]
    adjusted = np.full(len(p), np.nan)
    steps = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def wilcoxon_p(first: np.ndarray, second: np.ndarray) -> float:
    """Return the two-sided p-value of Wilcoxon's signed-rank test on paired scores.

    The p-value is NaN for fewer than two pairs, and 1 if all pairs are equal.
    """
    differences = np.asarray(first) - np.asarray(second)
    differences = differences[np.isfinite(differences)]
    if len(differences) < 2:
        return float("nan")
    if not differences.any():
        return 1.0
    return float(wilcoxon(differences).pvalue)


class RankTest(NamedTuple):
    """Result of Friedman's test and of Nemenyi's post-hoc test.

    Attributes
    ----------
    statistic, p_value : float
        Friedman's test of the hypothesis that all methods have equal ranks.
    ranks : ndarray of shape (k,)
        Mean rank of each method over the blocks; 1 is best.
    critical_difference : float
        Two methods differ at the level `alpha` if the difference of their mean ranks is
        larger.
    p_values : ndarray of shape (k, k)
        p-values of Nemenyi's test for each pair of methods.
    n_blocks : int
        Number of blocks.
    """

    statistic: float
    p_value: float
    ranks: np.ndarray
    critical_difference: float
    p_values: np.ndarray
    n_blocks: int


def rank_test(scores: Any, *, alpha: float = 0.05) -> RankTest:
    r"""Return the mean ranks of k methods on n blocks, and which of them differ.

    .. math:: CD = \frac{q_\alpha}{\sqrt 2} \sqrt{\frac{k (k + 1)}{6 n}}

    is the critical difference, where :math:`q_\alpha` is the quantile of the
    studentized range of k groups (Demšar, 2006, "Statistical Comparisons of Classifiers
    over Multiple Data Sets").

    Parameters
    ----------
    scores : array-like of shape (n, k)
        Higher scores are better. Blocks are data sets or other independent units.
    alpha : float, default=0.05
        Significance level of the critical difference.

    Returns
    -------
    RankTest
        For two methods, `p_value` is that of Wilcoxon's signed-rank test.

    Raises
    ------
    ValueError
        If there are fewer than two methods or blocks, or scores are missing.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise ValueError(
            "Ranks require scores of at least 2 methods on 2 blocks without missing "
            f"values; got shape {table.shape} with "
            f"{int((~np.isfinite(table)).sum())} missing values."
        )
    n, k = table.shape
    ranks = rankdata(-table, axis=1).mean(axis=0)
    # Friedman's statistic requires at least three methods, and is 0 / 0 if all scores
    # are equal.
    statistic, p_value = float("nan"), float("nan")
    if k == 2:
        p_value = wilcoxon_p(table[:, 0], table[:, 1])
    elif (table == table[:, :1]).all():
        statistic, p_value = 0.0, 1.0
    else:
        statistic, p_value = map(float, friedmanchisquare(*table.T))
    scale = np.sqrt(k * (k + 1) / (6.0 * n))
    quantile = studentized_range.ppf(1.0 - alpha, k, np.inf) / np.sqrt(2.0)
    differences = np.abs(ranks[:, None] - ranks) / scale * np.sqrt(2.0)
    p_values = np.ones((k, k))
    above = np.triu_indices(k, 1)
    tails = studentized_range.sf(differences[above], k, np.inf)
    p_values[above] = np.clip(tails, 0.0, 1.0)
    p_values.T[above] = p_values[above]
    return RankTest(
        statistic, p_value, ranks, float(quantile * scale), p_values, int(n)
    )


def half_width_on_test_rows(scores: Any) -> Any:
    """Return half the width of the 95 % interval of each method's mean score.

    The interval is that of other test rows of the same kind. Folds and data sets have
    different test rows, so their errors are independent. The learners of a fold are
    tested on the same rows and are assumed to make the same errors, which gives the
    widest interval.

    Parameters
    ----------
    scores : DataFrame
        Results of a comparison at one budget.

    Returns
    -------
    Series
        By method; NaN if a score file lacks the standard errors.
    """
    runs = scores.groupby(["method", "set", "fold"])["score_error"].mean()
    variances = (
        (runs**2)
        .groupby("method")
        .agg(lambda squares: squares.sum(skipna=False) / len(squares) ** 2)
    )
    return norm.ppf(0.975) * np.sqrt(variances)

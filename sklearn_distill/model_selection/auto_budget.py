"""The smallest budget that ranks a few candidates as larger budgets do."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import ParameterGrid, ParameterSampler

from .candidates import deciding_scores
from .confirmation import confirming_search
from .folds import SearchData
from .row_samples import class_codes, sampled_positions

# Shares of the training rows, each twice the one before it.
SHARES = (0.01, 0.02, 0.04, 0.08, 0.16)
# A share is not tried if it amounts to fewer rows per class on average, or to more rows
# in total: the search on distilled rows would then not be fast.
MIN_ROWS_PER_CLASS = 5
MAX_ROWS = 2_000
# The number of candidates that are evaluated at each share, the folds, and the number
# of validation rows. A search of few fits has fewer folds, and then fewer candidates.
N_PROBES = 8
MIN_PROBES = 4
N_FOLDS = 2
VALIDATION_ROWS = 2_000
# The agreement from which two rankings count as equal.
AGREEMENT = 0.9


def probe_candidates(
    search: Any, n_probes: int = N_PROBES, seed: int = 0
) -> list[dict[str, Any]]:
    """Return a few random candidates of a search.

    Parameters
    ----------
    search : search
        Its `param_grid` or `param_distributions` are sampled.
    n_probes : int
        The number of candidates, or fewer if a grid has fewer.
    seed : int, default=0

    Returns
    -------
    list of dict

    Raises
    ------
    ValueError
        If the candidates of the search are not known before it runs.
    """
    given = search.get_params(deep=False)
    if "param_grid" in given:
        grid = ParameterGrid(given["param_grid"])
        chosen = np.random.RandomState(seed).permutation(len(grid))[:n_probes]
        return [grid[int(i)] for i in sorted(chosen)]
    space = given.get("param_distributions")
    for values in [space] if isinstance(space, dict) else space or [{}]:
        if not values or not all(
            hasattr(v, "rvs") or hasattr(v, "__len__") for v in values.values()
        ):
            raise ValueError(
                f"budget='auto' needs candidates of {type(search).__name__} to compare "
                "rankings with, but its parameters cannot be sampled by scikit-learn. "
                "Set the budget to a number, such as 0.05."
            )
    with warnings.catch_warnings():
        # A space of fewer candidates is used completely.
        warnings.filterwarnings("ignore", message="The total space of parameters")
        return list(ParameterSampler(space, n_probes, random_state=seed))


def automatic_budget(
    search: Any,
    data: SearchData,
    refit: Any,
    settings: dict[str, Any] | None = None,
    seed: int = 0,
) -> tuple[float, dict[float, np.ndarray]]:
    """Return the smallest share of rows that ranks candidates like the largest one.

    All larger shares must agree, too. A share that only agrees with twice as many rows
    may do so by chance: the rankings of few rows can be similar without resembling
    that of all rows.

    The candidates are trained on random real rows, which cost no distilling. Distilled
    rows of the same number rank candidates about as well or better.

    Parameters
    ----------
    search : search
        Some of its candidates are evaluated in the first folds.
    data : SearchData
    refit : bool, str or callable
        The deciding metric; see `deciding_scores`.
    settings : dict, default=None
        Parameters of the estimator during the search.
    seed : int, default=0
        Determines the candidates and the rows.

    Returns
    -------
    budget : float
        The largest share if no other one agrees with it.
    scores : dict of {float: ndarray}
        The scores of the probes at each share.
    """
    codes = class_codes(search.estimator, data.y)
    shares = _shares(min(len(training) for training, _ in data.splits), codes)
    n_probes, n_folds = _extent(_n_candidates(search), len(data.splits), len(shares))
    probes = probe_candidates(search, n_probes, seed)
    scores: dict[float, np.ndarray] = {}
    for i, share in enumerate(shares):
        splits = [
            (
                # Each share draws other rows, so that the rankings are independent.
                sampled_positions(training, round(share * len(training)), codes, i),
                sampled_positions(validation, VALIDATION_ROWS, codes, seed),
            )
            for training, validation in data.splits[:n_folds]
        ]
        probing = confirming_search(search, probes, splits, refit=False)
        probing.estimator.set_params(**(settings or {}))
        with warnings.catch_warnings():
            # The search itself warns about candidates that fail.
            warnings.simplefilter("ignore", FitFailedWarning)
            warnings.filterwarnings("ignore", message="One or more of the test scores")
            probing.fit(data.X, data.y, **data.routed.confirming)
        scores[share] = deciding_scores(probing.cv_results_, refit)
    return smallest_agreeing(scores), scores


def smallest_agreeing(scores: dict[float, np.ndarray]) -> float:
    """Return the smallest share from which all shares rank like the largest one.

    Parameters
    ----------
    scores : dict of {float: ndarray}
        The scores of the same candidates at each share, in increasing order.
    """
    *smaller, budget = scores
    largest = scores[budget]
    for share in reversed(smaller):
        # The agreement is NaN if the scores say nothing about the ranking.
        if not agreement(scores[share], largest) >= AGREEMENT:
            break
        budget = share
    return budget


def _n_candidates(search: Any) -> int:
    """Return the number of candidates of a search."""
    given = search.get_params(deep=False)
    if "param_grid" in given:
        return len(ParameterGrid(given["param_grid"]))
    n_candidates = given.get("n_iter", given.get("n_candidates"))
    return n_candidates if isinstance(n_candidates, int) else N_PROBES


def _extent(n_candidates: int, n_folds: int, n_shares: int) -> tuple[int, int]:
    """Return the numbers of probes and folds for each share.

    All shares together take at most half as many fits as the search on distilled rows,
    unless it has very few.
    """
    n_fits = n_candidates * n_folds // 2
    folds = min(N_FOLDS, n_folds)
    if N_PROBES * folds * n_shares > n_fits:
        folds = 1
    probes = min(N_PROBES, n_fits // (folds * n_shares))
    return max(MIN_PROBES, probes), folds


def _shares(n_training: int, codes: np.ndarray | None) -> list[float]:
    """Return the shares of the rows to try, in increasing order."""
    n_classes = 1 if codes is None else len(np.unique(codes))
    shares = [
        share
        for share in SHARES
        if MIN_ROWS_PER_CLASS * n_classes <= share * n_training <= MAX_ROWS
    ]
    too_many_rows = SHARES[0] * n_training > MAX_ROWS
    return shares or [SHARES[0] if too_many_rows else SHARES[-1]]


def agreement(first: np.ndarray, second: np.ndarray) -> float:
    """Return how well two lists of scores rank the same candidates alike.

    This is Kendall's correlation in which a pair of candidates weighs as much as their
    scores differ, so that the order of nearly equal candidates hardly counts.

    Parameters
    ----------
    first, second : ndarray of shape (n_candidates,)
        Scores that are missing in either list are ignored.

    Returns
    -------
    float
        1 for equal rankings, -1 for opposite ones. NaN for fewer than three scores, or
        if all scores of a list are equal: these say nothing about a ranking.
    """
    both = np.isfinite(first) & np.isfinite(second)
    a, b = (scores[both, None] - scores[both] for scores in (first, second))
    if both.sum() < 3 or not a.any() or not b.any():
        return float("nan")
    forward = (np.sign(a) * b).sum() / np.abs(b).sum()
    backward = (np.sign(b) * a).sum() / np.abs(a).sum()
    return float((forward + backward) / 2)

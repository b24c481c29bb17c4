"""The smallest budget at which the ranking of a few candidates stops changing."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import replace
from typing import Any

import numpy as np
from joblib import Memory
from scipy.stats import spearmanr
from sklearn.base import clone, is_classifier
from sklearn.model_selection import ParameterGrid, ParameterSampler

from .._utils.native_rows import from_native
from ..validation.targets import label_values
from .candidates import deciding_scores
from .confirmation import confirming_search
from .folds import SearchData, distill_fold
from .small_search import search_on_sets

# Shares of the training rows, each twice the one before it.
SHARES = (0.01, 0.02, 0.04, 0.08, 0.16)
# A share is not tried if it amounts to fewer rows per class on average.
MIN_ROWS_PER_CLASS = 5
# The number of candidates that are evaluated at each share.
N_PROBES = 8
# Spearman's correlation from which two rankings count as equal.
AGREEMENT = 0.9


def probe_candidates(search: Any, seed: int = 0) -> list[dict[str, Any]]:
    """Return a few random candidates of a search.

    Parameters
    ----------
    search : search
        Its `param_grid` or `param_distributions` are sampled.
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
        grid = list(ParameterGrid(given["param_grid"]))
        chosen = np.random.RandomState(seed).permutation(len(grid))[:N_PROBES]
        return [grid[i] for i in sorted(chosen)]
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
    sampler = ParameterSampler(space, N_PROBES, random_state=seed)
    return list(sampler)


def automatic_budget(
    search: Any,
    distiller: Any,
    data: SearchData,
    prior: bool,
    refit: Any,
    memory: Memory,
) -> tuple[float, dict[float, np.ndarray]]:
    """Return the smallest share of rows whose ranking is that of twice as many rows.

    Parameters
    ----------
    search : search
        Some of its candidates are evaluated in the first fold.
    distiller : distiller
    data : SearchData
    prior : bool
        Whether to restore the class shares of the data by weights.
    refit : bool, str or callable
        The deciding metric; see `deciding_scores`.
    memory : joblib.Memory

    Returns
    -------
    budget : float
        The largest share if the ranking does not stop changing.
    scores : dict of {float: ndarray}
        The scores of the probes at each share that was tried.
    """
    probes = probe_candidates(search)
    training, validation = data.splits[0]
    fold = replace(data, splits=[(training, validation)])
    scores: dict[float, np.ndarray] = {}
    previous = None
    for share in _shares(search, data, len(training)):
        distilled = distill_fold(
            clone(distiller).set_params(budget=share),
            data.X,
            data.targets,
            training,
            data.routed.distiller,
            memory=memory,
        )
        # The splits are replaced by those of the stacked rows.
        probing = confirming_search(search, probes, fold.splits, refit=False)
        fitted, _ = search_on_sets(
            probing, fold, [distilled], prior=prior, memory=memory
        )
        scores[share] = deciding_scores(fitted.cv_results_, refit)
        if previous is not None and agree(scores[previous], scores[share]):
            return previous, scores
        previous = share
    return SHARES[-1], scores


def _shares(search: Any, data: SearchData, n_training: int) -> list[float]:
    """Return the shares of the rows to try, in increasing order."""
    n_classes = 1
    if data.y is not None and is_classifier(search.estimator):
        n_classes = len(np.unique(label_values(from_native(data.y))))
    enough = [s for s in SHARES if s * n_training >= MIN_ROWS_PER_CLASS * n_classes]
    return enough or [SHARES[-1]]


def agree(first: np.ndarray, second: np.ndarray) -> bool:
    """Return whether two lists of scores rank the same candidates alike.

    Scores that are missing in either list are ignored. Fewer than three scores, or
    equal scores, say nothing about a ranking.
    """
    both = np.isfinite(first) & np.isfinite(second)
    if both.sum() < 3 or np.ptp(first[both]) == 0 or np.ptp(second[both]) == 0:
        return False
    return bool(spearmanr(first[both], second[both]).statistic >= AGREEMENT)

"""Evaluate the best candidates on all rows, and merge their scores."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from .candidates import metrics_of
from .folds import SearchData, splits_of

# Parameters that the confirming search takes over from the given search.
SHARED_PARAMETERS = (
    "scoring",
    "n_jobs",
    "pre_dispatch",
    "verbose",
    "error_score",
    "return_train_score",
)


# The attributes of a fitted search that depend on `refit` or on the metrics.
RESULTS_OF_SELECTION = (
    "best_index_",
    "best_params_",
    "best_score_",
    "best_estimator_",
    "refit_time_",
    "feature_names_in_",
)


class RankCorrelation(NamedTuple):
    """Spearman's correlation of the scores on distilled and on all rows.

    Attributes
    ----------
    statistic : float
        NaN for fewer than three candidates, or if all scores are equal.
    n_candidates : int
        The number of confirmed candidates with both scores. The best few candidates
        are closer to each other than all candidates are, so that their correlation is
        lower than that of all candidates.
    """

    statistic: float
    n_candidates: int


def confirming_search(
    search: Any, candidates: Sequence[Mapping[str, Any]], splits: Any, refit: Any
) -> GridSearchCV:
    """Return a search over given candidates on the folds of the real rows.

    Parameters
    ----------
    search : search
        Its estimator, metrics and settings are taken over.
    candidates : sequence of dict
    splits : list of (training, validation)
    refit : bool, str or callable

    Returns
    -------
    GridSearchCV
        Unfitted. Its candidates are in the given order.
    """
    given = search.get_params(deep=False)
    settings = {name: given[name] for name in SHARED_PARAMETERS if name in given}
    return GridSearchCV(
        clone(search.estimator),
        [{name: [value] for name, value in c.items()} for c in candidates],
        cv=splits,
        refit=refit,
        **settings,
    )


def confirm(
    owner: Any,
    data: SearchData,
    candidates: Sequence[Mapping[str, Any]],
    positions: np.ndarray,
    refit: Any,
    step: Any,
) -> dict[str, Any]:
    """Evaluate candidates on all rows, and fit the winner.

    Parameters
    ----------
    owner : DistilledSearchCV
    data : SearchData
    candidates : sequence of dict
        The parameters of the candidates.
    positions : ndarray of int
        The positions of the candidates among all candidates.
    refit : bool, str or callable
    step : CallbackContext

    Returns
    -------
    dict of {str: object}
        Fitted attributes of DistilledSearchCV.
    """
    started = time.perf_counter()
    search, splits = owner.search, data.splits
    if owner.confirm is not True:
        params = data.routed.splitter
        splits = splits_of(owner.confirm, search.estimator, data.X, data.y, params)
    splits = splits[: owner.confirm_folds]
    confirmation = confirming_search(search, candidates, splits, refit)
    with step.propagate_callback_context(confirmation):
        confirmation.fit(data.X, data.y, **data.routed.confirming)
    names = vars(confirmation).keys() & set(RESULTS_OF_SELECTION)
    fitted = {name: getattr(confirmation, name) for name in names}
    if "best_index_" in fitted:
        fitted["best_index_"] = int(positions[fitted["best_index_"]])
    seconds = time.perf_counter() - started - fitted.get("refit_time_", 0.0)
    return {**fitted, "confirmation_": confirmation, "confirm_time_": seconds}


def fit_best(
    owner: Any, data: SearchData, params: dict[str, Any], refit: Any, step: Any
) -> dict[str, Any]:
    """Fit the best candidate on all rows without evaluating it on them.

    Parameters
    ----------
    owner : DistilledSearchCV
    data : SearchData
    params : dict
        The parameters of the candidate.
    refit : bool, str or callable
        Nothing is fitted for False.
    step : CallbackContext

    Returns
    -------
    dict of {str: object}
        Fitted attributes of DistilledSearchCV.
    """
    fitted = {"confirmation_": None, "confirm_time_": 0.0, "best_params_": params}
    if refit is False:
        return fitted
    started = time.perf_counter()
    best = clone(owner.search.estimator).set_params(**clone(params, safe=False))
    with step.propagate_callback_context(best):
        step.call_on_fit_task_begin(estimator=owner, X=data.X, y=data.y)
        labels = () if data.y is None else (data.y,)
        best.fit(data.X, *labels, **data.routed.refitting)
    step.call_on_fit_task_end(estimator=owner, X=data.X, y=data.y)
    fitted |= {"best_estimator_": best, "refit_time_": time.perf_counter() - started}
    if hasattr(best, "feature_names_in_"):
        fitted["feature_names_in_"] = best.feature_names_in_
    return fitted


def merged_results(
    results: Mapping[str, Any],
    ranks: np.ndarray,
    positions: np.ndarray,
    confirmation: Any,
) -> dict[str, Any]:
    """Return the results of the search, with the scores on all rows beside them.

    Parameters
    ----------
    results : mapping
        The results on distilled rows.
    ranks : ndarray of int of shape (n_candidates,)
        The rank of each candidate on distilled rows.
    positions : ndarray of int
        The candidates that were confirmed.
    confirmation : GridSearchCV or None
        The fitted confirming search.

    Returns
    -------
    dict of {str: array or list}
        `results`, "rank_distilled", and for each metric "confirmed_mean_test_<metric>",
        "confirmed_std_test_<metric>" (NaN where not confirmed) and
        "confirmed_rank_test_<metric>" (masked where not confirmed).
    """
    merged = {**results, "rank_distilled": ranks}
    n_candidates = len(results["params"])
    confirmed = {} if confirmation is None else confirmation.cv_results_
    for metric in metrics_of(confirmed):
        for kind in ("mean", "std"):
            column = np.full(n_candidates, np.nan)
            column[positions] = confirmed[f"{kind}_test_{metric}"]
            merged[f"confirmed_{kind}_test_{metric}"] = column
        rank = np.ma.masked_all(n_candidates, dtype=np.int32)
        rank[positions] = confirmed[f"rank_test_{metric}"]
        merged[f"confirmed_rank_test_{metric}"] = rank
    return merged


def rank_correlation(small: np.ndarray, confirmed: np.ndarray) -> RankCorrelation:
    """Return Spearman's correlation of two scores of the same candidates."""
    both = np.isfinite(small) & np.isfinite(confirmed)
    first, second = small[both], confirmed[both]
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return RankCorrelation(float("nan"), len(first))
    return RankCorrelation(float(spearmanr(first, second).statistic), len(first))

"""The candidates of a search: their scores, their ranking, and the best of them."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Mapping
from math import ceil
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.stats import rankdata
from sklearn.base import clone

from .metrics import check_metrics

PREFIX = "mean_test_"


def results_of(search: Any) -> dict[str, Any]:
    """Return the results of a fitted search in the form of scikit-learn's searches.

    Parameters
    ----------
    search : search
        Fitted. The searches of Optuna store the parameters in `trials_`, and have no
        scores for trials that failed or were pruned.

    Returns
    -------
    dict of {str: array or list}
        A copy of `cv_results_` that contains "params".
    """
    if not hasattr(search, "trials_"):
        return {
            name: value if name == "params" else _as_array(value)
            for name, value in search.cv_results_.items()
        }
    trials = search.trials_
    params = [dict(trial.params) for trial in trials]
    attributes = [trial.user_attrs for trial in trials]
    names = dict.fromkeys(name for values in attributes for name in values)
    results: dict[str, Any] = {
        name: np.array([values.get(name, np.nan) for values in attributes], dtype=float)
        for name in names
    }
    for name in dict.fromkeys(name for values in params for name in values):
        column = np.ma.masked_all(len(params), dtype=object)
        for i, values in enumerate(params):
            if name in values:
                column[i] = values[name]
        results[f"param_{name}"] = column
    results["params"] = params
    results.setdefault(f"{PREFIX}score", np.full(len(params), np.nan))
    results["rank_test_score"] = ranks_of(results[f"{PREFIX}score"])
    return results


def _as_array(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else np.asarray(value)


def metrics_of(results: Mapping[str, Any]) -> list[str]:
    """Return the names of the metrics in the results of a search."""
    return [name.removeprefix(PREFIX) for name in results if name.startswith(PREFIX)]


def ranks_of(scores: np.ndarray) -> np.ndarray:
    """Return the rank of each score, from 1 for the best; NaN is the worst."""
    finite = np.isfinite(scores)
    return rankdata(-np.where(finite, scores, -np.inf), method="min").astype(np.int32)


def deciding_scores(results: Mapping[str, Any], refit: Any) -> np.ndarray:
    """Return one score for each candidate; greater is better.

    Parameters
    ----------
    results : mapping
    refit : bool, str or callable
        The name of the deciding metric. If several metrics have been computed and none
        of them decides, the score is the negative mean of the ranks.

    Returns
    -------
    ndarray of shape (n_candidates,)
        NaN for candidates that could not be evaluated.

    Raises
    ------
    ValueError
        If several metrics have been computed and `refit` is not one of them.
    """
    metrics = metrics_of(results)
    if len(metrics) == 1:
        return np.asarray(results[PREFIX + metrics[0]], dtype=np.float64)
    check_metrics(metrics, refit)
    if isinstance(refit, str):
        return np.asarray(results[PREFIX + refit], dtype=np.float64)
    columns = [np.asarray(results[PREFIX + m], dtype=np.float64) for m in metrics]
    mean_rank = np.mean([ranks_of(scores) for scores in columns], axis=0)
    return np.where(np.isfinite(columns).all(axis=0), -mean_rank, np.nan)


def order_of(results: Mapping[str, Any], refit: Any) -> np.ndarray:
    """Return the positions of the candidates, the best first.

    Candidates of later iterations of a halving search precede those of earlier ones,
    because they have survived longer.
    """
    scores = deciding_scores(results, refit)
    iteration = np.asarray(results.get("iter", np.zeros(len(scores))))
    return np.lexsort((ranks_of(scores), -iteration))


def best_candidates(
    results: Mapping[str, Any],
    top_k: int | float | str,
    refit: Any,
    resource: str | None = None,
) -> np.ndarray:
    """Return the positions of the candidates to confirm, the best first.

    With "all", they have the order of the search, so that ties between candidates are
    broken as in a search on all rows.

    Parameters
    ----------
    results : mapping
    top_k : int, float or "all"
        How many candidates: a number, a share, or all. Candidates that failed on the
        distilled rows are confirmed for "all" only.
    refit : bool, str or callable
        The choice of a callable is included.
    resource : str, default=None
        The parameter that a halving search increases; candidates that differ only in
        it are the same.

    Returns
    -------
    ndarray of int

    Raises
    ------
    ValueError
        If all candidates failed.
    TypeError, IndexError
        If a callable does not return the position of a candidate.
    """
    order = order_of(results, refit)
    if callable(refit):
        order = np.concatenate([[_position_from(refit, results)], order])
    scores = deciding_scores(results, refit)
    kept: list[int] = []
    seen: list[dict[str, Any]] = []
    for i in map(int, order):
        if i in kept or (top_k != "all" and not np.isfinite(scores[i])):
            continue
        params = {k: v for k, v in results["params"][i].items() if k != resource}
        if resource is not None and params in seen:
            continue
        kept.append(i)
        seen.append(params)
    if not kept:
        raise ValueError(
            "Training or scoring failed for every candidate on the distilled rows. Set "
            "error_score='raise' in the search to see the error. If classes or rows "
            "are missing, increase the budget of the distiller."
        )
    if top_k == "all" and resource is None:
        return np.sort(kept)
    return np.array(kept[: _number(top_k, len(kept))])


def _position_from(refit: Callable[..., Any], results: Mapping[str, Any]) -> int:
    """Return the position of the candidate that a callable chooses."""
    returned = refit(results)
    if not isinstance(returned, Integral):
        raise TypeError(
            "refit must return the position of a candidate in cv_results_, an integer; "
            f"it returned {returned!r}."
        )
    position = int(returned)
    if not 0 <= position < len(results["params"]):
        raise IndexError(
            f"refit returned the position {position}, but there are "
            f"{len(results['params'])} candidates."
        )
    return position


def _number(top_k: int | float | str, n_candidates: int) -> int:
    """Return the number of candidates to confirm."""
    if isinstance(top_k, str):
        return n_candidates
    if isinstance(top_k, Integral):
        return min(int(top_k), n_candidates)
    return ceil(float(top_k) * n_candidates)


def rescaled(
    params: Mapping[str, Any],
    estimator: Any,
    rescale: Mapping[str, float | Callable[..., Any]] | None,
    n_distilled: int,
    n_real: int,
) -> dict[str, Any]:
    """Return the parameters for all rows of a candidate that suits distilled rows.

    Parameters
    ----------
    params : mapping of {str: object}
        The parameters of the candidate.
    estimator : estimator
        The estimator of the search. With `params` it holds the values of parameters
        that are rescaled and not searched.
    rescale : mapping of {str: float or callable} or None
        An exponent e multiplies a number by (n_real / n_distilled)^e; a callable
        receives (value, n_distilled, n_real). Integers stay integers of at least 1.
        Values that are not numbers, such as None, stay unchanged by an exponent.
        Parameters that the candidate does not have are skipped.
    n_distilled, n_real : int
        The numbers of training rows.
    """
    changed = dict(params)
    if not rescale:
        return changed
    # The parameters are cloned, since parameters of parts would be set on the values.
    candidate = clone(estimator).set_params(**clone(changed, safe=False))
    own = candidate.get_params(deep=True)
    for name, rule in rescale.items():
        if name not in own:
            continue
        value = own[name]
        if callable(rule):
            changed[name] = rule(value, n_distilled, n_real)
            continue
        if not isinstance(value, Real) or isinstance(value, bool):
            continue
        scaled = value * (n_real / n_distilled) ** rule
        changed[name] = max(1, round(scaled)) if isinstance(value, Integral) else scaled
    return changed


def with_full_resource(
    results: Mapping[str, Any], position: int, resource: str | None
) -> dict[str, Any]:
    """Return the parameters of a candidate with the most resources of a halving search.

    A candidate that was eliminated early has been trained with fewer resources, such
    as trees, than the winner.
    """
    params = dict(results["params"][position])
    if resource is not None:
        params[resource] = max(candidate[resource] for candidate in results["params"])
    return params

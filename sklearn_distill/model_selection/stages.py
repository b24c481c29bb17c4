"""The stages of a search: distill every fold, and select the winner."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from typing import Any

import numpy as np
from sklearn.utils.validation import check_memory

from ..base.growing import densify_of
from .auto_budget import automatic_budget
from .candidates import (
    best_candidates,
    deciding_scores,
    metrics_of,
    ranks_of,
    rescaled,
    results_of,
    with_full_resource,
)
from .confirmation import confirm, fit_best, merged_results, rank_correlation
from .folds import SearchData, distill_folds, distiller_for
from .grown_sets import better_sets


def distill_stage(
    owner: Any,
    data: SearchData,
    *,
    prior: bool | str,
    refit: Any,
    settings: dict[str, Any],
    context: Any,
) -> dict[str, Any]:
    """Distill the training rows of every fold.

    Parameters
    ----------
    owner : DistilledSearchCV
    data : SearchData
        Its folds are those of the search on distilled rows.
    prior : bool or "auto"
        Whether to restore the class shares of the data by weights.
    refit : bool, str or callable
        The deciding metric.
    settings : dict
        Parameters of the estimator during the search.
    context : CallbackContext

    Returns
    -------
    dict of {str: object}
        Fitted attributes of DistilledSearchCV.
    """
    started = time.perf_counter()
    step = context.subcontext(
        task_name="distill", max_subtasks=len(data.splits), sequential_subtasks=False
    )
    step.call_on_fit_task_begin(estimator=owner, X=data.X, y=data.y)
    fitted: dict[str, Any] = {}
    distiller = distiller_for(owner.search.estimator, owner.distiller)
    if isinstance(owner.budget, str):
        budget, scores = automatic_budget(owner.search, data, refit, settings)
        distiller.set_params(budget=budget)
        fitted["budget_scores_"] = scores
    elif owner.budget is not None:
        distiller.set_params(budget=owner.budget)
    fitted["budget_"] = distiller.budget
    fitted["distilled_"] = distill_folds(
        distiller,
        data,
        memory=check_memory(owner.memory),
        n_jobs=owner.n_jobs,
        context=step,
        caller=owner,
    )
    if densify_of(distiller) == "auto":
        fitted["distilled_"], fitted["densify_scores_"] = better_sets(
            owner,
            distiller,
            data,
            fitted["distilled_"],
            prior=prior,
            refit=refit,
            settings=settings,
        )
    step.call_on_fit_task_end(estimator=owner, X=data.X, y=data.y)
    return fitted | {"distill_time_": time.perf_counter() - started}


def selection_stage(
    owner: Any, data: SearchData, refit: Any, context: Any
) -> dict[str, Any]:
    """Select the winner among the best candidates, and fit it on all rows.

    Parameters
    ----------
    owner : DistilledSearchCV
        Its search on distilled rows is fitted.
    data : SearchData
        Its folds are those of the confirmation.
    refit : bool, str or callable
        See `deciding_scores`.
    context : CallbackContext

    Returns
    -------
    dict of {str: object}
        Fitted attributes of DistilledSearchCV.
    """
    results = results_of(owner.search_)
    resource = owner.search.get_params(deep=False).get("resource")
    top_k = 1 if owner.confirm is False else owner.top_k
    chosen = best_candidates(results, top_k, refit, resource)
    params = _params_for_all_rows(owner, data, results, chosen, resource)
    small = deciding_scores(results, refit)
    has_several_metrics = len(metrics_of(results)) > 1
    if owner.confirm is False:
        step = context.subcontext(task_name="refit")
        fitted = fit_best(owner, data, params[0], refit, step)
        fitted["best_index_"] = best = int(chosen[0])
        if isinstance(refit, str) or not (callable(refit) or has_several_metrics):
            fitted["best_score_"] = float(small[best])
        chosen, large = chosen[:0], small[:0]
    else:
        step = context.subcontext(task_name="confirm")
        fitted = confirm(owner, data, params, chosen, refit, step)
        large = deciding_scores(fitted["confirmation_"].cv_results_, refit)
    return fitted | {
        # A single metric with a name of its own counts as several.
        "multimetric_": getattr(owner.search_, "multimetric_", has_several_metrics),
        "confirmed_indices_": chosen,
        "cv_results_": merged_results(
            results, ranks_of(small), chosen, fitted["confirmation_"]
        ),
        "rank_correlation_": rank_correlation(small[chosen], large),
    }


def _params_for_all_rows(
    owner: Any, data: SearchData, results: Any, chosen: np.ndarray, resource: str | None
) -> list[dict[str, Any]]:
    """Return the parameters with which the chosen candidates train on all rows."""
    n_distilled = round(np.mean([len(distilled) for distilled in owner.distilled_]))
    n_real = round(np.mean([len(training) for training, _ in data.splits]))
    return [
        rescaled(
            with_full_resource(results, i, resource),
            owner.search.estimator,
            owner.rescale,
            n_distilled,
            n_real,
        )
        for i in chosen
    ]

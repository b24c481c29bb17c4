"""Run a search on distilled training rows and real validation rows."""

# SPDX-License-Identifier: BSD-3-Clause

import pickle
import time
import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from joblib import Memory
from sklearn import config_context
from sklearn.base import clone

from .._utils.fingerprint import fingerprint
from .checks import replaces_estimators
from .distilled_candidate import ROWS, DistilledCandidate
from .folds import SearchData
from .stacked_rows import StackedRows, stack_rows
from .training_rows import training_rows


def _fit_search(key: str, search: Any, X: Any, y: Any, params: dict[str, Any]) -> Any:
    """Return the fitted search and its seconds; joblib's Memory can cache this."""
    started = time.perf_counter()
    with warnings.catch_warnings():
        # The weights of validation rows are 1 unless the user passed weights, for which
        # the confirming search warns.
        warnings.filterwarnings("ignore", message=".*does not support sample_weight")
        search.fit(X, y, **params)
    if isinstance(search.estimator, DistilledCandidate):
        search.set_params(estimator=search.estimator.wrapped)
    return search, time.perf_counter() - started


def _can_be_pickled(search: Any) -> bool:
    """Return whether joblib can store a search; a lambda as scorer prevents it."""
    try:
        pickle.dumps(search)
    except Exception:
        return False
    return True


def _has_labels(stack: StackedRows) -> bool:
    """Return whether there are weights or soft labels of distilled rows."""
    tables = (*stack.labels, *stack.own_labels)
    return any(table is not None for table in tables)


def _weights_of_scorer(data: SearchData, stack: StackedRows) -> dict[str, np.ndarray]:
    """Return sample weights for `fit`, which a search passes to its scorer.

    Distilled rows are not scored, so that theirs are 1.
    """
    weights = data.routed.scorer_weight
    if weights is None:
        return {}
    real = np.asarray(weights, dtype=np.float64)
    return {"sample_weight": np.r_[real, np.ones(len(stack.rows) - len(real))]}


def search_on_sets(
    search: Any,
    data: SearchData,
    sets: Sequence[Any],
    *,
    prior: bool | str,
    memory: Memory,
    settings: dict[str, Any] | None = None,
    context: Any = None,
) -> tuple[Any, float]:
    """Fit a search whose candidates are trained on distilled sets.

    Parameters
    ----------
    search : search
        A clone is fitted.
    data : SearchData
        The real rows, their folds, and weights of the validation rows.
    sets : sequence of DistilledSet
        The distilled training rows of each fold.
    prior : bool or "auto"
        Whether to restore the class shares of the data by weights; see
        `restores_prior`.
    memory : joblib.Memory
    settings : dict, default=None
        Parameters of the estimator during the search.
    context : CallbackContext, default=None
        Callbacks are passed to a search that is not cached.

    Returns
    -------
    search : search
        Fitted.
    seconds : float
        The time that the search took when it ran.
    """
    estimator = search.estimator
    folds = [training_rows(distilled, estimator, prior) for distilled in sets]
    stack = stack_rows(data.X, data.y, folds, data.splits, estimator=estimator)
    # Set the parameters before cloning, because a generator as `cv` cannot be cloned.
    params_of_search = search.get_params(deep=False)
    params_of_search |= {"cv": stack.splits, "refit": False}
    params: dict[str, Any] = {}
    weights = _weights_of_scorer(data, stack)
    if _has_labels(stack) or weights or replaces_estimators(search):
        params_of_search["estimator"] = DistilledCandidate(
            estimator, stack.labels, stack.own_labels, stack.classes
        )
        params = {ROWS: stack.rows, **weights}
    small = clone(type(search)(**params_of_search))
    small.estimator.set_params(**(settings or {}))
    caches = getattr(memory, "location", True) is not None and _can_be_pickled(small)
    fit, key = _fit_search, ""
    if caches:
        key = fingerprint(small, estimator, stack.X, stack.y, params)
        fit = memory.cache(_fit_search, ignore=["search", "X", "y", "params"])
    passes_callbacks = context is not None and not caches
    # The weights are computed by this package. With metadata routing, scikit-learn
    # would require the estimator and all its parts to have requested them.
    with (
        context.propagate_callback_context(small)
        if passes_callbacks
        else nullcontext(),
        config_context(enable_metadata_routing=False),
    ):
        return fit(key, small, stack.X, stack.y, params)

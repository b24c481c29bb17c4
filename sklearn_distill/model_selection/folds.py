"""Distill the training part of each fold."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Memory
from sklearn.base import clone, is_classifier
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing
from sklearn.utils.parallel import Parallel, delayed

from ..base.growing import training_set
from ..compose.wrapper import ends_in_net
from .checks import task_of
from .routing import RoutedMetadata
from .stacked_rows import Splits, without_column


@dataclass(frozen=True)
class SearchData:
    """The real rows of a search.

    Attributes
    ----------
    X, y : array-like
        The rows and their labels.
    splits : list of (training, validation)
        The folds, as positions.
    routed : RoutedMetadata
        The metadata of `fit`.
    targets : array-like
        The labels that the distiller receives; see `targets_for`.
    """

    X: Any
    y: Any
    splits: Splits
    routed: RoutedMetadata
    targets: Any


def targets_for(estimator: Any, y: Any) -> Any:
    """Return y as the distiller receives it.

    A column of shape (n, 1), which skorch nets for regression require, becomes
    one-dimensional. For any other estimator the distiller warns about a column.
    """
    return without_column(y) if ends_in_net(estimator) and y is not None else y


def splits_of(
    cv: Any, estimator: Any, X: Any, y: Any, params: Mapping[str, Any]
) -> Splits:
    """Return the folds of the real rows, as positions.

    Parameters
    ----------
    cv : int, splitter, iterable or None
    estimator : estimator
        Folds are stratified for classifiers, as in GridSearchCV.
    X, y : array-like
    params : mapping of {str: object}
        Metadata for `split`.

    Raises
    ------
    ValueError
        If there is no fold.
    """
    checked = check_cv(cv, y, classifier=is_classifier(estimator))
    positions = np.arange(n_rows_of(X))
    # Some iterables contain boolean masks.
    splits = [
        (positions[training], positions[validation])
        for training, validation in checked.split(X, y, **params)
    ]
    if not splits:
        raise ValueError(
            "cv contains no folds. A generator can be used once only: pass a list of "
            "(training, validation) positions or a splitter."
        )
    return splits


def n_rows_of(X: Any) -> int:
    """Return the number of rows of an array, a table or a list."""
    return int(X.shape[0] if hasattr(X, "shape") else len(X))


def distiller_for(estimator: Any, distiller: Any) -> Any:
    """Return a clone of a distiller whose task is that of an estimator.

    Raises
    ------
    ValueError
        If the distiller is for another task.
    """
    distiller, task = clone(distiller), task_of(estimator)
    given = distiller.get_params(deep=False).get("task", "auto")
    if task is None:
        return distiller
    if given not in ("auto", task):
        raise ValueError(
            f"The estimator of the search is for {task}, but the distiller has "
            f"task={given!r}. Set the task of the distiller to 'auto'."
        )
    return distiller.set_params(task=task)


def _fit_distiller(distiller: Any, X: Any, y: Any, params: dict[str, Any]) -> Any:
    """Return the distilled set of (X, y); joblib's Memory can cache this function.

    A distiller with an int as its parameter `densify` grows its set to so many rows,
    which have soft labels as in DistilledClassifier.
    """
    fitted = distiller.fit(X, y, **params)
    # A method of a plugin may lack the parameter.
    if not hasattr(fitted, "densify"):
        return fitted.distilled_
    return training_set(fitted, soft_labels=True)


def rows_of_fold(
    params: Mapping[str, Any], n_rows: int, positions: np.ndarray
) -> dict[str, Any]:
    """Return metadata of which those that belong to rows are indexed by position.

    Parameters
    ----------
    params : mapping of {str: object}
    n_rows : int
        The number of rows of X. Arrays of this length belong to rows, except for
        `X_unlabeled`, which has rows of its own.
    positions : ndarray of int
    """
    sliced = {}
    for name, value in params.items():
        is_list = isinstance(value, list | tuple) or getattr(value, "ndim", 0) > 0
        length = value.shape[0] if hasattr(value, "shape") and is_list else None
        if is_list and length is None:
            length = len(value)
        belongs_to_rows = length == n_rows and name != "X_unlabeled"
        sliced[name] = _safe_indexing(value, positions) if belongs_to_rows else value
    return sliced


def distill_fold(
    distiller: Any,
    X: Any,
    y: Any,
    training: np.ndarray,
    params: Mapping[str, Any],
    *,
    memory: Memory,
    context: Any = None,
    caller: Any = None,
) -> Any:
    """Return the distilled set of the training rows of one fold.

    Parameters
    ----------
    distiller : distiller
        A clone is fitted.
    X, y : array-like
    training : ndarray of int
        Positions of the training rows.
    params : mapping of {str: object}
        Metadata for `fit` of the distiller.
    memory : joblib.Memory
    context : CallbackContext, default=None
        Callbacks are passed to a distiller that is not cached: joblib would hash them.
    caller : estimator, default=None
        The estimator whose callbacks these are.

    Returns
    -------
    DistilledSet
    """
    distiller = clone(distiller)
    n_rows = n_rows_of(X)
    X_fold = _safe_indexing(X, training)
    y_fold = None if y is None else _safe_indexing(y, training)
    propagates = context is not None and getattr(memory, "location", True) is None
    with context.propagate_callback_context(distiller) if propagates else nullcontext():
        if context is not None:
            context.call_on_fit_task_begin(estimator=caller, X=X_fold, y=y_fold)
        fold_params = rows_of_fold(params, n_rows, training)
        fit = memory.cache(_fit_distiller)
        distilled = fit(distiller, X_fold, y_fold, fold_params)
        if context is not None:
            context.call_on_fit_task_end(estimator=caller, X=X_fold, y=y_fold)
    return distilled


def distill_folds(
    distiller: Any,
    data: SearchData,
    *,
    memory: Memory,
    n_jobs: int | None,
    context: Any,
    caller: Any,
) -> list[Any]:
    """Return the distilled set of each fold; see `distill_fold`.

    Parameters
    ----------
    distiller : distiller
    data : SearchData
    n_jobs : int or None
        The number of folds that are distilled in parallel.
    """
    # Create all contexts first, because a context must not change while it is pickled.
    contexts = [
        context.subcontext(task_name="distill-fold", task_id=i)
        for i in range(len(data.splits))
    ]
    return list(
        Parallel(n_jobs=n_jobs)(
            delayed(distill_fold)(
                distiller,
                data.X,
                data.targets,
                training,
                data.routed.distiller,
                memory=memory,
                context=fold_context,
                caller=caller,
            )
            for (training, _), fold_context in zip(data.splits, contexts, strict=True)
        )
    )

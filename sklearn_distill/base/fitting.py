"""The steps of `BaseDistiller.fit`: check, encode, distill and assemble."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Iterable
from typing import Any

import numpy as np

from .._utils.array_namespace import like_array
from .assembly import with_info
from .category_coverage import Cell, columns_to_cover, copy_cells, with_all_categories
from .growth_fitting import check_can_grow, growth_of
from .problem import Kept, Learned
from .pseudo_labels import with_pseudo_labels
from .training_data import (
    Scales,
    check_common_parameters,
    check_training_data,
    keep_all_rows,
    make_problem,
)


def fit_distiller(
    distiller: Any,
    parameters: Iterable[str],
    X: Any,
    y: Any,
    sample_weight: Any,
    X_unlabeled: Any = None,
    scales: Scales | None = None,
) -> Any:
    """Set the fitted attributes of a distiller, and return it.

    Parameters
    ----------
    distiller : BaseDistiller
    parameters : iterable of str
        The parameters that the distiller must have.
    X, y, sample_weight, X_unlabeled
        The arguments of `fit`.
    scales : Scales, default=None
        The encoder of the data set that X represents; None fits an encoder to X.

    Returns
    -------
    BaseDistiller
    """
    started = time.perf_counter()
    check_common_parameters(distiller, parameters)
    # Open the context before anything can fail, so that callbacks are torn down.
    context = distiller._init_callback_context(
        max_subtasks=getattr(distiller, "max_iter", 0)
    )
    data = check_training_data(distiller, X, y, sample_weight)
    distiller._check_parameters()
    if X_unlabeled is not None:
        data = with_pseudo_labels(distiller, data, X_unlabeled)
    context.call_on_fit_task_begin(estimator=distiller, X=X, y=y)
    problem = make_problem(distiller, data, scales)
    covered = columns_to_cover(distiller.cover_categories, problem, data.X)
    cells: list[Cell] = []
    if distiller.densify is not None:
        check_can_grow(problem, type(distiller).__name__)
    if problem.n_rows.sum() >= len(data.X):
        result: Kept | Learned = keep_all_rows(distiller, data)
    else:
        result, cells = with_all_categories(
            distiller._distill(problem),
            covered,
            problem,
            data.X,
            type(distiller).__name__,
        )
    distilled = distiller._assemble(result, problem, data)
    copy_cells(distilled.X, data.X, cells)
    distiller.encoder_ = problem.encoder
    distiller.__dict__.pop("sample_indices_", None)
    if isinstance(result, Kept):
        kept = data.positions[np.asarray(result.indices)]
        distiller.sample_indices_ = like_array(X, kept)
    distiller.distilled_ = with_info(
        distilled,
        result,
        data,
        given=X,
        method=type(distiller).__name__,
        parameters=distiller.get_params(),
        started=started,
        growth=growth_of(distiller, result, distilled, problem, data),
    )
    context.call_on_fit_task_end(
        estimator=distiller, X=X, y=y, reconstruction_attributes=dict
    )
    return distiller

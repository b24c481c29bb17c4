"""The rows of the last fit as the initial rows of the next one."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.native_rows import dense_rows_of
from .problem import Learned, Problem


def rows_of_last_fit(distiller: Any, problem: Problem) -> Learned:
    """Return the distilled rows of a fitted distiller, encoded.

    Parameters
    ----------
    distiller : RowLearner
        Has been fitted before, and has the attributes of the new input already.
    problem : Problem
        The problem of the new fit.

    Raises
    ------
    ValueError
        If the shape of the rows, the classes or the numbers of rows differ.
    """
    last: Any = distiller.distilled_
    X_last = dense_rows_of(last.X)
    classes: Any = problem.labels.classes
    if last.X.shape[1:] != distiller.row_shape_ or not np.array_equal(
        last.classes, classes
    ):
        raise ValueError(
            f"warm_start=True requires rows of the shape {last.X.shape[1:]} and the "
            f"classes {last.classes} of the last fit, got rows of shape "
            f"{distiller.row_shape_} and classes {classes}. Keep columns and classes, "
            "or set warm_start=False."
        )
    y = problem.labels.encode(last.y, len(X_last))
    codes = y if classes is not None else np.zeros(len(X_last), dtype=np.int64)
    n_rows = np.bincount(codes, minlength=len(problem.n_rows))
    if np.any(n_rows != problem.n_rows):
        raise ValueError(
            f"warm_start=True requires the {n_rows} rows per class of the last fit, "
            f"got a budget of {problem.n_rows} rows. Keep the budget, or set "
            "warm_start=False."
        )
    problem.encoder.check_known(X_last)
    # If the budget of the last fit covered all rows, they are not sorted by class.
    order = np.argsort(codes, kind="stable")
    soft_labels = None if last.soft_labels is None else last.soft_labels[order]
    return Learned(problem.encoder.encode(X_last)[order], y[order], soft_labels)

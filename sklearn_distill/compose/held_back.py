"""Training rows that are held back to choose between distilled and grown rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np

from .._utils.containers import take_rows
from .._utils.native_rows import from_native
from ..base.growing import held_back_rows, seed_of
from ..validation.rows import check_lengths, check_weights
from ..validation.targets import check_target


def held_back_for_choice(
    distiller: Any, X: Any, y: Any, params: dict[str, Any]
) -> tuple[Any, Any] | None:
    """Hold rows back if the distiller has ``densify="auto"``.

    Parameters
    ----------
    distiller : distiller
        Its task is "classification" or "regression".
    X, y : array-like of n rows
    params : dict
        The metadata of `fit` of the distiller. Its `sample_weight` is set to 0 for the
        rows that are held back, so that they are not distilled.

    Returns
    -------
    tuple (X, y) or None
        The rows that are held back. None if no choice is to be made, or if there are
        too few rows for it.
    """
    if getattr(distiller, "densify", None) != "auto":
        return None
    check_lengths(X, y)
    labels = from_native(y)
    n = np.shape(labels)[0]
    if n == 0:
        # The distiller raises the error.
        return None
    target = check_target(labels, task=distiller.task, several=True)
    # The check compares lengths only, and sparse matrices do not define len().
    rows = np.empty((n, 0))
    weights = check_weights(from_native(params.get("sample_weight")), rows)
    codes = None if target.classes is None else target.values
    rows = held_back_rows(codes, weights, seed_of(distiller))
    if not len(rows):
        return None
    weights = weights.copy()
    weights[rows] = 0.0
    params["sample_weight"] = weights
    held_back = [X[i] for i in rows] if isinstance(X, list) else take_rows(X, rows)
    values: Any = target.values
    known = values if target.classes is None else target.classes[values]
    return held_back, np.asarray(known)[rows]

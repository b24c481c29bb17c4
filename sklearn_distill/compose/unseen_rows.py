"""Training rows that were not distilled, on which fitted estimators are evaluated."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from typing import Any, NamedTuple

import numpy as np
from sklearn.exceptions import DataConversionWarning

from .._utils.array_namespace import (
    is_foreign_array,
    keeps_namespace,
    rows_like_array,
    to_numpy,
)
from .._utils.containers import take_rows
from .._utils.native_rows import from_native
from ..base.growing import densify_of, held_back_rows, seed_of
from ..validation.rows import check_lengths, check_weights
from ..validation.targets import check_target, label_values

# Probabilities are calibrated on at most, and at least, this many rows.
MAX_CALIBRATION_ROWS = 1_000
MIN_CALIBRATION_ROWS = 50
# They are drawn from a random sample of this size if there are more rows.
MAX_CANDIDATES = 50_000


class UnseenRows(NamedTuple):
    """Labeled rows that were not distilled.

    Attributes
    ----------
    X : array-like of n rows
    y : ndarray of shape (n,) or (n, n_targets)
    sample_weight : ndarray of shape (n,)
        Positive weights.
    mass : dict of label to float
        The total weight of the training rows of each class; empty for regression.
    """

    X: Any
    y: np.ndarray
    sample_weight: np.ndarray
    mass: dict[Any, float]


def held_back_for_choice(
    distiller: Any, X: Any, y: Any, params: dict[str, Any]
) -> UnseenRows | None:
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
    UnseenRows or None
        None if no choice is to be made, or if there are too few rows for it.
    """
    if densify_of(distiller) != "auto":
        return None
    if np.shape(from_native(y))[0] == 0:
        # The distiller raises the error.
        return None
    check_lengths(X, y)
    target = check_target(from_native(y), task=distiller.task, several=True)
    weights = check_weights(from_native(params.get("sample_weight")), target.values)
    codes = None if target.classes is None else target.values
    rows = held_back_rows(codes, weights, seed_of(distiller))
    if not len(rows):
        return None
    params["sample_weight"] = weights.copy()
    params["sample_weight"][rows] = 0.0
    labels, mass = target.values, {}
    if target.classes is not None:
        labels = target.classes[labels]
        sums = np.bincount(target.values, weights=weights)
        mass = dict(zip(target.classes, sums, strict=True))
    return UnseenRows(_rows_at(X, rows), np.asarray(labels)[rows], weights[rows], mass)


def rows_for_calibration(
    fitted: Any, X: Any, y: Any, params: dict[str, Any]
) -> UnseenRows | None:
    """Return a stratified sample of the training rows that were not distilled.

    Half of the rows are shared equally among the classes, and half in proportion to
    their numbers of rows.

    Parameters
    ----------
    fitted : distiller
        Fitted on (X, y).
    X, y : array-like of n rows
    params : dict
        The metadata of `fit` of the distiller.

    Returns
    -------
    UnseenRows or None
        At most `MAX_CALIBRATION_ROWS` rows; None if there are fewer than
        `MIN_CALIBRATION_ROWS`.
    """
    weights = check_weights(from_native(params.get("sample_weight")), y)
    present = weights > 0
    if len(fitted.distilled_) >= present.sum():
        return None
    if hasattr(fitted, "sample_indices_"):
        # Positions beyond X are those of unlabeled rows.
        indices = from_native(fitted.sample_indices_)
        present &= ~np.isin(np.arange(len(present)), indices)
    rows, rng = np.flatnonzero(present), np.random.RandomState(seed_of(fitted))
    if len(rows) < MIN_CALIBRATION_ROWS:
        return None
    if len(rows) > MAX_CANDIDATES:
        rows = np.sort(rng.choice(rows, MAX_CANDIDATES, replace=False))
    with warnings.catch_warnings():
        # The distiller has warned of a column y already.
        warnings.simplefilter("ignore", DataConversionWarning)
        labels = label_values(_rows_at(from_native(y), rows))
    classes, codes = np.unique(labels, return_inverse=True)
    half, drawn = MAX_CALIBRATION_ROWS / 2, []
    for code, n_rows in enumerate(np.bincount(codes)):
        share = 1 / len(classes) + n_rows / len(rows)
        own = rng.permutation(np.flatnonzero(codes == code))
        drawn.append(own[: int(half * share)])
    chosen = np.sort(np.concatenate(drawn))
    mass = dict(zip(classes, np.bincount(codes, weights=weights[rows]), strict=True))
    distilled = fitted.distilled_
    if distilled.class_mass is not None:
        mass = dict(zip(distilled.classes, distilled.class_mass, strict=True))
    return UnseenRows(
        _rows_at(X, rows[chosen]), labels[chosen], weights[rows[chosen]], mass
    )


def _rows_at(rows: Any, positions: np.ndarray) -> Any:
    """Return the rows, or labels, at some positions, in their container."""
    if isinstance(rows, list | tuple):
        return [rows[i] for i in positions]
    if is_foreign_array(rows):
        # Not all libraries accept positions as a NumPy array.
        taken = take_rows(to_numpy(rows), positions)
        return rows_like_array(rows, taken) if keeps_namespace(rows) else taken
    return take_rows(rows, positions)

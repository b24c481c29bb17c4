"""Training rows that were not distilled, on which fitted estimators are evaluated."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from .._utils.containers import take_rows
from .._utils.native_rows import from_native
from ..base.growing import held_back_rows, seed_of
from ..validation.rows import check_lengths, check_weights
from ..validation.targets import check_target

# Probabilities are calibrated on at most, and at least, this many rows.
MAX_CALIBRATION_ROWS = 1_000
MIN_CALIBRATION_ROWS = 50


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
    if getattr(distiller, "densify", None) != "auto":
        return None
    if np.shape(from_native(y))[0] == 0:
        # The distiller raises the error.
        return None
    labels, codes, weights = _checked(distiller, X, y, params)
    rows = held_back_rows(codes, weights, seed_of(distiller))
    if not len(rows):
        return None
    params["sample_weight"] = weights.copy()
    params["sample_weight"][rows] = 0.0
    return _unseen(X, labels, codes, weights, rows)


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
    labels, codes, weights = _checked(fitted, X, y, params)
    rows = np.flatnonzero(weights > 0)
    if len(fitted.distilled_) >= len(rows):
        return None
    if hasattr(fitted, "sample_indices_"):
        rows = np.setdiff1d(rows, fitted.sample_indices_)
    if len(rows) < MIN_CALIBRATION_ROWS:
        return None
    rng = np.random.RandomState(seed_of(fitted))
    groups = [rows[codes[rows] == code] for code in np.unique(codes[rows])]
    half = MAX_CALIBRATION_ROWS / 2
    drawn = []
    for group in groups:
        share = 1 / len(groups) + len(group) / len(rows)
        drawn.append(rng.permutation(group)[: int(half * share)])
    return _unseen(X, labels, codes, weights, np.sort(np.concatenate(drawn)))


def _checked(
    distiller: Any, X: Any, y: Any, params: dict[str, Any]
) -> tuple[np.ndarray, Any, np.ndarray]:
    """Return the labels, the codes of the classes (or None) and the sample weights."""
    check_lengths(X, y)
    target = check_target(from_native(y), task=distiller.task, several=True)
    weights = check_weights(from_native(params.get("sample_weight")), target.values)
    if target.classes is None:
        return target.values, None, weights
    return target.classes[target.values], target.values, weights


def _unseen(
    X: Any, labels: np.ndarray, codes: Any, weights: np.ndarray, rows: np.ndarray
) -> UnseenRows:
    """Return the rows at some positions."""
    chosen = [X[i] for i in rows] if isinstance(X, list) else take_rows(X, rows)
    mass = {}
    if codes is not None:
        sums = np.bincount(codes, weights=weights)
        first = np.unique(codes, return_index=True)
        mass = {labels[i]: sums[code] for code, i in zip(*first, strict=True)}
    return UnseenRows(chosen, np.asarray(labels)[rows], weights[rows], mass)

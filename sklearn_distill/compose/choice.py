"""The choice between a fit on distilled rows and a fit on grown rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

# The smallest gain in log loss for which an estimator is fitted on more rows.
MIN_GAIN = 1e-3


class HeldBackResult(NamedTuple):
    """How well a fit predicts rows that were not distilled.

    Attributes
    ----------
    score : float
        Accuracy, balanced accuracy or R^2.
    weights : ndarray of shape (n,) or None
        Weights that sum to 1; None for regression.
    hits : ndarray of shape (n,) or None
        Whether each row is predicted correctly; the weighted mean is the score.
    losses : ndarray of shape (n,) or None
        The log loss of each row; None if the estimator does not predict probabilities.
    """

    score: float
    weights: Any = None
    hits: Any = None
    losses: Any = None

    @property
    def log_loss(self) -> float:
        """The weighted mean of `losses`."""
        return float(self.weights @ self.losses)


def classification_result(
    predicted: np.ndarray,
    proba: np.ndarray | None,
    known: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
) -> HeldBackResult:
    """Return how well a classifier predicts rows.

    Parameters
    ----------
    predicted, y : ndarray of shape (n,)
        Predicted and true labels.
    proba : ndarray of shape (n, n_known) or None
        Predicted probabilities of the known classes.
    known : ndarray of shape (n_known,)
        Sorted labels.
    weights : ndarray of shape (n,)
    """
    weights = weights / weights.sum()
    hits = (predicted == y).astype(np.float64)
    losses = None
    if proba is not None:
        own = (proba * (y[:, None] == known)).sum(axis=1)
        losses = -np.log(np.maximum(own, np.finfo(np.float64).eps))
    return HeldBackResult(float(weights @ hits), weights, hits, losses)


def is_better(grown: HeldBackResult, rows: HeldBackResult) -> bool:
    """Return whether the fit on grown rows is to be kept.

    If the scores differ by more than one standard error, the better score decides, and
    otherwise the log loss, which must also be lower by more than one standard error
    and by more than `MIN_GAIN`: the fit on distilled rows is the simpler one. Without
    log losses, the better score decides.
    """
    if grown.losses is None or rows.losses is None:
        return grown.score > rows.score
    gain, error = _mean_and_error(grown.hits - rows.hits, rows.weights)
    if abs(gain) > error:
        return gain > 0
    gain, error = _mean_and_error(rows.losses - grown.losses, rows.weights)
    return gain > max(error, MIN_GAIN)


def _mean_and_error(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return the weighted mean of values, and its standard error."""
    mean = float(weights @ values)
    return mean, float(np.sqrt((weights**2) @ (values - mean) ** 2))

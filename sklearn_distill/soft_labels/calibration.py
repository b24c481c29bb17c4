"""Calibration of predicted class probabilities on labeled rows."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

# Logarithms of probabilities below this one are compressed by the factor `SLOPE`: trees
# and nearest neighbors predict 0 for classes that are only unlikely, and naive Bayes
# almost 0. The factor is positive, so that the order of predictions remains.
MIN_PROBA = 1e-3
SLOPE = 0.003
# The weight of the penalty on bias and log scale, relative to one row.
PENALTY = 1.0
# A class with fewer rows keeps its own bias, 0.
MIN_CLASS_ROWS = 3
# The range of the logarithm of the scale.
LOG_SCALES = (-8.0, 4.0)


@dataclass(frozen=True)
class Calibrator:
    r"""A map of predicted probabilities to calibrated probabilities.

    .. math:: q_c(x) \propto \exp(a \log p_c(x) + b_c)

    With two classes this is Platt's sigmoid of the log odds; with a bias of 0 it is
    temperature scaling. Logarithms below that of `MIN_PROBA` are compressed.

    Attributes
    ----------
    scale : float
        The inverse temperature a, positive.
    bias : ndarray of shape (n_classes,)
        The biases b.
    """

    scale: float
    bias: np.ndarray

    def log_proba(self, proba: np.ndarray) -> np.ndarray:
        """Return the logarithms of the calibrated probabilities.

        Parameters
        ----------
        proba : ndarray of shape (n, n_classes)

        Returns
        -------
        float64 ndarray of shape (n, n_classes)
        """
        return log_softmax(self.scale * _logs(proba) + self.bias, axis=1)

    def proba(self, proba: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities; parameter and result as in `log_proba`."""
        return np.exp(self.log_proba(proba))


def fit_calibrator(
    proba: np.ndarray, codes: np.ndarray, weights: np.ndarray, *, with_bias: bool
) -> Calibrator | None:
    """Fit a calibrator by maximum penalized likelihood.

    Parameters
    ----------
    proba : ndarray of shape (n, n_classes)
        Predicted probabilities of rows that the classifier was not trained on.
    codes : ndarray of int of shape (n,)
        The true classes, as columns of `proba`.
    weights : ndarray of shape (n,)
        Positive weights of the rows.
    with_bias : bool
        Whether to fit a bias for each class beside the common scale. A class with
        fewer than `MIN_CLASS_ROWS` rows has the bias 0.

    Returns
    -------
    Calibrator or None
        None if fewer than two classes have enough rows, or if a probability is not
        finite.

    References
    ----------
    .. [1] J. Platt, "Probabilistic Outputs for Support Vector Machines and Comparisons
       to Regularized Likelihood Methods", 1999.
    .. [2] C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_distill.soft_labels.calibration import fit_calibrator
    >>> certain = np.repeat([[0.99, 0.01], [0.01, 0.99]], 500, axis=0)
    >>> codes = np.repeat([0, 1, 1, 0], [400, 100, 400, 100])
    >>> calibrator = fit_calibrator(certain, codes, np.ones(1_000), with_bias=False)
    >>> calibrator.proba(certain[:1]).round(2)
    array([[0.8, 0.2]])
    """
    counts = np.bincount(codes, minlength=proba.shape[1])
    known = np.flatnonzero(counts >= MIN_CLASS_ROWS)
    if len(known) < 2 or not np.isfinite(proba).all():
        return None
    # Given that a row belongs to one of the known classes, its probabilities do not
    # depend on the other classes.
    used = np.isin(codes, known)
    logs = _logs(proba[used][:, known])
    targets = np.eye(proba.shape[1])[codes[used]][:, known]
    shares = weights[used] / weights[used].sum()
    n_biases = len(known) if with_bias else 0
    start = np.zeros(1 + n_biases)
    bounds = [LOG_SCALES] + [(None, None)] * n_biases
    found = minimize(
        _loss_and_gradient,
        start,
        args=(logs, targets, shares, PENALTY / used.sum()),
        jac=True,
        bounds=bounds,
        method="L-BFGS-B",
    ).x
    bias = np.zeros(proba.shape[1])
    if with_bias:
        bias[known] = found[1:]
    return Calibrator(float(np.exp(found[0])), bias)


def _loss_and_gradient(
    parameters: np.ndarray,
    logs: np.ndarray,
    targets: np.ndarray,
    shares: np.ndarray,
    penalty: float,
) -> tuple[float, np.ndarray]:
    """Return the penalized log loss and its gradient.

    Parameters
    ----------
    parameters : ndarray of shape (1,) or (1 + n_classes,)
        The logarithm of the scale, and the biases.
    logs, targets : ndarray of shape (n, n_classes)
        Log probabilities, and indicators of the true classes.
    shares : ndarray of shape (n,)
        Weights that sum to 1.
    penalty : float
    """
    scale, bias = np.exp(parameters[0]), parameters[1:]
    moved = scale * logs
    if len(bias):
        moved = moved + bias
    log_proba = log_softmax(moved, axis=1)
    errors = (np.exp(log_proba) - targets) * shares[:, None]
    loss = -(shares @ (targets * log_proba).sum(axis=1))
    gradient = np.append(scale * (errors * logs).sum(), errors.sum(axis=0))
    gradient = gradient[: len(parameters)] + 2 * penalty * parameters
    return loss + penalty * (parameters**2).sum(), gradient


def _logs(proba: np.ndarray) -> np.ndarray:
    """Return the logarithms of probabilities, compressed below that of `MIN_PROBA`."""
    tiny = np.finfo(np.float64).tiny
    logs = np.log(np.maximum(np.asarray(proba, dtype=np.float64), tiny))
    floor = np.log(MIN_PROBA)
    return np.maximum(logs, floor) + SLOPE * np.minimum(logs - floor, 0.0)

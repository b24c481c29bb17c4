"""Learn the scales of columns in a Gaussian kernel by gradient descent."""

# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

RIDGE = 0.3
ITERATIONS = 25
# Scales below this share of the largest one start from this share, because the
# gradient of a scale of 0 is 0.
MIN_START = 0.05
# The largest change of the logarithm of a scale.
MAX_CHANGE = 6.0


def learned_scales(
    Z: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    centers: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    r"""Return scales of columns that minimize the loss of a kernel ridge regression.

    The kernel is :math:`\exp(-\sum_k s_k^2 (z_k - c_k)^2)`, and the loss is the
    penalized training error of a regression on the kernel values at the centers and on
    the columns. The number of scales is small compared with that of rows, so that
    scales of irrelevant columns become small.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, d)
    y : float64 ndarray of shape (n, n_targets)
    weights : ndarray of shape (n,)
    centers : float32 ndarray of shape (m, d)
    start : ndarray of shape (d,)
        The initial scales.

    Returns
    -------
    ndarray of shape (d,)
    """
    first = np.log(np.maximum(start, MIN_START * start.max()))
    found = minimize(
        loss_and_gradient,
        first,
        args=(Z, y, weights / weights.sum(), centers),
        jac=True,
        method="L-BFGS-B",
        bounds=np.column_stack([first - MAX_CHANGE, first + MAX_CHANGE]),
        options={"maxiter": ITERATIONS, "maxfun": ITERATIONS + 10},
    )
    return np.exp(found.x)


def loss_and_gradient(
    log_scales: np.ndarray,
    Z: np.ndarray,
    y: np.ndarray,
    shares: np.ndarray,
    centers: np.ndarray,
) -> tuple[float, np.ndarray]:
    """Return the penalized training error and its derivative.

    The coefficients minimize the same loss, so that their derivatives are not needed.

    Parameters
    ----------
    log_scales : ndarray of shape (d,)
    Z, y, centers : ndarray
        As in `learned_scales`.
    shares : ndarray of shape (n,)
        Weights of the rows, whose sum is 1.
    """
    scales = np.exp(log_scales).astype(Z.dtype)
    K, K_centers = (_gaussian(A * scales, centers * scales) for A in (Z, centers))
    m, ridge = len(centers), RIDGE / len(Z)
    columns = np.column_stack([K, Z, np.ones(len(Z))]).astype(np.float64)
    penalty = np.zeros((columns.shape[1],) * 2)
    penalty[:m, :m] = K_centers
    penalty[np.diag_indices(len(penalty) - 1)] += 1e-3
    penalty[m:-1, m:-1] *= 1e3
    penalty *= ridge
    weighted = columns.T * shares
    regular = weighted @ columns + penalty
    regular[np.diag_indices_from(regular)] += 1e-9
    try:
        coef = cho_solve(cho_factor(regular), weighted @ y)
    except LinAlgError:
        return np.inf, np.zeros_like(log_scales)
    errors = columns @ coef - y
    loss = shares @ (errors**2).sum(axis=1) + np.sum(coef * (penalty @ coef))
    slopes = ((shares[:, None] * errors) @ (2.0 * coef[:m].T)) * K
    slopes_centers = (ridge * coef[:m] @ coef[:m].T) * K_centers
    gradient = _derivative(slopes, Z, centers)
    gradient += _derivative(slopes_centers, centers, centers)
    return float(loss), -2.0 * np.exp(2.0 * log_scales) * gradient


def _gaussian(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Return the kernel exp(-squared distance)."""
    squared = (A * A).sum(axis=1)[:, None] + (B * B).sum(axis=1) - 2.0 * A @ B.T
    return np.exp(-np.maximum(squared, 0.0))


def _derivative(slopes: np.ndarray, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Return the sums over pairs of rows of slopes times squared differences."""
    of_A = slopes.sum(axis=1) @ (A * A)
    of_B = slopes.sum(axis=0) @ (B * B)
    return of_A + of_B - 2.0 * ((slopes @ B) * A).sum(axis=0)

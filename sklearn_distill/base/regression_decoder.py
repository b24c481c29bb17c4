"""Fit the decoder of a distilled set with continuous targets to the training rows."""

# SPDX-License-Identifier: BSD-3-Clause

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from sklearn.ensemble import ExtraTreesRegressor

from ..distilled_set.growth import Decoder
from .kernel_features import (
    MAX_CHOICE_ROWS,
    MAX_ROWS,
    center_positions,
    kernel_values,
    nystrom_basis,
)
from .learned_scales import learned_scales
from .prototypes import median_distance

# Bandwidths as multiples of the median squared distance, ridges, and multiples of the
# best bandwidth that are compared at the end.
BANDWIDTHS = (0.3, 1.0, 3.0, 10.0)
RIDGES = (0.003, 0.03, 0.3, 3.0, 30.0)
FINAL_MULTIPLES = (0.5, 1.0, 2.0)
# The numbers of centers and of training rows with which bandwidths and the scales of
# columns are compared at first, and the number of rows from which scales are learned.
START_CENTERS = 100
START_ROWS = 3_000
SCALE_ROWS = 2_000


@dataclass(frozen=True)
class Rows:
    """Training rows, the first of which are held out for choices.

    Attributes
    ----------
    Z : float32 ndarray of shape (n, n_encoded)
    y : float64 ndarray of shape (n, n_targets)
    weights : float64 ndarray of shape (n,)
    n_held_out : int
    """

    Z: np.ndarray
    y: np.ndarray
    weights: np.ndarray
    n_held_out: int

    def first(self, n: int) -> "Rows":
        """Return the first n rows, a third of which are held out."""
        Z, y, weights = self.Z[:n], self.y[:n], self.weights[:n]
        return Rows(Z, y, weights, len(Z) // 3)

    @property
    def training(self) -> slice:
        """The rows that are not held out."""
        return slice(self.n_held_out, None)


@dataclass(frozen=True)
class Trial:
    """The error of a decoder, with the best ridge, on rows that are held out."""

    error: float
    errors: np.ndarray
    ridge: float
    decoder: Decoder
    at: np.ndarray


def fit_regression_decoder(
    Z: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    centers: np.ndarray,
    target: np.ndarray,
    *,
    drawn: np.ndarray | None = None,
    rng: np.random.RandomState,
) -> Decoder:
    """Return a ridge regression on a Gaussian kernel at centers and on all columns.

    These are chosen by the error on a third of the rows: the bandwidth; the ridge;
    whether the scales of the encoded columns in distances are equal, the root of their
    importance in a small forest, or learned by gradient descent; and whether drawn
    points are centers too.

    Parameters
    ----------
    Z : float32 ndarray of shape (n, n_encoded)
    y : ndarray of shape (n,) or (n, n_targets)
        Standardized targets.
    weights : ndarray of shape (n,)
    centers : float32 ndarray of shape (m, n_encoded)
    target : float64 ndarray of shape (4, n_targets)
        Mean, scale, minimum and maximum of the targets in the units of the user.
    drawn : float32 ndarray of shape (n_drawn, n_encoded) or None
        Further centers, which the sampler draws in the same way whenever they are
        needed, so that they are not stored.
    rng : RandomState
    """
    used = rng.permutation(len(Z))[:MAX_ROWS]
    y = y[used].reshape(len(used), -1).astype(np.float64)
    rows = Rows(Z[used], y, weights[used], 0)
    choice, few = rows.first(MAX_CHOICE_ROWS), rows.first(START_ROWS)
    positions = center_positions(centers, np.zeros(len(centers), dtype=np.int64))
    at = centers if positions is None else centers[positions]
    start = _best_start(few, _thinned(at), choice, rng)
    scaled = [start, *_with_learned_scales(start, few, _thinned(at))]
    wide = at if drawn is None or not len(drawn) else np.concatenate([at, drawn])
    best = min(
        (
            _trial(_decoder(factors, width * multiple), wide, choice)
            for factors, width in scaled
            for multiple in FINAL_MULTIPLES
        ),
        key=_error,
    )
    if wide is not at:
        best = min(_trial(best.decoder, at, choice), best, key=_error)
    n_drawn = None if best.at is at else np.array([len(best.at) - len(at)])
    plain = replace(best.decoder, centers=positions, drawn=n_drawn)
    return _fitted(plain, best, rows, target)


def _fitted(plain: Decoder, best: Trial, rows: Rows, target: np.ndarray) -> Decoder:
    """Return a decoder with the coefficients of a regression on all rows."""
    basis = nystrom_basis(plain.kernel(best.at, best.at))
    columns = _columns(plain, rows.Z, best.at, basis)
    fitted = _ridge(columns, rows.y, rows.weights, best.ridge)
    n_kernel = basis.shape[1]
    return replace(
        plain,
        coef=(basis @ fitted[:n_kernel]).astype(np.float32),
        intercept=fitted[-1].astype(np.float32),
        linear=fitted[n_kernel:-1].astype(np.float32),
        target=target,
        residual=np.sqrt(best.errors).astype(np.float32),
    )


def _best_start(
    few: Rows, at: np.ndarray, choice: Rows, rng: np.random.RandomState
) -> tuple[np.ndarray | None, float]:
    """Return the scales of the columns, equal or by relevance, and the bandwidth."""
    trials = []
    training = choice.training
    relevance = _relevance(
        choice.Z[training], choice.y[training], choice.weights[training], rng
    )
    for factors in (None, relevance):
        scaled = few.Z if factors is None else few.Z * factors
        median = median_distance(scaled, rng)
        trials += [
            _trial(_decoder(factors, multiple * median), at, few)
            for multiple in BANDWIDTHS
        ]
    best = min(trials, key=_error).decoder
    return best.relevance, float(best.widths[0])


def _with_learned_scales(
    start: tuple[np.ndarray | None, float], few: Rows, at: np.ndarray
) -> list[tuple[np.ndarray, float]]:
    """Return learned scales of mean square 1 and a bandwidth, or an empty list."""
    factors, width = start
    first = np.ones(few.Z.shape[1]) if factors is None else factors
    rows = slice(few.n_held_out, few.n_held_out + SCALE_ROWS)
    scales = learned_scales(
        few.Z[rows], few.y[rows], few.weights[rows], at, first / np.sqrt(width)
    )
    size = np.mean(scales**2)
    if not np.isfinite(size) or size <= 0:
        return []
    return [((scales / np.sqrt(size)).astype(np.float32), float(1.0 / size))]


def _decoder(factors: np.ndarray | None, width: float) -> Decoder:
    """Return a decoder without coefficients."""
    return Decoder(np.array([width]), relevance=factors)


def _error(trial: Trial) -> float:
    return trial.error


def _thinned(at: np.ndarray) -> np.ndarray:
    """Return at most `START_CENTERS` centers at even intervals."""
    if len(at) <= START_CENTERS:
        return at
    return at[np.linspace(0, len(at) - 1, START_CENTERS).astype(np.int64)]


def _trial(decoder: Decoder, at: np.ndarray, rows: Rows) -> Trial:
    """Return the error of a decoder on the held-out rows, with the best ridge."""
    basis = nystrom_basis(decoder.kernel(at, at))
    columns = _columns(decoder, rows.Z, at, basis)
    training = rows.training
    held_out = slice(0, rows.n_held_out or None)
    gram = _gram(columns[training], rows.y[training], rows.weights[training])
    found: list[Any] = []
    for ridge in RIDGES:
        missed = columns[held_out] @ _solved(*gram, ridge) - rows.y[held_out]
        errors = np.average(missed**2, axis=0, weights=rows.weights[held_out])
        found.append((errors.mean(), len(found), errors, ridge))
    error, _, errors, ridge = min(found, key=lambda one: one[:2])
    return Trial(float(error), errors, ridge, decoder, at)


def _columns(
    decoder: Decoder, Z: np.ndarray, at: np.ndarray, basis: np.ndarray
) -> np.ndarray:
    """Return the columns of the ridge regression: kernel, rows and a constant."""
    kernel = kernel_values(decoder, Z, at) @ basis
    return np.column_stack([kernel, Z, np.ones(len(Z))]).astype(np.float64)


def _ridge(
    columns: np.ndarray, y: np.ndarray, weights: np.ndarray, ridge: float
) -> np.ndarray:
    """Return the coefficients of a weighted ridge regression; the last is free."""
    return _solved(*_gram(columns, y, weights), ridge)


def _gram(
    columns: np.ndarray, y: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the matrix and the right side of a regression, and the total weight."""
    weighted = columns * weights[:, None]
    return weighted.T @ columns, weighted.T @ y, float(weights.sum())


def _solved(
    gram: np.ndarray, right: np.ndarray, total: float, ridge: float
) -> np.ndarray:
    """Return the coefficients for a ridge, which leaves out the constant."""
    regular = gram.copy()
    penalty = np.full(len(gram), ridge)
    penalty[-1] = 1e-9 * total
    regular[np.diag_indices_from(regular)] += penalty
    return cho_solve(cho_factor(regular, overwrite_a=True), right)


def _relevance(
    Z: np.ndarray, y: np.ndarray, weights: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Return the root of the importance of each encoded column in a small forest."""
    forest = ExtraTreesRegressor(
        30,
        min_samples_leaf=5,
        max_features=0.5,
        random_state=rng.randint(np.iinfo(np.int32).max),
    ).fit(Z, y[:, 0] if y.shape[1] == 1 else y, sample_weight=weights)
    importance = forest.feature_importances_
    if importance.sum() <= 0:
        return np.ones(Z.shape[1], dtype=np.float32)
    return np.sqrt(importance / importance.mean()).astype(np.float32)

"""Fit the sampler and the decoder of a distilled set to the training rows."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.metrics import pairwise_distances_argmin_min

from ..distilled_set.distilled_set import DistilledSet
from ..distilled_set.growth import CompactEncoder, Growth, Sampler, drawn_centers
from ..encoding import TableEncoder
from .decoder_fitting import fit_classification_decoder
from .distinct_rows import distinct_rows
from .problem import Kept, Learned, Problem
from .regression_decoder import fit_regression_decoder
from .training_data import TrainingData

# The decoder of a regression has up to this number of centers, of which those that are
# not distilled rows are drawn.
N_CENTERS = 300
# The sampler of a regression has at most this many factors. An eigenvalue of the
# correlations of the columns around the distilled rows makes a factor if it is larger
# than this value; it is 1 for independent columns.
MAX_FACTORS = 5
FACTOR_ITERATIONS = 10
MIN_EIGENVALUE = 1.3
# The shares of categories around a distilled row are those of at least this many rows.
MIN_CELL = 10


def check_can_grow(problem: Problem, method: str) -> None:
    """Raise ValueError if a sampler and a decoder cannot be fitted to the data."""
    if problem.task == "unsupervised":
        raise ValueError(
            f"{method}(densify=...) requires labels, but y is None. Pass y, or set "
            "densify=None."
        )
    if not isinstance(problem.encoder, TableEncoder):
        raise ValueError(
            f"{method}(densify=...) supports tables only, but X holds images: images "
            "that are drawn pixel by pixel around the distilled images do not resemble "
            "real images. Set densify=None."
        )


def growth_of(
    distiller: Any,
    result: Kept | Learned,
    distilled: DistilledSet,
    problem: Problem,
    data: TrainingData,
) -> Growth | None:
    """Return the sampler and the decoder of a set, or None if the set cannot grow."""
    if distiller.densify is None or len(distilled) >= len(data.X):
        return None
    by_mass = distiller.grows_by_mass
    return fit_growth(result, distilled, problem, data, by_mass=by_mass)


def fit_growth(
    result: Kept | Learned,
    distilled: DistilledSet,
    problem: Problem,
    data: TrainingData,
    *,
    by_mass: bool,
) -> Growth:
    """Return the sampler and the decoder of a distilled set.

    Parameters
    ----------
    result : Kept or Learned
    distilled : DistilledSet
        The set that was made of the result; its rows are arrays or DataFrames.
    problem : Problem
    data : TrainingData
    by_mass : bool
        Whether a distilled row is the origin of grown rows in proportion to the number
        of real rows that are nearest to it.
    """
    encoder = CompactEncoder.from_encoder(problem.encoder)
    # A generator of its own: the rows must not depend on whether the set can grow.
    rng = np.random.RandomState(problem.teacher_seed)
    Z = encoder.encode(data.X)
    first, weights, which = distinct_rows(Z, problem.y, problem.sample_weight)
    Z, y = Z[first], problem.y[first]
    centers = encoder.encode(distilled.X)
    is_regression = problem.task == "regression"
    codes, codes_of_rows = np.zeros(len(Z), int), np.zeros(len(centers), int)
    if not is_regression:
        codes = y
        classes: Any = distilled.classes
        codes_of_rows = np.searchsorted(classes, np.asarray(distilled.y))
    sampler = _fit_sampler(
        encoder, Z, codes, weights, centers, codes_of_rows, by_mass, joint=is_regression
    )
    n_drawn = max(min(N_CENTERS, len(Z) // 2) - len(centers), 0)
    drawn = drawn_centers(encoder, sampler, centers, n_drawn if is_regression else 0)
    if sampler.shares is not None:
        centers[:, encoder.is_share_] = sampler.shares
    if is_regression:
        decoder = fit_regression_decoder(
            Z, y, weights, centers, _target(problem), drawn=drawn, rng=rng
        )
    else:
        others = None
        if isinstance(result, Kept):
            others = np.setdiff1d(np.arange(len(Z)), which[result.indices])
        decoder = fit_classification_decoder(
            Z,
            codes,
            weights,
            centers,
            codes_of_rows,
            n_classes=len(problem.n_rows),
            others=others,
            rng=rng,
        )
    return Growth(encoder, sampler, decoder)


def _target(problem: Problem) -> np.ndarray:
    """Return mean, scale, minimum and maximum of each target."""
    numbers: Any = problem.labels.numbers
    columns = [(one.mean_, one.scale_, one.min_, one.max_) for one in numbers]
    return np.array(columns, dtype=np.float64).T


def _fit_sampler(
    encoder: CompactEncoder,
    Z: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    centers: np.ndarray,
    codes_of_rows: np.ndarray,
    by_mass: bool,
    joint: bool,
) -> Sampler:
    """Return how real rows spread around the nearest distilled row of their class.

    If `joint`, columns of numbers that are correlated vary together. This improves sets
    of continuous targets. On five tables of classes, 10 and 50 rows per class, the mean
    gain in balanced accuracy was 0.04 points, between -1.3 and 0.9.
    """
    is_share = encoder.is_share_
    cells = np.zeros(len(Z), dtype=np.int64)
    shares = np.zeros((len(centers), int(is_share.sum())))
    for code in np.unique(codes_of_rows):
        rows = np.flatnonzero(codes == code)
        own = np.flatnonzero(codes_of_rows == code)
        nearest, _ = pairwise_distances_argmin_min(Z[rows], centers[own])
        cells[rows] = own[nearest]
        if is_share.any():
            shares[own] = _shares_around(
                Z[rows][:, is_share], weights[rows], nearest, Z[rows], centers[own]
            )
    mass = np.bincount(cells, weights=weights, minlength=len(centers))
    deviation = Z[:, ~is_share] - centers[cells][:, ~is_share]
    present = _observed(encoder, Z)[:, ~is_share] * weights[:, None]
    squared = (present * deviation.astype(np.float64) ** 2).sum(axis=0)
    spread = np.sqrt(squared / np.maximum(present.sum(axis=0), 1e-12))
    factors = None
    if joint:
        with_zeros = np.where(present > 0, deviation, 0.0)
        factors = common_factors(with_zeros, weights, spread)
    return Sampler(
        spread.astype(np.float32),
        shares.astype(np.float32) if is_share.any() else None,
        mass.astype(np.float32) if by_mass else None,
        factors,
    )


def common_factors(
    deviation: np.ndarray, weights: np.ndarray, spread: np.ndarray
) -> np.ndarray | None:
    """Return factors from which the correlations of columns follow, or None.

    Parameters
    ----------
    deviation : ndarray of shape (n, d)
        The deviations of rows from their distilled rows.
    weights : ndarray of shape (n,)
    spread : ndarray of shape (d,)
        The standard deviations of the columns.

    Returns
    -------
    float32 ndarray of shape (n_factors, d), or None
        The result of principal axis factoring of the correlations.
    """
    scaled = deviation / np.where(spread > 0, spread, 1.0)
    correlations = (scaled.T * weights) @ scaled / weights.sum()
    values, vectors = np.linalg.eigh(correlations)
    n_factors = min(MAX_FACTORS, int((values > MIN_EIGENVALUE).sum()))
    if not n_factors:
        return None
    for _ in range(FACTOR_ITERATIONS):
        # The columns' own noise is on the diagonal only.
        factors = vectors[:, -n_factors:] * np.sqrt(np.maximum(values[-n_factors:], 0))
        common = (factors**2).sum(axis=1)
        factors /= np.sqrt(np.maximum(common, 1.0))[:, None]
        np.fill_diagonal(correlations, np.minimum(common, 1.0))
        values, vectors = np.linalg.eigh(correlations)
    return factors.T.astype(np.float32)


def _shares_around(
    indicators: np.ndarray,
    weights: np.ndarray,
    nearest: np.ndarray,
    Z: np.ndarray,
    centers: np.ndarray,
) -> np.ndarray:
    """Return the mean indicators of the real rows around each distilled row."""
    out = np.empty((len(centers), indicators.shape[1]))
    for i, center in enumerate(centers):
        members = np.flatnonzero(nearest == i)
        if len(members) < min(MIN_CELL, len(Z)):
            squared = ((Z - center) ** 2).sum(axis=1)
            members = np.argpartition(squared, min(MIN_CELL, len(Z)) - 1)[:MIN_CELL]
        out[i] = np.average(indicators[members], axis=0, weights=weights[members])
    return out


def _observed(encoder: CompactEncoder, Z: np.ndarray) -> np.ndarray:
    """Return which values of encoded rows are not missing, as float64."""
    observed = np.ones(Z.shape)
    for block in encoder.slices_:
        inside = encoder.is_share_[block]
        if inside.any() and not inside.all():
            observed[:, block.start : block.stop - 1] -= Z[:, block.stop - 1, None]
    return observed

"""Synthetic rows for the teacher to label, in addition to the labeled rows.

On tables, the gain of knowledge distillation comes from such rows, not from soft labels
of the labeled rows. The rows are made in the encoded space, where all columns have a
similar scale, and decoded to rows with valid values in every column.
"""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import NearestNeighbors

from ..encoding import make_encoder
from ..encoding.categories import CategoryColumn

# MUNGE: the probability that a value is replaced by that of the nearest neighbor, and
# the divisor of the standard deviation of new numbers. The paper tunes both.
SWAP_PROBABILITY = 0.5
LOCAL_VARIANCE = 1.0
# "noise": the standard deviation of the noise, relative to that of the column, and the
# probability that a category is replaced.
NOISE = 0.3
# "mixup": the two parameters of the beta distribution, which are equal.
MIXUP = 0.5
# "gaussian_mixture": the number of rows of a class for each component, and the maximum
# number of components.
ROWS_PER_COMPONENT = 30
MAX_COMPONENTS = 5
REGULARIZATION = 1e-2


def make_rows(
    transfer: Any, X: Any, y: np.ndarray, labels: Any, n_new: int, seed: int
) -> Any:
    """Return the rows that `transfer` makes from labeled rows, in the container of X.

    Parameters
    ----------
    transfer : str, distiller or callable
        One of `MAKERS`, a distiller or a callable
        ``transfer(X, y, n_rows, random_state)``.
    X : array or DataFrame of n rows
    y : ndarray of shape (n,)
        Class codes, or continuous targets.
    labels : array of shape (n,)
        The labels that the codes stand for, or continuous targets.
    n_new : int
        The number of rows. A distiller makes as many rows as its budget allows.
    seed : int
    """
    random_state = np.random.RandomState(seed)
    if hasattr(transfer, "fit_distill"):
        distiller = clone(transfer)
        params = distiller.get_params()
        if params.get("random_state", seed) is None:
            distiller.set_params(random_state=seed)
        if params.get("task") == "auto":
            # Targets of a regressor that are all integers would be taken for classes.
            is_regression = y.dtype.kind == "f"
            distiller.set_params(
                task="regression" if is_regression else "classification"
            )
        return distiller.fit_distill(X, labels).X
    if callable(transfer):
        return transfer(X, labels, n_new, random_state)
    encoder = make_encoder(X).fit(X, np.ones(len(X)))
    Z = encoder.encode(X)
    made = MAKERS[transfer](Z, y, n_new, random_state, _blocks(encoder, Z))
    return encoder.decode(made.astype(np.float32).reshape(-1, *Z.shape[1:]))


def munge(
    Z: np.ndarray,
    y: np.ndarray,
    n_new: int,
    random_state: np.random.RandomState,
    blocks: list[tuple[slice, bool]],
) -> np.ndarray:
    """Replace values by those of the nearest neighbor; numbers are drawn around these.

    References
    ----------
    C. Bucila, R. Caruana, A. Niculescu-Mizil, "Model compression", KDD 2006.
    """
    flat = Z.reshape(len(Z), -1)
    _, neighbors = NearestNeighbors(n_neighbors=2).fit(flat).kneighbors(flat)
    # The first neighbor of a row is the row itself, unless the row has copies.
    own = np.arange(len(flat))
    nearest = np.where(neighbors[:, 0] == own, neighbors[:, 1], neighbors[:, 0])
    rows = _cycled(len(flat), n_new, random_state)
    made, other = flat[rows].copy(), flat[nearest[rows]]
    for place, is_category in blocks:
        swapped = random_state.random_sample(n_new) < SWAP_PROBABILITY
        if is_category:
            made[swapped, place] = other[swapped, place]
        else:
            gap = np.abs(made[:, place] - other[:, place]) / LOCAL_VARIANCE
            drawn = other[:, place] + gap * random_state.standard_normal(gap.shape)
            made[swapped, place] = drawn[swapped]
    return made


def noise(
    Z: np.ndarray,
    y: np.ndarray,
    n_new: int,
    random_state: np.random.RandomState,
    blocks: list[tuple[slice, bool]],
) -> np.ndarray:
    """Add Gaussian noise to numbers, and draw some categories from other rows."""
    flat = Z.reshape(len(Z), -1)
    made = flat[_cycled(len(flat), n_new, random_state)].copy()
    for place, is_category in blocks:
        if is_category:
            drawn = np.flatnonzero(random_state.random_sample(n_new) < NOISE)
            donors = random_state.randint(len(flat), size=len(drawn))
            made[drawn, place] = flat[donors, place]
        else:
            shape = made[:, place].shape
            made[:, place] += NOISE * random_state.standard_normal(shape)
    return made


def mixup(
    Z: np.ndarray,
    y: np.ndarray,
    n_new: int,
    random_state: np.random.RandomState,
    blocks: list[tuple[slice, bool]],
) -> np.ndarray:
    """Return points between two rows; a category is that of one of the two rows.

    The paper also mixes the labels. Here the teacher labels the new rows.

    References
    ----------
    H. Zhang et al., "mixup: beyond empirical risk minimization", ICLR 2018.
    """
    flat = Z.reshape(len(Z), -1)
    first = flat[_cycled(len(flat), n_new, random_state)]
    second = flat[random_state.randint(len(flat), size=n_new)]
    share = random_state.beta(MIXUP, MIXUP, size=(n_new, 1))
    made = (1 - share) * first + share * second
    for place, is_category in blocks:
        if is_category:
            other = random_state.random_sample(n_new) < share[:, 0]
            made[:, place] = np.where(other[:, None], second[:, place], first[:, place])
    return made


def gaussian_mixture(
    Z: np.ndarray,
    y: np.ndarray,
    n_new: int,
    random_state: np.random.RandomState,
    blocks: list[tuple[slice, bool]],
) -> np.ndarray:
    """Draw from a Gaussian mixture for each class, or from a single one for regression.

    The category with the largest relaxed one-hot column is chosen.
    """
    flat = Z.reshape(len(Z), -1).astype(np.float64)
    groups = np.zeros(len(y), dtype=np.int64) if y.dtype.kind == "f" else y
    codes, counts = np.unique(groups, return_counts=True)
    shares = random_state.multinomial(n_new, counts / counts.sum())
    made = []
    for code, n_rows, n_drawn in zip(codes, counts, shares, strict=True):
        if not n_drawn:
            continue
        members = flat[groups == code]
        if n_rows == 1:
            made.append(np.repeat(members, n_drawn, axis=0))
            continue
        mixture = GaussianMixture(
            int(np.clip(n_rows // ROWS_PER_COMPONENT, 1, MAX_COMPONENTS)),
            # A full covariance cannot be estimated from few rows.
            covariance_type="full" if n_rows > 2 * flat.shape[1] else "diag",
            reg_covar=REGULARIZATION,
            random_state=random_state,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            made.append(mixture.fit(members).sample(n_drawn)[0])
    rows = np.concatenate(made)
    return random_state.permutation(rows)


Maker = Callable[..., np.ndarray]
MAKERS: dict[str, Maker] = {
    "munge": munge,
    "noise": noise,
    "mixup": mixup,
    "gaussian_mixture": gaussian_mixture,
}


def _blocks(encoder: Any, Z: np.ndarray) -> list[tuple[slice, bool]]:
    """Return the slice of each column in the encoded rows, and if it is categorical."""
    if Z.ndim > 2:
        # Each pixel of an image is a column of its own.
        return [(slice(j, j + 1), False) for j in range(int(np.prod(Z.shape[1:])))]
    return [
        (place, isinstance(column, CategoryColumn))
        for place, column in zip(encoder.slices_, encoder.columns_, strict=True)
    ]


def _cycled(n: int, n_new: int, random_state: np.random.RandomState) -> np.ndarray:
    """Return `n_new` indices below n, each occurring about equally often."""
    rounds = [random_state.permutation(n) for _ in range(-(-n_new // n))]
    return np.concatenate(rounds)[:n_new]


def check_transfer(transfer: Any) -> None:
    """Raise ValueError for a string that is not the name of a method."""
    if isinstance(transfer, str) and transfer not in MAKERS:
        raise ValueError(
            f"transfer must be one of {', '.join(MAKERS)}, a distiller or a callable "
            f"transfer(X, y, n_rows, random_state); got {transfer!r}."
        )

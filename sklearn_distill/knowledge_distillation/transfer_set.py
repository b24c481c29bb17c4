"""Rows beside the labelled ones, for the teacher to label.

On tables the gain of distillation comes from these rows, not from soft labels on the
rows that were there. The ones made here are made in the encoded space, where columns
count alike, and decoded to rows that the data could hold.
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
from ..encoding.columns import CategoryColumn

# MUNGE: how often a value is exchanged with the neighbour's, and how narrowly numbers
# are drawn around it; the paper tunes both.
SWAP_PROBABILITY = 0.5
LOCAL_VARIANCE = 1.0
# "noise": the deviation added to numbers, in deviations of the column, and how often a
# category is drawn anew.
NOISE = 0.3
# "mixup": both parameters of the beta distribution.
MIXUP = 0.5
# "gaussian_mixture": a component for so many rows of a class, and at most so many.
ROWS_A_COMPONENT = 30
MAX_COMPONENTS = 5
REGULARISATION = 1e-2


def added_rows(
    transfer: Any, X: Any, y: np.ndarray, labels: Any, n_new: int, seed: int
) -> Any:
    """Return rows that `transfer` makes of labelled ones, in X's container.

    Parameters
    ----------
    transfer : str, distiller or callable
        One of `MAKERS`; or a distiller, whose rows are taken; or a callable
        ``transfer(X, y, n_rows, random_state)``.
    X : array or DataFrame of n rows
    y : ndarray of shape (n,)
        Class codes, or numbers: a mixture is made for each class.
    labels : array of shape (n,)
        y in the user's terms.
    n_new : int
        How many rows; a distiller has a budget of its own.
    seed : int
    """
    random_state = np.random.RandomState(seed)
    if hasattr(transfer, "fit_distill"):
        distiller = clone(transfer)
        given = distiller.get_params()
        if given.get("random_state", seed) is None:
            distiller.set_params(random_state=seed)
        if given.get("task") == "auto":
            # Whole numbers are quantities to a regressor, whatever they look like.
            is_quantity = y.dtype.kind == "f"
            distiller.set_params(task="regression" if is_quantity else "classification")
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
    """Exchange values between nearest neighbours; numbers are drawn around them.

    References
    ----------
    C. Bucila, R. Caruana, A. Niculescu-Mizil, "Model compression", KDD 2006.
    """
    flat = Z.reshape(len(Z), -1)
    _, neighbours = NearestNeighbors(n_neighbors=2).fit(flat).kneighbors(flat)
    # A row's nearest is itself, unless there are copies of it.
    own = np.arange(len(flat))
    nearest = np.where(neighbours[:, 0] == own, neighbours[:, 1], neighbours[:, 0])
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
    """Add Gaussian noise to numbers, and now and then take another row's category."""
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
    """Return points between two rows; categories are those of one or the other.

    The paper mixes the labels too; here the teacher says what the new row is.

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
    """Draw from a mixture of Gaussians for each class, or for all rows of quantities.

    A category is the one whose relaxed column came out largest.
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
            int(np.clip(n_rows // ROWS_A_COMPONENT, 1, MAX_COMPONENTS)),
            # Few rows do not tell how columns go together.
            covariance_type="full" if n_rows > 2 * flat.shape[1] else "diag",
            reg_covar=REGULARISATION,
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
    """Return each column's place in the encoded rows, and if it holds categories."""
    if Z.ndim > 2:
        # Pixels are exchanged one by one.
        return [(slice(j, j + 1), False) for j in range(int(np.prod(Z.shape[1:])))]
    return [
        (place, isinstance(column, CategoryColumn))
        for place, column in zip(encoder.slices_, encoder.columns_, strict=True)
    ]


def _cycled(n: int, n_new: int, random_state: np.random.RandomState) -> np.ndarray:
    """Return indices below n, each as often as any other, give or take one."""
    rounds = [random_state.permutation(n) for _ in range(-(-n_new // n))]
    return np.concatenate(rounds)[:n_new]


def check_transfer(transfer: Any) -> None:
    """Raise ValueError for a `transfer` that makes no rows."""
    if isinstance(transfer, str) and transfer not in MAKERS:
        raise ValueError(
            f"transfer={transfer!r} is not known. There are {', '.join(MAKERS)}, "
            "distillers, and callables transfer(X, y, n_rows, random_state)."
        )

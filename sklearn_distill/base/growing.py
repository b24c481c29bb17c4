"""The set that models are trained on: distilled rows, or rows grown from them."""

# SPDX-License-Identifier: BSD-3-Clause

import copy
from numbers import Integral
from typing import Any

import numpy as np

from ..distilled_set.distilled_set import DistilledSet

# The number of rows to which a set is grown with densify="auto".
GROWN_ROWS = 5_000
# With densify="auto", models are compared on this share of the training rows, at most
# `MAX_HELD_BACK` of them. They are not compared on fewer than `MIN_HELD_BACK` rows.
HELD_BACK = 0.2
MAX_HELD_BACK = 2_000
MIN_HELD_BACK = 20


def densify_of(distiller: Any) -> Any:
    """Return the parameter `densify` of a distiller.

    A distiller of parts, whose own parameter is None, has that of the distiller in it.
    """
    densify = getattr(distiller, "densify", None)
    inner = getattr(distiller, "distiller", None)
    return densify_of(inner) if densify is None and inner is not None else densify


def set_densify(distiller: Any, densify: Any) -> Any:
    """Set the parameter `densify` of a distiller unless the value is None.

    Raises
    ------
    ValueError
        If the distiller does not have the parameter.
    """
    if densify is None:
        return distiller
    if "densify" not in distiller.get_params(deep=False):
        raise ValueError(
            f"densify={densify!r} requires a distiller with the parameter densify, "
            f"which {type(distiller).__name__} does not have. Use, for example, "
            "KMeansSelection or KernelInducingPoints, or set densify=None."
        )
    return distiller.set_params(densify=densify)


def training_set(distiller: Any, *, soft_labels: bool = False) -> DistilledSet:
    """Return the set on which models are trained: distilled rows, or grown rows.

    Parameters
    ----------
    distiller : BaseDistiller
        Fitted. If its parameter `densify` is an int larger than the number of distilled
        rows, the set is grown to this number of rows.
    soft_labels : bool, default=False
        Whether grown rows of classes have soft labels.
    """
    distilled, n = distiller.distilled_, densify_of(distiller)
    if distilled.growth is None or not isinstance(n, Integral) or n <= len(distilled):
        return distilled
    return distilled.densify(
        int(n),
        soft_labels=soft_labels and distilled.classes is not None,
        random_state=seed_of(distiller),
    )


def with_labels_for(estimator: Any, train: DistilledSet) -> DistilledSet:
    """Return a training set with the labels that suit an estimator.

    The probabilities of the decoder make the probabilities of an estimator better, but
    multiply its training rows. An estimator that does not predict probabilities is
    therefore trained on the hard labels of grown rows. Rows that were not grown keep
    their labels.
    """
    is_grown = "n_rows_grown_from" in train.info
    if not is_grown or train.soft_labels is None or hasattr(estimator, "predict_proba"):
        return train
    hard = copy.copy(train)
    hard.soft_labels = None
    return hard


def seed_of(distiller: Any) -> int:
    """Return the seed with which the set of a distiller is grown."""
    seed = distiller.random_state
    return int(seed) if isinstance(seed, Integral) else 0


def grown_set(distiller: Any) -> DistilledSet | None:
    """Return the set of a fitted distiller, grown to `GROWN_ROWS` rows.

    Rows of classes have soft labels. None if the set cannot grow, or has as many rows
    already.
    """
    distilled = distiller.distilled_
    if distilled.growth is None or len(distilled) >= GROWN_ROWS:
        return None
    return distilled.densify(
        GROWN_ROWS,
        soft_labels=distilled.classes is not None,
        random_state=seed_of(distiller),
    )


def held_back_rows(
    codes: np.ndarray | None, weights: np.ndarray, seed: int
) -> np.ndarray:
    """Return positions of rows for the comparison of distilled and grown rows.

    Parameters
    ----------
    codes : ndarray of int of shape (n,) or None
        The class codes, by which the rows are stratified; None for regression.
    weights : ndarray of shape (n,)
        Rows of weight 0 are not held back.
    seed : int

    Returns
    -------
    ndarray of int
        Sorted. Empty if there are too few rows.
    """
    rng = np.random.RandomState(seed)
    present = np.flatnonzero(weights > 0)
    share = min(HELD_BACK, MAX_HELD_BACK / max(len(present), 1))
    groups = [present]
    if codes is not None:
        groups = [present[codes[present] == code] for code in np.unique(codes)]
    parts = [rng.permutation(group)[: int(share * len(group))] for group in groups]
    held_back = np.sort(np.concatenate(parts))
    return held_back if len(held_back) >= MIN_HELD_BACK else held_back[:0]

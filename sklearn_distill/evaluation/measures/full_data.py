"""The full data as a class-weighted set, the reference for distilled sets."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_sample_weight

from ..._utils.containers import take_rows
from ...distilled_set.distilled_set import DistilledSet

# Name of the full data among the methods of a comparison and the sets of a report.
FULL_DATA = "full data"


def weighted_full_data(
    X: Any, y: Any, *, classes: Any, max_rows: int | None = None, random_state: int = 0
) -> DistilledSet:
    """Return real rows as a set, the reference that distilled sets are compared with.

    Parameters
    ----------
    X, y : array-like of n rows
    classes : ndarray or None
        None for a continuous target. Sample weights give all classes the same total
        weight, so that the full data and a balanced distilled set are compared at equal
        class shares.
    max_rows : int, default=None
        Maximum number of rows. If n is larger, a random subset keeps the shares of the
        classes and at least one row of each class, so it exceeds `max_rows` if there
        are more classes than that.
    random_state : int, default=0
        Seed of the random subset.

    Returns
    -------
    DistilledSet
    """
    y = np.asarray(y)
    class_mass = None
    if classes is not None:
        class_mass = [np.sum(y == label) for label in classes]
    if max_rows is not None and len(y) > max_rows:
        order = np.random.RandomState(random_state).permutation(len(y))
        chosen = order[:max_rows]
        if classes is not None:
            chosen = order[_stratified_positions(y[order], max_rows)]
        X, y = take_rows(X if hasattr(X, "iloc") else np.asarray(X), chosen), y[chosen]
    weights = None if classes is None else compute_sample_weight("balanced", y)
    return DistilledSet(
        X, y, sample_weight=weights, classes=classes, class_mass=class_mass
    )


def _stratified_positions(y: np.ndarray, n: int) -> np.ndarray:
    """Return the positions of n labels that keep the shares of the classes.

    The first labels of each class are chosen, and at least one label of each class, so
    more than n positions are returned if there are more than n classes.
    """
    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    by_class = np.argsort(codes, kind="stable")
    first = np.cumsum(counts) - counts
    rank = np.empty(len(y), dtype=np.int64)
    rank[by_class] = np.arange(len(y)) - first[codes[by_class]]
    # Order rows by the share of their class that precedes them, so that the first n
    # rows hold the same share of every class. The first row of each class precedes all
    # other rows.
    share_before = np.where(rank == 0, -1.0, (rank + 0.5) / counts[codes])
    return np.sort(np.argsort(share_before, kind="stable")[: max(n, len(counts))])

"""What a student is to answer for each row: labels, the teacher's opinion, shares."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

# Teacher's probabilities are kept this far from 0, so that they have logarithms: votes
# of a forest or of neighbours are often exactly 0.
MIN_PROBABILITY = 1e-6
# A blended label's classes of less probability than this are left out of the weighted
# hard rows: with many classes they would multiply the rows for next to nothing.
MIN_SHARE = 0.01


@dataclass(frozen=True)
class Targets:
    """Labels and the teacher's opinions, for the rows that a student is trained on.

    Attributes
    ----------
    labels : ndarray of shape (n, n_classes), or (n,) for quantities
        Rows of probabilities, one-hot unless the labels were soft; numbers. On added
        rows, whose labels nobody knows, the teacher's.
    opinions : ndarray of the same shape
        What the teacher says.
    weights : float64 ndarray of shape (n,)
    follows : bool ndarray of shape (n,)
        Rows where the teacher counts wholly: those that were added, and outliers.
    alpha : float or callable
        The teacher's share in all other rows; a callable takes the progress of the
        training, from 0 to 1.
    classes : ndarray of shape (n_classes,) or None
        None for quantities.
    """

    labels: np.ndarray
    opinions: np.ndarray
    weights: np.ndarray
    follows: np.ndarray
    alpha: float | Callable[[float], float]
    classes: np.ndarray | None

    def blended(self) -> np.ndarray:
        """Return alpha times the opinions plus 1 - alpha times the labels."""
        if callable(self.alpha):
            raise ValueError("A schedule has no one blend.")
        share = np.where(self.follows, 1.0, self.alpha)
        if self.labels.ndim == 2:
            share = share[:, None]
        return share * self.opinions + (1.0 - share) * self.labels

    def has_weights(self) -> bool:
        return bool((self.weights != self.weights[0]).any())


def plain_targets(
    y: np.ndarray, weights: np.ndarray | None, classes: np.ndarray | None
) -> Targets:
    """Return labels alone, as codes or numbers, for a student without a teacher."""
    labels = y if classes is None else np.eye(len(classes))[y]
    return Targets(
        labels=labels,
        opinions=labels,
        weights=np.ones(len(y)) if weights is None else weights,
        follows=np.zeros(len(y), dtype=bool),
        alpha=0.0,
        classes=classes,
    )


def prune(labels: np.ndarray) -> np.ndarray:
    """Return probabilities without the classes of less than `MIN_SHARE`."""
    kept = np.where(labels >= MIN_SHARE, labels, 0.0)
    # With more than 1 / MIN_SHARE classes all may be small: the largest always stays.
    top = labels.argmax(axis=1)
    rows = np.arange(len(labels))
    kept[rows, top] = labels[rows, top]
    return kept / kept.sum(axis=1, keepdims=True)

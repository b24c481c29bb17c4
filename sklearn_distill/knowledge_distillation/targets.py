"""The targets of a student: labels, predictions of the teacher, and their shares."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .labeled_rows import LabeledRows

# With loss="outlier_robust", a label is an outlier if its distance to the prediction of
# the teacher is more than this multiple of the median distance.
OUTLIER_FACTOR = 3.0


@dataclass(frozen=True)
class Targets:
    """Labels and predictions of the teacher, for the rows that a student is trained on.

    Attributes
    ----------
    labels : ndarray of shape (n, n_classes), or (n,) or (n, n_targets) for regression
        Rows of probabilities, one-hot unless the labels are soft; continuous targets.
        Added rows have no label, and hold the prediction of the teacher instead.
    predictions : ndarray of the same shape
        The predicted probabilities, or the predictions, of the teacher.
    weights : float64 ndarray of shape (n,)
    teacher_only : bool ndarray of shape (n,)
        Whether the label of a row is ignored: for added rows, and for outliers.
    alpha : float or callable
        The share of the teacher in all other rows; a callable takes the progress of the
        training, from 0 to 1.
    classes : ndarray of shape (n_classes,) or None
        None for regression.
    """

    labels: np.ndarray
    predictions: np.ndarray
    weights: np.ndarray
    teacher_only: np.ndarray
    alpha: float | Callable[[float], float]
    classes: np.ndarray | None

    def blended(self) -> np.ndarray:
        """Return alpha times the predictions plus 1 - alpha times the labels."""
        if callable(self.alpha):
            raise ValueError("Targets cannot be blended if alpha is a schedule.")
        share = np.where(self.teacher_only, 1.0, self.alpha)
        if self.labels.ndim == 2:
            share = share[:, None]
        return share * self.predictions + (1.0 - share) * self.labels

    def has_weights(self) -> bool:
        """Return whether the weights of the rows differ."""
        return bool((self.weights != self.weights[0]).any())

    def with_teacher(self, predictions: np.ndarray, n_labeled: int) -> "Targets":
        """Return these targets with the predictions of another teacher.

        Parameters
        ----------
        predictions : ndarray of the shape of `labels`
        n_labeled : int
            The rows after the first `n_labeled` ones are added rows.
        """
        labels = np.concatenate([self.labels[:n_labeled], predictions[n_labeled:]])
        return replace(self, labels=labels, predictions=predictions)


def plain_targets(
    y: np.ndarray, weights: np.ndarray | None, classes: np.ndarray | None
) -> Targets:
    """Return the targets of a student that is trained without a teacher."""
    labels = y if classes is None else np.eye(len(classes))[y]
    return Targets(
        labels=labels,
        predictions=labels,
        weights=np.ones(len(y)) if weights is None else weights,
        teacher_only=np.zeros(len(y), dtype=bool),
        alpha=0.0,
        classes=classes,
    )


def make_targets(
    data: LabeledRows,
    predictions: np.ndarray,
    *,
    alpha: float | Callable[[float], float],
    transfer_weight: float,
    ignore_outliers: bool,
) -> Targets:
    """Return the targets of the labeled rows, followed by those of the added rows.

    Parameters
    ----------
    data : LabeledRows
    predictions : ndarray
        The predictions of the teacher for the labeled rows and then for the added ones.
    alpha : float or callable
    transfer_weight : float
        The weight of an added row, relative to the mean weight of a labeled row.
    ignore_outliers : bool
        Whether the labels of outliers are ignored.
    """
    n_labeled = len(data.X)
    labels = np.concatenate([data.labels, predictions[n_labeled:]])
    teacher_only = np.arange(len(labels)) >= n_labeled
    if ignore_outliers:
        distance = np.abs(data.y - predictions[:n_labeled])
        is_outlier = distance > OUTLIER_FACTOR * np.median(distance, axis=0)
        # A row is an outlier if one of its targets is.
        teacher_only[:n_labeled] = is_outlier.reshape(n_labeled, -1).any(axis=1)
    weights = np.ones(len(labels))
    weights[:n_labeled] = 1.0 if data.weights is None else data.weights
    weights[n_labeled:] = transfer_weight * weights[:n_labeled].mean()
    return Targets(
        labels=labels,
        predictions=predictions,
        weights=weights,
        teacher_only=teacher_only,
        alpha=alpha,
        classes=data.classes,
    )

"""The input of a method, and the two kinds of results that it may return."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .label_column import LabelColumn


@dataclass(frozen=True)
class Problem:
    """The encoded training data, and the number of rows to distill them to.

    Attributes
    ----------
    Z : float32 ndarray of shape (n, d), or (n, C, H, W) for images
        The training rows in the encoded space, where all columns have one scale.
    y : ndarray of shape (n,), or (n, n_targets) for several targets of a regression
        Class codes (int64) for classification, standardized numbers (float32) for
        regression, zeros (int64) without labels.
    sample_weight : float64 ndarray of shape (n,)
        Positive weights; all ones if the user passed none.
    n_rows : int ndarray of shape (n_groups,)
        The number of distilled rows of each class; one entry if there are no classes.
    encoder : TableEncoder or ImageEncoder
        The encoder that made Z; `encoder.snap` moves encoded rows to valid ones.
    labels : LabelColumn
        The encoder that made y.
    random_state : numpy.random.RandomState
        The only source of randomness that a method may use.
    teacher_seed : int
        The seed of the teacher of `soft_labels`.
    device : str or None
        The GPU on which X lies if X is a tensor on a GPU, where selections compute.
    """

    Z: np.ndarray
    y: np.ndarray
    sample_weight: np.ndarray
    n_rows: np.ndarray
    encoder: Any
    labels: LabelColumn
    random_state: np.random.RandomState
    teacher_seed: int
    device: str | None = None

    @property
    def task(self) -> str:
        """The task: "classification", "regression" or "unsupervised"."""
        return self.labels.task

    @property
    def flat(self) -> np.ndarray:
        """The rows as a matrix of shape (n, n_encoded), for distances."""
        return self.Z.reshape(len(self.Z), -1)

    def require_classes(self, who: str) -> None:
        """Raise ValueError unless the task is classification.

        Parameters
        ----------
        who : str
            The subject of the message: the method or parameter that needs classes.
        """
        if self.task != "classification":
            raise ValueError(
                f"{who} needs class labels, but the task is {self.task}. Choose "
                "another method, or convert y to classes."
            )

    def groups(self) -> Iterator[tuple[int, np.ndarray, int]]:
        """Yield (code, indices of the rows, number of distilled rows) per class."""
        codes = np.zeros(len(self.Z)) if self.task == "regression" else self.y
        for code, n_rows in enumerate(self.n_rows):
            yield code, np.flatnonzero(codes == code), int(n_rows)

    def only(self, indices: np.ndarray) -> "Problem":
        """Return a copy of the problem that has only some of its rows."""
        return replace(
            self,
            Z=self.Z[indices],
            y=self.y[indices],
            sample_weight=self.sample_weight[indices],
        )

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Return encoded labels as the targets of a network or a regression.

        Returns
        -------
        float32 ndarray of shape (len(y), n_targets)
            Centered one-hot vectors for classes, standardized numbers in one column per
            target for regression.
        """
        if self.task == "regression":
            return y.reshape(len(y), -1).astype(np.float32)
        n_classes = len(self.n_rows)
        return (np.eye(n_classes)[y] - 1.0 / n_classes).astype(np.float32)


def split_validation(
    problem: Problem, fraction: float
) -> tuple[np.ndarray, np.ndarray]:
    """Split the rows of each class into training and validation rows.

    Of each class at least as many training rows remain as are to be distilled. If no
    validation rows are left by this rule, both parts contain all rows.

    Returns
    -------
    training, validation : ndarray of int
        Sorted indices.
    """
    parts = []
    for _, rows, n_rows in problem.groups():
        n_validation = min(round(fraction * len(rows)), len(rows) - n_rows)
        parts.append(problem.random_state.permutation(rows)[: max(0, n_validation)])
    validation = np.sort(np.concatenate(parts))
    everything = np.arange(len(problem.Z))
    if not len(validation):
        return everything, everything
    return np.setdiff1d(everything, validation), validation


@dataclass(frozen=True)
class Kept:
    """The result of a method that keeps real rows.

    Attributes
    ----------
    indices : int ndarray of shape (m,)
        Positions of the rows in `Problem.Z`.
    y : ndarray of shape (m,) or (m, n_targets), default=None
        Labels in the form of `Problem.y`; None keeps the labels of the rows.
    sample_weight : ndarray of shape (m,), default=None
    """

    indices: np.ndarray
    y: np.ndarray | None = None
    sample_weight: np.ndarray | None = None


@dataclass(frozen=True)
class Learned:
    """The result of a method that makes new rows.

    Attributes
    ----------
    Z : float32 ndarray of shape (m, ...)
        Encoded rows; decoding makes them valid.
    y : ndarray of shape (m,), or (m, n_targets) for several targets of a regression
        Labels in the form of `Problem.y`.
    soft_labels : ndarray of shape (m, n_classes), default=None
    sample_weight : ndarray of shape (m,), default=None
    loss : float, default=None
        The final loss of the method, stored in `DistilledSet.info`.
    info : dict, default=None
        Further entries of `DistilledSet.info`; strings and numbers.
    n_parts : int, default=1
        The number of rows that were made for each row of the budget: with
        multi-formation several small images take the storage of one.
    """

    Z: np.ndarray
    y: np.ndarray
    soft_labels: np.ndarray | None = None
    sample_weight: np.ndarray | None = None
    loss: float | None = None
    info: dict[str, Any] | None = None
    n_parts: int = 1

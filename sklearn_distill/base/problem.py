"""What a method is handed, and what it may answer."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Problem:
    """What a method is handed: encoded rows, and how many it is to leave.

    Attributes
    ----------
    Z : float32 ndarray of shape (n, d), or (n, C, H, W) for images
        The training rows in the encoded space, where every column counts alike.
    y : ndarray of shape (n,)
        Class codes (int64) for classification, standardised numbers (float32) for
        regression, zeros (int64) without labels.
    sample_weight : float64 ndarray of shape (n,)
        Positive; all ones if the user gave none.
    n_rows : int ndarray of shape (n_groups,)
        How many rows each class gets; a single entry if there are no classes.
    task : {"classification", "regression", "unsupervised"}
    encoder : TableEncoder or ImageEncoder
        Where Z came from; `encoder.snap` moves encoded rows to ones that can be.
    random_state : numpy.random.RandomState
        The only source of randomness that a method may use.
    context : sklearn.callback.CallbackContext
        The fit's task; iterative methods open one subtask an iteration.
    encode_y : callable
        Turns labels in the user's terms into the form of `y`.
    fitted_attributes : callable
        Takes an answer and returns the attributes that the estimator would have, had
        it answered so: those of the fit itself, and of a callback's
        `reconstruction_attributes` on the way.
    """

    Z: np.ndarray
    y: np.ndarray
    sample_weight: np.ndarray
    n_rows: np.ndarray
    task: str
    encoder: Any
    random_state: np.random.RandomState
    context: Any
    encode_y: Callable[[Any], np.ndarray]
    fitted_attributes: Callable[["Kept | Learned"], dict[str, Any]]

    @property
    def flat(self) -> np.ndarray:
        """Z with one axis for all features, for distances."""
        return self.Z.reshape(len(self.Z), -1)

    def require_classes(self, who: str) -> None:
        """Raise ValueError unless y holds classes.

        Parameters
        ----------
        who : str
            What needs them, as the message's subject.
        """
        if self.task != "classification":
            raise ValueError(
                f"{who} needs classes, but y holds none. Take a method that does "
                "without, or cut y into classes."
            )

    def groups(self) -> Iterator[tuple[int, np.ndarray, int]]:
        """Yield (code, indices of its rows, rows to leave) for each class."""
        codes = np.zeros(len(self.Z)) if self.task == "regression" else self.y
        for code, n_rows in enumerate(self.n_rows):
            yield code, np.flatnonzero(codes == code), int(n_rows)

    def only(self, indices: np.ndarray) -> "Problem":
        """Return the problem with these of its rows alone."""
        return replace(
            self,
            Z=self.Z[indices],
            y=self.y[indices],
            sample_weight=self.sample_weight[indices],
        )

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Return what a network or a regression is to predict for labels like `y`.

        float32 of shape (len(y), n_targets): one-hots less their mean for classes, one
        column of standardised numbers for regression.
        """
        if self.task == "regression":
            return y[:, None].astype(np.float32)
        n_classes = len(self.n_rows)
        return (np.eye(n_classes)[y] - 1.0 / n_classes).astype(np.float32)


def hold_back(problem: Problem, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """Split a problem's rows, class by class, into those to learn from and the rest.

    A class keeps at least as many rows to learn from as it is to leave. If that holds
    no rows back at all, both parts are all rows.
    """
    held_back = []
    for _, rows, n_rows in problem.groups():
        n_held = min(round(fraction * len(rows)), len(rows) - n_rows)
        held_back.append(problem.random_state.permutation(rows)[: max(0, n_held)])
    held = np.sort(np.concatenate(held_back))
    everything = np.arange(len(problem.Z))
    if not len(held):
        return everything, everything
    return np.setdiff1d(everything, held), held


@dataclass(frozen=True)
class Kept:
    """A method's answer if it keeps real rows.

    Attributes
    ----------
    indices : int ndarray of shape (m,)
        Rows of `Problem.Z`.
    y : ndarray of shape (m,), default=None
        Labels in the form of `Problem.y`; by default the rows' own.
    sample_weight : ndarray of shape (m,), default=None
    """

    indices: np.ndarray
    y: np.ndarray | None = None
    sample_weight: np.ndarray | None = None


@dataclass(frozen=True)
class Learned:
    """A method's answer if it makes rows of its own.

    Attributes
    ----------
    Z : float32 ndarray of shape (m, ...)
        Encoded rows; decoding makes them valid.
    y : ndarray of shape (m,)
        Labels in the form of `Problem.y`.
    soft_labels : ndarray of shape (m, n_classes), default=None
    sample_weight : ndarray of shape (m,), default=None
    loss : float, default=None
        The method's own objective, for `DistilledSet.info`.
    info : dict, default=None
        What else `DistilledSet.info` is to say; strings and numbers.
    n_parts : int, default=1
        How many rows were made for each one that was due: with multi-formation several
        small images take the storage of one.
    """

    Z: np.ndarray
    y: np.ndarray
    soft_labels: np.ndarray | None = None
    sample_weight: np.ndarray | None = None
    loss: float | None = None
    info: dict[str, Any] | None = None
    n_parts: int = 1

"""A part of a data set: rows with labels and with the weights that they represent."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from .._utils.containers import stacked, take_rows
from .._utils.native_rows import nbytes_of


@dataclass(frozen=True)
class Part:
    """Real rows, or the distilled rows that represent them.

    Attributes
    ----------
    X : ndarray or DataFrame of m rows
    y : ndarray of shape (m,) or None
        Class labels or continuous targets, in the units of the user.
    weights : float64 ndarray of shape (m,)
        The weight of the real rows that each row represents.
    positions : int64 ndarray of shape (m,) or None
        The position of each row in the stream; None if a row is not a real row.
    n_samples : int
        The number of real rows.
    own_weights : float64 ndarray of shape (m,) or None
        The weight that the user passed for each row itself, for methods to which a
        weight of 2 does not mean two rows; None for all other methods.
    """

    X: Any
    y: np.ndarray | None
    weights: np.ndarray
    positions: np.ndarray | None
    n_samples: int
    own_weights: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def nbytes(self) -> int:
        """The size of the part in memory."""
        arrays = (self.y, self.weights, self.positions, self.own_weights)
        return nbytes_of(self.X) + sum(a.nbytes for a in arrays if a is not None)

    def rows(self, start: int, stop: int) -> "Part":
        """Return consecutive rows of a part of real rows, which share its memory."""
        keep = slice(start, stop)
        y, positions, own = self.y, self.positions, self.own_weights
        return Part(
            self.X.iloc[keep] if hasattr(self.X, "iloc") else self.X[keep],
            None if y is None else y[keep],
            self.weights[keep],
            None if positions is None else positions[keep],
            len(self.weights[keep]),
            None if own is None else own[keep],
        )

    def copied(self) -> "Part":
        """Return the part with rows of its own, so that other memory can be freed."""
        return self.taken(np.arange(len(self)))

    def taken(self, indices: np.ndarray) -> "Part":
        """Return some of the rows, which stand for all rows of the part."""
        y, positions, own = self.y, self.positions, self.own_weights
        return replace(
            self,
            X=take_rows(self.X, indices),
            y=None if y is None else y[indices],
            weights=self.weights[indices],
            positions=None if positions is None else positions[indices],
            own_weights=None if own is None else own[indices],
        )

    def scaled(self, factor: float) -> "Part":
        """Return the part with multiplied weights."""
        own = self.own_weights
        return replace(
            self,
            weights=self.weights * factor,
            own_weights=None if own is None else own * factor,
        )

    def shifted(self, offset: int) -> "Part":
        """Return the part with `offset` added to all positions."""
        if self.positions is None:
            return self
        return replace(self, positions=self.positions + offset)


def united(parts: Sequence[Part]) -> Part:
    """Return one part with the rows of all parts, in their order.

    Raises
    ------
    ValueError
        If some labels are numbers and others are not.
    """
    if len(parts) == 1:
        return parts[0]
    positions = [part.positions for part in parts if part.positions is not None]
    own = [part.own_weights for part in parts if part.own_weights is not None]
    return Part(
        united_rows([part.X for part in parts]),
        united_labels([part.y for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate(positions) if len(positions) == len(parts) else None,
        sum(part.n_samples for part in parts),
        np.concatenate(own) if len(own) == len(parts) else None,
    )


def cut(
    parts: Sequence[Part], size: int, n_chunks: int
) -> tuple[list[list[Part]], list[Part]]:
    """Cut parts of real rows to chunks of `size` rows, and return the remaining rows.

    A chunk is a list of parts, which share the memory of those that were passed.
    """
    chunks: list[list[Part]] = [[] for _ in range(n_chunks + 1)]
    place = 0
    for part in parts:
        start = 0
        while start < len(part):
            chunk = min(place // size, n_chunks)
            stop = len(part)
            if chunk < n_chunks:
                stop = min(stop, start + (chunk + 1) * size - place)
            chunks[chunk].append(part.rows(start, stop))
            place += stop - start
            start = stop
    return chunks[:n_chunks], chunks[n_chunks]


def united_rows(rows: Sequence[Any]) -> Any:
    """Return the rows of several arrays or DataFrames, in the container of the first.

    Columns keep the dtype of the first part if it can hold the values of all others.
    """
    first = rows[0]
    if not hasattr(first, "iloc"):
        if all(X.dtype == first.dtype for X in rows):
            return np.concatenate(rows)
    elif all((X.dtypes == first.dtypes).all() for X in rows):
        import pandas as pd

        return pd.concat(rows, ignore_index=True)
    return reduce(stacked, rows)


def united_labels(labels: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Return the labels of several parts as one array.

    Raises
    ------
    ValueError
        If some parts have labels and others do not, or if some labels are numbers and
        others are strings.
    """
    present = [y for y in labels if y is not None]
    if not present:
        return None
    if len(present) < len(labels):
        raise ValueError(
            "Some batches have labels y and others do not. Pass y with every batch, or "
            "with none."
        )
    if len({"number" if y.dtype.kind in "biuf" else "text" for y in present}) > 1:
        raise ValueError(
            "The labels y are numbers in some batches and text in others. Convert them "
            "to one type."
        )
    return np.concatenate(present)

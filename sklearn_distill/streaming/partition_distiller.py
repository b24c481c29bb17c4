"""PartitionDistiller: distill the partitions of other engines, frame by frame."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from .batches import split_target
from .part_reader import PartReader
from .reduction import PartReducer
from .stream import PartStatistics

WEIGHT = "sample_weight"


class PartitionDistiller:
    """A function that distills one partition of a data frame to weighted rows.

    The function takes and returns a pandas DataFrame and can be pickled, which is what
    ``map_partitions`` of dask, ``map_batches`` of Ray and ``mapInPandas`` of Spark
    require. The distilled rows of all partitions, with their column "sample_weight",
    are then distilled once more on one machine.

    Parameters
    ----------
    distiller : distiller
        The method and its budget.
    target : str, list of str or None, default=None
        The column of labels, or the columns of several targets; None if there are no
        labels.
    oversample : float, default=2
        Number of rows that are kept, as a multiple of the budget.
    random_state : int, RandomState instance or None, default=None
        The seed; None uses that of `distiller`.

    See Also
    --------
    StreamingDistiller : Distills dask collections in one encoding of all rows.

    Notes
    -----
    Each partition is encoded on its own scale. StreamingDistiller, which encodes all
    rows on one scale, is closer to the result of one machine if the partitions differ.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_distill import HerdingSelection, PartitionDistiller
    >>> frame = load_iris(as_frame=True).frame
    >>> distill = PartitionDistiller(HerdingSelection(budget=5), target="target")
    >>> small = distill(frame)
    >>> len(small), float(small["sample_weight"].sum().round(6))
    (30, 150.0)
    """

    def __init__(
        self,
        distiller: Any,
        target: str | list[str] | None = None,
        *,
        oversample: float = 2,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.distiller = distiller
        self.target = target
        self.oversample = oversample
        self.random_state = random_state

    def __call__(self, frame: Any) -> Any:
        """Return the distilled rows of a partition.

        Parameters
        ----------
        frame : DataFrame
            The columns of the rows, the target, and optionally "sample_weight".

        Returns
        -------
        DataFrame
            The same columns, and "sample_weight": the weight of the rows that each row
            represents. An empty frame gives an empty frame.

        Raises
        ------
        ValueError, TypeError
            If the rows cannot be distilled.
        """
        if not len(frame):
            return self.meta(frame)
        weights = frame[WEIGHT] if WEIGHT in frame.columns else None
        rest = frame if weights is None else frame.drop(columns=[WEIGHT])
        reader = PartReader(clone(self.distiller))
        X, *labels = split_target(rest, self.target)
        part = reader.read(X, labels[0] if labels else None, weights)
        random_state = self.random_state
        if random_state is None:
            random_state = self.distiller.random_state
        seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
        own = PartStatistics.of(part, reader)
        scales = own.scales(part.X, self.distiller.numeric)
        reducer = PartReducer(self.distiller, str(reader.task), self.oversample)
        made = reducer(part, scales, seed)
        small = made.X.reset_index(drop=True)
        if self.target is not None:
            small[self.target] = made.y
            targets = self.target if isinstance(self.target, list) else [self.target]
            small = small.astype({name: frame[name].dtype for name in targets})
        small[WEIGHT] = made.weights
        return small[self.meta(frame).columns]

    def batches(self, frames: Iterable[Any]) -> Iterator[Any]:
        """Yield the distilled rows of each frame, as ``mapInPandas`` requires.

        Parameters
        ----------
        frames : iterable of DataFrame

        Yields
        ------
        DataFrame
        """
        for frame in frames:
            if len(frame):
                yield self(frame)

    def meta(self, frame: Any) -> Any:
        """Return an empty frame with the columns and dtypes of the result.

        Parameters
        ----------
        frame : DataFrame
            A partition, or the ``_meta`` of a dask DataFrame.

        Returns
        -------
        DataFrame
        """
        empty = frame.iloc[:0].reset_index(drop=True)
        if WEIGHT in empty.columns:
            empty = empty.drop(columns=[WEIGHT])
        return empty.assign(**{WEIGHT: np.empty(0)})

"""PartitionDistiller: distill the partitions of other engines, frame by frame."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state

from .._utils._sklearn_private import HasMethods, Interval, _fit_context
from ..base.common_parameters import COMMON_CONSTRAINTS
from .batches import is_dask, split_target
from .in_memory import add_partitions, distill_at_once, with_unlabeled
from .part_reader import PartReader, is_without_rows, n_rows_given
from .reduction import PartReducer
from .stream import PartStatistics
from .stream_result import StreamResult

WEIGHT = "sample_weight"


class PartitionDistiller(StreamResult):
    """A function that distills one partition of a data frame to weighted rows.

    The function takes and returns a pandas DataFrame and can be pickled, which is what
    ``map_partitions`` of dask, ``map_batches`` of Ray and ``mapInPandas`` of Spark
    require. The distilled rows of all partitions, with their column "sample_weight",
    are then distilled once more on one machine.

    The object is a distiller, too, with which the result can be evaluated on one
    machine: `fit` cuts the rows into partitions, distills each, and distills their
    union to the budget.

    Parameters
    ----------
    distiller : distiller
        The method and its budget. The parameters that all methods have, such as
        `budget` and `task`, can also be set on the PartitionDistiller itself.
    target : str, list of str or None, default=None
        The column of labels of the frames that are passed to the function, or the
        columns of several targets; None if there are no labels. `fit` ignores it.
    oversample : float, default=2
        Number of rows that are kept of a partition, as a multiple of the budget.
    n_partitions : int, default=8
        Number of partitions into which `fit` cuts its rows, in their order.
    densify : {"auto"}, int or None, default=None
        Whether the set that `fit` distills can grow; see `DistilledSet.densify`. Any
        value but None replaces the parameter `densify` of `distiller`.
    random_state : int, RandomState instance or None, default=None
        The seed; None uses that of `distiller`.

    Attributes
    ----------
    distilled_ : DistilledSet
        The distilled set of all rows of `fit`.
    distiller_ : distiller
        The distiller fitted to the united distilled rows of all partitions.
    sample_indices_ : ndarray of int of shape (m,)
        The position in X of each distilled row. Defined only if the distilled rows are
        real rows.
    n_samples_seen_ : int
        The number of rows of `fit`, without rows of weight 0.
    class_count_ : ndarray of shape (n_classes,)
        The total weight of the rows of each class. Defined only for classification.
    nbytes_ : int
        The size in memory of the united rows and of the statistics of the columns.
    encoder_ : TableEncoder or ImageEncoder
        Fitted encoder, which maps rows of X to the encoded space and back.
    classes_ : ndarray of shape (n_classes,)
        Class labels. Defined only for classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X. Defined only if X has names that are all strings.

    See Also
    --------
    StreamingDistiller : Distills dask collections in one encoding of all rows.
    merge_distilled : Merge distilled sets that were made separately.

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
    >>> fitted = PartitionDistiller(HerdingSelection(budget=5), n_partitions=3).fit(
    ...     frame.drop(columns="target"), frame["target"]
    ... )
    >>> fitted.distilled_
    <DistilledSet: 15 rows x 4 columns, 3 classes>
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        "distiller": [HasMethods(["fit", "fit_distill"])],
        "target": [str, list, None],
        "oversample": [Interval(Real, 1, None, closed="left")],
        "n_partitions": [Interval(Integral, 1, None, closed="left")],
        "densify": COMMON_CONSTRAINTS["densify"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        distiller: Any,
        target: str | list[str] | None = None,
        *,
        oversample: float = 2,
        n_partitions: int = 8,
        densify: Any = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.distiller = distiller
        self.target = target
        self.oversample = oversample
        self.n_partitions = n_partitions
        self.densify = densify
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        X_unlabeled: Any = None,
    ) -> Self:
        """Cut (X, y) into partitions, distill each, and distill their union.

        Parameters
        ----------
        X : array-like, DataFrame, sparse matrix, polars or pyarrow table of n rows
        y : array-like of shape (n,) or (n, n_targets), default=None
            Class labels, or one or several continuous targets.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows.
        X_unlabeled : array-like or DataFrame of k rows, default=None
            Further rows without labels, in memory; see `BaseDistiller.fit`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If the input cannot be distilled.
        """
        if is_dask(X):
            raise TypeError(
                "PartitionDistiller.fit requires rows that are in memory. Pass dask "
                "collections to StreamingDistiller.fit, or pass the PartitionDistiller "
                "to map_partitions."
            )
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        started = time.perf_counter()
        # The parts are never merged before the last step.
        stream = self._begin(chunk_size=1, fan_in=self.n_partitions + 1)
        distiller = stream.reader.distiller
        rows = with_unlabeled(distiller, X, y, sample_weight, X_unlabeled)
        if self.n_partitions == 1:
            stream.chunk_size = n_rows_given(rows[0])
            self._last = distill_at_once(stream, self._seed, *rows, None)
        else:
            add_partitions(stream, self.n_partitions, *rows)
        stream.seconds += time.perf_counter() - started
        self._copy_features()
        self._fitted_distiller()
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )
        return self

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
        if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
            raise TypeError(
                "A PartitionDistiller is called with a pandas DataFrame; got a "
                f"{type(frame).__name__} of {type(frame).__module__.partition('.')[0]}."
                " Convert the partition to a DataFrame, or pass X and y to fit."
            )
        weights = frame[WEIGHT] if WEIGHT in frame.columns else None
        rest = frame if weights is None else frame.drop(columns=[WEIGHT])
        reader = PartReader(clone(self.distiller))
        X, *labels = split_target(rest, self.target)
        y = labels[0] if labels else None
        if is_without_rows(X, y, weights):
            return self.meta(frame)
        part = reader.read(X, y, weights)
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

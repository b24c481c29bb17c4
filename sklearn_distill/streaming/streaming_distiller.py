"""StreamingDistiller: distill streams and data sets that are larger than memory."""

# SPDX-License-Identifier: BSD-3-Clause

import time
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._utils._sklearn_private import HasMethods, Interval, _fit_context
from ..base.common_parameters import COMMON_CONSTRAINTS
from .batches import batches_of, is_dask, split_target
from .checkpoint import StreamCheckpoint, add_batches
from .dask_parts import distill_partitions
from .in_memory import add_rows, distill_at_once
from .part_reader import n_rows_given
from .stream import Stream, worker_pool
from .stream_result import StreamResult, check_same_columns


class StreamingDistiller(StreamResult):
    """Distill streams, and data sets that are larger than memory, in parts.

    The rows are cut into chunks. Each chunk is distilled to `oversample` times the rows
    of the budget, whose weights say how many real rows each of them represents. A tree
    merges and distills these sets again [1]_, so that memory grows with the logarithm
    of the number of rows. The last step distills all sets to the budget.

    One scale is used for all parts: means, variances, quantiles and categories are
    collected from all rows so far, and the kept rows are encoded again whenever they
    are merged. Parts may lack classes, or have a single one, and classes and categories
    may first occur late.

    Selections whose result may be distilled again (random, herding, k-means, k-center
    and submodular selection) distill the parts themselves. For every other method, the
    parts keep representative rows by kernel herding, and the method distills their
    union, in which a weight of 2 has the effect of two rows.

    Parameters
    ----------
    distiller : distiller
        The method and its budget. The parameters that all methods have, such as
        `budget` and `task`, can also be set on the StreamingDistiller itself.
    chunk_size : int, default=10_000
        Number of rows that are distilled together. Up to `chunk_size` rows in all are
        distilled as by `distiller` alone.
    oversample : float, default=2
        Number of rows that are kept of each part, as a multiple of the budget. 4 is
        closer to the result of one machine if the rows are sorted.
    fan_in : int, default=8
        Number of sets that are merged into one.
    subsample : int or None, default=None
        Number of rows of a full chunk that are distilled; None distills all of them.
        The rows of each class are drawn at random, and carry the weight of all rows of
        their class in the chunk. The first row of the chunk with each category is
        always among them, and there are at least four rows for each row that is kept.
        ``chunk_size=500_000, subsample=2_000`` takes about twice as long as reading a
        Parquet file with 20 columns of numbers; the defaults take a hundred times as
        long.
    densify : {"auto"}, int or None, default=None
        Whether the distilled set can grow; see `DistilledSet.densify`. Any value but
        None replaces the parameter `densify` of `distiller`, which must have it.
    n_jobs : int or None, default=None
        Number of chunks that `fit` and `fit_batches` distill at the same time, through
        joblib. The distilled set does not depend on it.
    random_state : int, RandomState instance or None, default=None
        The seed of the parts, and of `distiller` unless it has a `random_state`. Pass
        an int for reproducible results.

    Attributes
    ----------
    distilled_ : DistilledSet
        The distilled set of all rows so far, computed when it is first read after rows
        were added. Its class mass sums to the weight of the rows.
    distiller_ : distiller
        The distiller fitted to the united parts.
    sample_indices_ : ndarray of int of shape (m,)
        The position in the stream of each distilled row. Defined only if the distilled
        rows are real rows.
    n_samples_seen_ : int
        The number of rows so far, without rows of weight 0.
    class_count_ : ndarray of shape (n_classes,)
        The total weight of the rows of each class. Defined only for classification.
    nbytes_ : int
        The size in memory of the rows and the statistics that are kept.
    n_levels_ : int
        The number of levels of the tree.
    encoder_ : TableEncoder or ImageEncoder
        Fitted encoder, which maps rows of X to the encoded space and back.
    classes_ : ndarray of shape (n_classes,)
        Class labels so far. Defined only for classification.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns of X. Defined only if X has names that are all strings.

    See Also
    --------
    merge_distilled : Merge distilled sets that were made separately.
    PartitionDistiller : A function that distills one partition of a data frame.

    Notes
    -----
    For every kernel, the maximum mean discrepancy (MMD) between all rows P, of which
    the parts P_j have n_j rows, and the distilled set Q is bounded by

    .. math:: \\mathrm{MMD}(P, Q) \\le \\sum_j \\frac{n_j}{n} \\mathrm{MMD}(P_j, Q_j)
              + \\mathrm{MMD}\\Big(\\sum_j \\frac{n_j}{n} Q_j, Q\\Big) .

    References
    ----------
    .. [1] S. Har-Peled, S. Mazumdar, "On coresets for k-means and k-median clustering",
       STOC 2004.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn_distill import HerdingSelection, StreamingDistiller
    >>> X, y = make_classification(3_000, random_state=0)
    >>> stream = StreamingDistiller(HerdingSelection(budget=5), chunk_size=500)
    >>> for start in range(0, 3_000, 300):
    ...     stream = stream.partial_fit(
    ...         X[start : start + 300], y[start : start + 300]
    ...     )
    >>> stream.n_samples_seen_, stream.distilled_
    (3000, <DistilledSet: 10 rows x 20 columns, 2 classes, 1/300 of the rows>)
    """

    plugin_api = 1

    _parameter_constraints: dict[str, Any] = {
        "distiller": [HasMethods(["fit", "fit_distill"])],
        "chunk_size": [Interval(Integral, 2, None, closed="left")],
        "oversample": [Interval(Real, 1, None, closed="left")],
        "fan_in": [Interval(Integral, 2, None, closed="left")],
        "subsample": [Interval(Integral, 2, None, closed="left"), None],
        "densify": COMMON_CONSTRAINTS["densify"],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        distiller: Any,
        *,
        chunk_size: int = 10_000,
        oversample: float = 2,
        fan_in: int = 8,
        subsample: int | None = None,
        densify: Any = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.distiller = distiller
        self.chunk_size = chunk_size
        self.oversample = oversample
        self.fan_in = fan_in
        self.subsample = subsample
        self.densify = densify
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        X_unlabeled: Any = None,
    ) -> Self:
        """Distill (X, y) in chunks, and forget all rows so far.

        The scale of the columns is computed from all rows before the first chunk is
        distilled.

        Parameters
        ----------
        X : array-like, DataFrame, sparse matrix, table, dask array or dask DataFrame
            n rows. A dask collection is distilled by one task for each partition where
            the partition is stored; only distilled rows and statistics of the columns
            are transferred. Sparse rows are made dense chunk by chunk.
        y : array-like or dask collection, (n,) or (n, n_targets), default=None
            Class labels, or one or several continuous targets.
        sample_weight : array-like or dask collection of shape (n,), default=None
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
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X, y=y)
        stream, started = self._new_stream(), time.perf_counter()
        if is_dask(X):
            distill_partitions(stream, X, y, sample_weight, X_unlabeled)
        elif n_rows_given(X) <= self.chunk_size or X_unlabeled is not None:
            self._last = distill_at_once(
                stream, self._seed, X, y, sample_weight, X_unlabeled
            )
        else:
            with worker_pool(self.n_jobs) as pool:
                add_rows(stream, pool, X, y, sample_weight)
        stream.seconds += time.perf_counter() - started
        self._copy_features()
        self._fitted_distiller()
        # Rows that arrive later change the scales.
        stream.fixed = None
        context.call_on_fit_task_end(
            estimator=self, X=X, y=y, reconstruction_attributes=dict
        )
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def partial_fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, decay: float = 1.0
    ) -> Self:
        """Add a batch of any size to the rows so far.

        Parameters
        ----------
        X : array-like, DataFrame, sparse matrix, polars or pyarrow table of n rows
            Rows with the columns of the first batch. A batch may be empty.
        y : array-like of shape (n,) or (n, n_targets), default=None
            Class labels, or one or several continuous targets. The labels of the first
            batch determine the task, unless `task` is set.
        sample_weight : array-like of shape (n,), default=None
            Weights of the rows.
        decay : float in (0, 1], default=1.0
            Factor by which the weights of all earlier rows are multiplied first, so
            that older rows count less.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If the batch does not match the earlier ones.
        """
        if is_dask(X) or is_dask(y):
            raise TypeError(
                "partial_fit requires rows that are in memory, but X or y is a dask "
                "collection. Pass it to fit, or pass X.compute() and y.compute()."
            )
        if not 0.0 < decay <= 1.0:
            raise ValueError(f"decay must be in (0, 1]; got {decay!r}.")
        if not hasattr(self, "_stream"):
            self._new_stream()
        started = time.perf_counter()
        with self._stream.unchanged_on_error():
            self._add(X, y, sample_weight, decay)
            self._stream.distill_full_chunks()
        self._stream.seconds += time.perf_counter() - started
        return self

    @_fit_context(prefer_skip_nested_validation=False)
    def fit_batches(
        self,
        batches: Any,
        target: str | list[str] | None = None,
        *,
        checkpoint: Any = None,
    ) -> Self:
        """Distill batches that are read one after the other.

        Parameters
        ----------
        batches : iterable, path, pyarrow dataset or dask DataFrame
            An iterable yields tuples (X, y), (X, y, sample_weight) or (X,), or tables
            with a column `target`. A path is a Parquet file, a folder of Parquet files
            or a glob pattern; row groups are read one after the other.
        target : str or list of str, default=None
            The column of labels of tables, or the columns of several targets; None if
            there are no labels.
        checkpoint : str or path, default=None
            File in which the state is saved at intervals, and on Ctrl-C. If the process
            ends early, the same call resumes after the batches that the file contains,
            and ends with the same distilled set. The file is deleted at the end. It
            holds arrays, kept rows of the data among them, and JSON, and no pickle.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If a batch cannot be distilled, or a file cannot be read; the message names
            the file and the number of the row group.
        """
        if is_dask(batches):
            return self.fit(*split_target(batches, target))
        self._new_stream()
        started = time.perf_counter()
        saved = StreamCheckpoint(checkpoint, self, batches_of(batches, target))
        with worker_pool(self.n_jobs) as pool:
            add_batches(self, saved, pool)
        self._stream.seconds += time.perf_counter() - started
        self._fitted_distiller()
        saved.remove()
        return self

    def merge(self, other: Self) -> Self:
        """Add the rows that another StreamingDistiller has seen.

        Only distilled rows, the statistics of the columns and the rows that do not fill
        a chunk are taken over. The positions of the rows of `other` follow those of the
        rows so far. `other` remains unchanged.

        Parameters
        ----------
        other : StreamingDistiller
            Fitted to rows with the same columns.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError, TypeError
            If the columns or the tasks differ.
        """
        check_is_fitted(self)
        if not isinstance(other, StreamingDistiller):
            raise TypeError(
                f"merge requires a StreamingDistiller; got a {type(other).__name__}."
            )
        check_is_fitted(other)
        check_same_columns(self, other)
        self._stream.merge(other._stream)
        self._stream.distill_full_chunks()
        self._last = None
        return self

    def _new_stream(self) -> Stream:
        """Forget all rows, and return the new stream."""
        return self._begin(
            chunk_size=self.chunk_size, fan_in=self.fan_in, subsample=self.subsample
        )

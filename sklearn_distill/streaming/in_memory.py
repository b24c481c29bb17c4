"""Streams of rows that are in memory: arrays, DataFrames, tables, sparse matrices."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel
from scipy.sparse import issparse

from .._utils.containers import take_rows
from .._utils.native_rows import dense_rows_of, from_native
from ..base.pseudo_labels import with_pseudo_labels
from ..base.training_data import check_training_data
from ..validation.rows import check_lengths, check_rows, check_weights
from ..validation.targets import check_target, label_values
from .final_step import seeded
from .part import Part
from .part_reader import n_bytes_given, n_rows_given
from .stream import PartStatistics, Stream, merged_statistics, n_workers


def distill_at_once(
    stream: Stream,
    seed: int | None,
    X: Any,
    y: Any,
    sample_weight: Any,
    X_unlabeled: Any,
) -> Any:
    """Fit the distiller itself to rows that fill at most one chunk.

    The rows are stored in the buffer of the stream, so that others can follow. With
    unlabeled rows, the rows may fill several chunks, which are distilled instead.

    Returns
    -------
    BaseDistiller or None
        The fitted distiller; None if the rows fill several chunks.
    """
    distiller = stream.reader.distiller
    if X_unlabeled is not None:
        if n_rows_given(X) + n_rows_given(X_unlabeled) > stream.chunk_size:
            all_rows = with_unlabeled(distiller, X, y, sample_weight, X_unlabeled)
            add_rows(stream, None, *all_rows)
            return None
    fitted = seeded(distiller, seed)
    fitted.fit(X, y, sample_weight=sample_weight, X_unlabeled=X_unlabeled)
    task = fitted.distilled_.info["task"]
    with warnings.catch_warnings():
        # The fit has warned already.
        warnings.simplefilter("ignore")
        part = stream.reader.read(X, y, sample_weight, task=task)
    stream.add(part, n_rows_given(X), n_bytes_given(X))
    return fitted


def with_unlabeled(
    distiller: Any, X: Any, y: Any, sample_weight: Any, X_unlabeled: Any
) -> tuple[Any, Any, Any]:
    """Return rows, labels and weights, including those of the unlabeled rows."""
    if X_unlabeled is None:
        return X, y, sample_weight
    labeled = check_training_data(distiller, X, y, sample_weight)
    data = with_pseudo_labels(distiller, labeled, X_unlabeled)
    classes, values = data.target.classes, data.target.values
    labels = values if classes is None else classes[values]
    return data.X, labels, data.sample_weight


def add_rows(
    stream: Stream, pool: Parallel | None, X: Any, y: Any, sample_weight: Any
) -> None:
    """Distill rows in chunks, after one pass for the statistics of the columns.

    Parameters
    ----------
    stream : Stream
        Empty.
    pool : Parallel or None
    X, y, sample_weight
        The arguments of `fit`.
    """
    chunks = read_rows(stream, X, y, sample_weight)
    stream.fixed = _statistics(stream, chunks())
    for part in chunks():
        stream.buffer.append(part)
        if stream.n_buffered >= stream.chunk_size * n_workers(pool):
            stream.distill_full_chunks(pool)
    stream.distill_full_chunks(pool)
    stream.n_rows, stream.n_bytes = n_rows_given(X), n_bytes_given(X)


def add_partitions(
    stream: Stream, n_partitions: int, X: Any, y: Any, sample_weight: Any
) -> None:
    """Distill the partitions of rows, each of which is encoded on its own scale.

    Parameters
    ----------
    stream : Stream
        Empty. Its chunk size becomes the size of the partitions.
    n_partitions : int
    X, y, sample_weight
        The arguments of `fit`.
    """
    n_rows = n_rows_given(X)
    if sample_weight is not None:
        n_rows = int(np.count_nonzero(np.asarray(from_native(sample_weight))))
    stream.chunk_size = max(1, -(-n_rows // n_partitions))
    numeric = stream.reader.distiller.numeric
    for i, part in enumerate(read_rows(stream, X, y, sample_weight)()):
        own = PartStatistics.of(part, stream.reader)
        stream.statistics.add(own, merged_statistics)
        scales = own.scales(part.X, numeric)
        made = stream.reducer(part, scales, stream.seed_of(0, i + 1))
        stream.insert(made, scales)
        stream.n_chunks += 1
    stream.n_rows, stream.n_bytes = n_rows_given(X), n_bytes_given(X)


def read_rows(
    stream: Stream, X: Any, y: Any, sample_weight: Any
) -> Callable[[], Iterator[Part]]:
    """Check rows, and return a function that yields their chunks.

    Parameters
    ----------
    stream : Stream
        Its reader is set to the columns and the task of the rows.
    X, y, sample_weight
        The arguments of `fit`.
    """
    reader = stream.reader
    check_lengths(X, y, sample_weight)
    y, n = from_native(y), n_rows_given(X)
    reader.check_labels_present(y)
    rows = check_rows(reader.distiller, X, reset=True, keep_container=True)
    weights = check_weights(from_native(sample_weight), np.empty((n, 0)))
    target = check_target(y, task=reader.distiller.task, several=True)
    first = rows if not issparse(rows) else rows[: stream.chunk_size]
    reader.begin(X, dense_rows_of(first), y, target.task)
    present = np.flatnonzero(weights > 0)
    labels = target.values if target.classes is None else label_values(y)
    return partial(_chunks, rows, labels, weights, present, stream)


def _chunks(
    rows: Any, labels: Any, weights: np.ndarray, present: np.ndarray, stream: Stream
) -> Iterator[Part]:
    """Yield consecutive chunks of the rows of positive weight."""
    for start in range(0, len(present), stream.chunk_size):
        taken = present[start : start + stream.chunk_size]
        X = dense_rows_of(take_rows(rows, taken))
        y = None if labels is None else labels[taken]
        yield stream.reader.part(X, y, weights[taken], taken)


def _statistics(stream: Stream, chunks: Iterator[Part]) -> PartStatistics:
    """Return the statistics of all rows; add those of full chunks to the stream."""
    rest = []
    for part in chunks:
        own = PartStatistics.of(part, stream.reader)
        if len(part) == stream.chunk_size:
            stream.statistics.add(own, merged_statistics)
        else:
            rest.append(own)
    return PartStatistics.merged(stream.statistics.items + rest)

"""Streams of rows that are in memory: arrays, DataFrames, tables, sparse matrices."""

# SPDX-License-Identifier: BSD-3-Clause

import warnings
from collections.abc import Iterator
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
            labeled = check_training_data(distiller, X, y, sample_weight)
            data = with_pseudo_labels(distiller, labeled, X_unlabeled)
            classes, values = data.target.classes, data.target.values
            y_all = values if classes is None else classes[values]
            add_rows(stream, None, data.X, y_all, data.sample_weight)
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
    stream.fixed = _statistics(stream, _chunks(rows, labels, weights, present, stream))
    for part in _chunks(rows, labels, weights, present, stream):
        stream.buffer.append(part)
        if stream.n_buffered >= stream.chunk_size * n_workers(pool):
            stream.distill_full_chunks(pool)
    stream.distill_full_chunks(pool)
    stream.n_rows, stream.n_bytes = n, n_bytes_given(X)


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

"""Distill the partitions of a dask collection where they are stored."""

# SPDX-License-Identifier: BSD-3-Clause

from typing import Any, NamedTuple

import numpy as np

from .._utils.optional import import_dask
from ..base.training_data import Scales
from .part import Part
from .part_reader import (
    PartReader,
    is_without_rows,
    n_bytes_given,
    n_rows_given,
)
from .reduction import PartReducer
from .stream import PartStatistics, Stream
from .subsample import subsampled


class Facts(NamedTuple):
    """What is transferred of a partition before it is distilled.

    Attributes
    ----------
    statistics : PartStatistics or None
        None for a partition without rows.
    n_rows, n_bytes : int
    """

    statistics: PartStatistics | None
    n_rows: int
    n_bytes: int


def distill_partitions(
    stream: Stream, X: Any, y: Any, sample_weight: Any, X_unlabeled: Any
) -> None:
    """Distill the partitions of dask collections, and add them to a stream.

    The first round of tasks returns the statistics of the columns of each partition;
    the second one distills the partitions in the encoding of all rows.

    Parameters
    ----------
    stream : Stream
        Empty.
    X : dask array or DataFrame
    y, sample_weight : dask collection, array-like or None
    X_unlabeled : None

    Raises
    ------
    ValueError
        If the partitions of X and y do not match, or if there are no rows.
    """
    dask = import_dask()
    if X_unlabeled is not None:
        raise ValueError(
            "X_unlabeled is not supported for dask collections. Distill the labeled "
            "rows alone, or pass rows that are in memory."
        )
    parts = list(zip(*_aligned(X, y, sample_weight), strict=True))
    reader = _reader_of_first(dask, stream.reader, parts)
    facts: list[Facts] = list(
        dask.compute(*(dask.delayed(describe)(reader, *part) for part in parts))
    )
    stream.reader = reader
    known = [fact.statistics for fact in facts if fact.statistics is not None]
    for statistics in known:
        stream.statistics.add(statistics, lambda items, _: PartStatistics.merged(items))
    stream.fixed = PartStatistics.merged(known)
    scales = stream.scales(reader.like)
    tasks, n_chunks = [], 0
    for part, fact in zip(parts, facts, strict=True):
        own = -(-fact.n_rows // stream.chunk_size)
        seeds = [stream.seed_of(0, n_chunks + i + 1) for i in range(own)]
        n_chunks += own
        arguments = (reader, stream.reducer, scales, seeds, stream.subsample)
        tasks.append(dask.delayed(reduce)(*arguments, *part))
    offset = 0
    for reduced, fact in zip(dask.compute(*tasks), facts, strict=True):
        for chunk in reduced:
            stream.insert(chunk.shifted(offset), scales)
        offset += fact.n_rows
    stream.n_rows, stream.n_chunks = offset, n_chunks
    stream.n_bytes = sum(fact.n_bytes for fact in facts)


def describe(reader: PartReader, X: Any, y: Any, sample_weight: Any) -> Facts:
    """Return the statistics of a partition; a task of dask."""
    n_rows = n_rows_given(X)
    if is_without_rows(X, y, sample_weight):
        return Facts(None, n_rows, 0)
    part = reader.read(X, y, sample_weight)
    return Facts(PartStatistics.of(part, reader), n_rows, n_bytes_given(X))


def reduce(
    reader: PartReader,
    reducer: PartReducer,
    scales: Scales,
    seeds: list[int],
    subsample: int | None,
    X: Any,
    y: Any,
    sample_weight: Any,
) -> list[Part]:
    """Return the distilled chunks of a partition, one for each seed; a task of dask."""
    if is_without_rows(X, y, sample_weight):
        return []
    part = reader.read(X, y, sample_weight)
    ends = np.linspace(0, len(part), len(seeds) + 1).astype(int).tolist()
    made = []
    for start, stop, seed in zip(ends[:-1], ends[1:], seeds, strict=True):
        if stop > start:
            chunk = part.rows(start, stop)
            chunk = subsampled([chunk], subsample, reducer, reader.is_category, seed)
            made.append(reducer(chunk, scales, seed))
    return made


def _reader_of_first(dask: Any, reader: PartReader, parts: list[Any]) -> PartReader:
    """Return the reader after the first partition that has rows."""
    for part in parts:
        made = dask.delayed(begun)(reader, *part).compute()
        if made is not None:
            return made
    raise ValueError("X has no rows.")


def begun(reader: PartReader, X: Any, y: Any, sample_weight: Any) -> PartReader | None:
    """Let a reader read a partition, unless this is empty; a task of dask."""
    if is_without_rows(X, y, sample_weight):
        return None
    reader.read(X, y, sample_weight)
    return reader


def _aligned(X: Any, y: Any, sample_weight: Any) -> list[list[Any]]:
    """Return the partitions of X, y and sample_weight as lists of equal lengths."""
    if hasattr(X, "rechunk"):
        # A block must hold all columns of its rows.
        X = X.rechunk(dict.fromkeys(range(1, X.ndim), -1))
    rows = _blocks(X)
    sizes = X.chunks[0] if hasattr(X, "chunks") else None
    return [
        rows,
        *(
            _blocks_like(v, len(rows), sizes, n)
            for n, v in (("y", y), ("sample_weight", sample_weight))
        ),
    ]


def _blocks(collection: Any) -> list[Any]:
    """Return the partitions of a dask collection as delayed objects."""
    return list(np.ravel(collection.to_delayed()))


def _blocks_like(values: Any, n_blocks: int, sizes: Any, name: str) -> list[Any]:
    """Return the partitions of labels or weights, which must be those of X."""
    if values is None:
        return [None] * n_blocks
    known = sizes is not None and not np.isnan(sizes).any()
    if not hasattr(values, "__dask_graph__"):
        if not known:
            raise ValueError(
                f"{name} is in memory, but the lengths of the partitions of X are "
                f"unknown. Pass {name} as a dask collection with the partitions of X, "
                "or call X.compute_chunk_sizes() first."
            )
        return list(np.split(np.asarray(values), np.cumsum(sizes)[:-1]))
    if known and hasattr(values, "rechunk") and not np.isnan(values.chunks[0]).any():
        values = values.rechunk({0: sizes} | dict.fromkeys(range(1, values.ndim), -1))
    blocks = _blocks(values)
    if len(blocks) != n_blocks:
        raise ValueError(
            f"X has {n_blocks} partitions and {name} has {len(blocks)}. Repartition "
            "them alike."
        )
    return blocks

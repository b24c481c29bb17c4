"""The state of a stream: a buffer of rows, and a tree of weighted distilled parts."""

# SPDX-License-Identifier: BSD-3-Clause

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs

from ..base.training_data import Scales
from ..encoding.column_statistics import NumberStatistics
from .merge_tree import MergeTree
from .part import Part, cut, united
from .part_reader import PartReader, Statistics
from .reduction import PartReducer
from .subsample import subsampled

# The attributes of a stream that a checkpoint contains as they are.
OWN_STATE = (
    "seed",
    "buffer",
    "fixed",
    "n_rows",
    "n_chunks",
    "n_merges",
    "n_bytes",
    "seconds",
)


class PartStatistics(NamedTuple):
    """The statistics of the rows, and of each target of a regression, of a part."""

    rows: Statistics
    target: list[NumberStatistics] | None = None

    @classmethod
    def of(cls, part: Part, reader: PartReader) -> "PartStatistics":
        """Return the statistics of a part of real rows."""
        target = None
        if reader.task == "regression" and part.y is not None:
            columns = part.y.reshape(len(part), -1).T
            target = [NumberStatistics.of(y, part.weights) for y in columns]
        return cls(reader.statistics(part), target)

    @classmethod
    def merged(cls, parts: Sequence["PartStatistics"]) -> "PartStatistics":
        """Return the statistics of the rows of all parts."""
        if len(parts) == 1:
            return parts[0]
        kind: Any = type(parts[0].rows)
        targets = [part.target for part in parts if part.target is not None]
        return cls(
            kind.merged([part.rows for part in parts]),
            [NumberStatistics.merged(columns) for columns in zip(*targets, strict=True)]
            or None,
        )

    @property
    def nbytes(self) -> int:
        """The approximate size of the statistics in memory."""
        return self.rows.nbytes + sum(one.nbytes for one in self.target or [])

    def scaled(self, factor: float) -> "PartStatistics":
        """Return the statistics of the same rows with multiplied weights."""
        target = None
        if self.target is not None:
            target = [one.scaled(factor) for one in self.target]
        return PartStatistics(self.rows.scaled(factor), target)

    def scales(self, X: Any, numeric: str) -> Scales:
        """Return the encoder of the rows, whose decoded rows have the dtypes of X."""
        target = None
        if self.target is not None:
            target = [one.number_column("standard") for one in self.target]
        return Scales(self.rows.encoder(X, numeric), target)


def merged_statistics(parts: Sequence[PartStatistics], _: int) -> PartStatistics:
    """Return the statistics of the rows of all parts, for a MergeTree."""
    return PartStatistics.merged(parts)


class Stream:
    """Rows that arrive in batches, and the parts that represent the earlier rows.

    Parameters
    ----------
    reader : PartReader
    chunk_size : int
        The number of rows that are distilled together.
    fan_in : int
        The number of parts that are merged into one.
    oversample : float
        The number of rows that are kept of a part, as a multiple of the budget.
    seed : int
    subsample : int or None, default=None
        The number of rows of a chunk that are distilled; None distills all of them.

    Attributes
    ----------
    buffer : list of Part
        Real rows that do not fill a chunk yet.
    parts : MergeTree of Part
    statistics : MergeTree of PartStatistics
        The statistics of the rows in `parts`.
    fixed : PartStatistics or None
        The statistics of all rows, if they are known before the rows are distilled.
    n_rows : int
        The number of rows that were added, including rows of weight 0.
    n_chunks : int
        The number of chunks that were distilled.
    n_bytes : int
        The size of all rows in memory when they were added.
    seconds : float
        The time that reading and distilling the parts took.
    """

    def __init__(
        self,
        reader: PartReader,
        *,
        chunk_size: int,
        fan_in: int,
        oversample: float,
        seed: int,
        subsample: int | None = None,
    ):
        self.reader = reader
        self.chunk_size = chunk_size
        self.oversample = oversample
        self.seed = seed
        self.subsample = subsample
        self.buffer: list[Part] = []
        self.parts: MergeTree[Part] = MergeTree(fan_in)
        self.statistics: MergeTree[PartStatistics] = MergeTree(fan_in)
        self.fixed: PartStatistics | None = None
        self.n_rows = self.n_chunks = self.n_merges = self.n_bytes = 0
        self.seconds = 0.0

    @property
    def all_parts(self) -> list[Part]:
        """The distilled parts, oldest first, and the rows in the buffer."""
        return [*self.parts.items, *self.buffer]

    @property
    def parts_to_unite(self) -> list[Part]:
        """The parts that the last step distills: `all_parts`, or a sample of them.

        The rows in the buffer are sampled like a chunk, unless all rows are there.
        """
        if not self.buffer or not len(self.parts):
            return self.all_parts
        seed = self.seed_of(0, self.n_chunks + 1)
        return [*self.parts.items, self.sample(self.buffer, seed)]

    @property
    def n_buffered(self) -> int:
        """The number of rows in the buffer."""
        return sum(map(len, self.buffer))

    @property
    def reducer(self) -> PartReducer:
        """The function that reduces parts."""
        reader = self.reader
        assert reader.task is not None
        return PartReducer(reader.distiller, reader.task, self.oversample)

    def add(self, part: Part, n_rows: int, n_bytes: int) -> None:
        """Put the rows of a batch into the buffer."""
        self.buffer.append(part.shifted(self.n_rows))
        self.n_rows += n_rows
        self.n_bytes += n_bytes

    def distill_full_chunks(self, pool: Parallel | None = None) -> None:
        """Distill all chunks in the buffer that are full; the other rows remain.

        The result does not depend on the number of workers of the pool.
        """
        if self.n_buffered < self.chunk_size:
            return
        n_full = self.n_buffered // self.chunk_size
        chunks, rest = cut(self.buffer, self.chunk_size, n_full)
        self.buffer = [united(rest).copied()] if rest else []
        arguments = [self._prepared(chunk) for chunk in chunks]
        if pool is None:
            made = [self.reducer(*each) for each in arguments]
        else:
            made = pool(delayed(self.reducer)(*each) for each in arguments)
        for part, (_, scales, _) in zip(made, arguments, strict=True):
            self.insert(part, scales)

    def _prepared(self, parts: list[Part]) -> tuple[Part, Scales, int]:
        """Return the sample of a chunk, the encoder of the rows so far and the seed.

        The statistics of the sample are added to those of the earlier rows.
        """
        self.n_chunks += 1
        seed = self.seed_of(0, self.n_chunks)
        chunk = self.sample(parts, seed)
        if self.fixed is None:
            own = PartStatistics.of(chunk, self.reader)
            self.statistics.add(own, merged_statistics)
        return chunk, self.scales(chunk.X), seed

    def sample(self, parts: list[Part], seed: int) -> Part:
        """Return the rows of a chunk, which consists of parts, that are distilled."""
        is_category = self.reader.is_category
        return subsampled(parts, self.subsample, self.reducer, is_category, seed)

    def insert(self, part: Part, scales: Scales) -> None:
        """Add a distilled part to the tree, and merge the levels that are full."""
        self.parts.add(part, partial(self._merged_parts, scales))

    def _merged_parts(self, scales: Scales, parts: list[Part], level: int) -> Part:
        """Return one distilled part that represents the rows of all parts."""
        self.n_merges += 1
        seed = self.seed_of(level, self.n_merges)
        return self.reducer(united(parts), scales, seed)

    def seed_of(self, *key: int) -> int:
        """Return the seed of a step, which depends on nothing but its key."""
        return int(np.random.SeedSequence([self.seed, *key]).generate_state(1)[0])

    def scales(self, X: Any, *, with_buffer: bool = False) -> Scales:
        """Return the encoder of all rows so far.

        Parameters
        ----------
        X : ndarray or DataFrame
            The container and the dtypes of decoded rows.
        with_buffer : bool, default=False
            Whether the rows in the buffer count too.
        """
        known = self.fixed
        if known is None:
            parts = self.statistics.items
            if with_buffer and self.buffer:
                rest = PartStatistics.of(united(self.buffer), self.reader)
                parts = [*parts, rest]
            known = PartStatistics.merged(parts)
        return known.scales(X, self.reader.distiller.numeric)

    @contextmanager
    def unchanged_on_error(self) -> Iterator[None]:
        """Return to the present state if an error or Ctrl-C ends the block."""
        before = self.state()
        try:
            yield
        except BaseException:
            self.restore(before)
            raise

    def state(self) -> dict[str, Any]:
        """Return everything but the parameters, from which `restore` continues."""
        return {
            "reader": self.reader.state(),
            "parts": [list(level) for level in self.parts.levels],
            "statistics": [list(level) for level in self.statistics.levels],
            **{name: getattr(self, name) for name in OWN_STATE},
            "buffer": list(self.buffer),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from the result of `state`."""
        self.reader.restore(state["reader"])
        self.parts.levels = state["parts"]
        self.statistics.levels = state["statistics"]
        for name in OWN_STATE:
            setattr(self, name, state[name])

    def decay(self, factor: float) -> None:
        """Multiply the weights of all rows so far."""
        if factor == 1.0:
            return
        self.buffer = [part.scaled(factor) for part in self.buffer]
        for tree in (self.parts, self.statistics):
            levels: Any = tree.levels
            tree.levels = [[item.scaled(factor) for item in level] for level in levels]

    def merge(self, other: "Stream") -> None:
        """Add the parts and the buffer of another stream, whose rows follow."""
        self.fixed = None
        shifted = [
            [part.shifted(self.n_rows) for part in level]
            for level in other.parts.levels
        ]
        self.parts.put(shifted)
        self.statistics.put(other.statistics.levels)
        self.buffer += [part.shifted(self.n_rows) for part in other.buffer]
        self.statistics.merge_full_levels(merged_statistics)
        if len(self.parts):
            scales = self.scales(self.parts.items[0].X)
            self.parts.merge_full_levels(partial(self._merged_parts, scales))
        self.n_rows += other.n_rows
        self.n_bytes += other.n_bytes
        self.n_chunks += other.n_chunks
        self.seconds += other.seconds


@contextmanager
def worker_pool(n_jobs: int | None) -> Iterator[Parallel | None]:
    """Provide workers of joblib, or None for a single one."""
    if effective_n_jobs(n_jobs) == 1:
        yield None
    else:
        with Parallel(n_jobs=n_jobs) as pool:
            yield pool


def n_workers(pool: Parallel | None) -> int:
    """Return the number of workers of a pool."""
    return 1 if pool is None else effective_n_jobs(pool.n_jobs)

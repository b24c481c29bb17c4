"""Sources of batches: iterables, pyarrow data sets, Parquet files and folders."""

# SPDX-License-Identifier: BSD-3-Clause

import os
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .._utils.native_rows import is_table, native_library
from .._utils.optional import import_pyarrow
from .parquet import ParquetBatches

Batch = tuple[Any, ...]


def is_dask(X: Any) -> bool:
    """Return whether X is a dask collection; dask is not imported for other objects."""
    return hasattr(X, "__dask_graph__")


def split_target(frame: Any, target: str | list[str] | None) -> Batch:
    """Return a table without the columns `target`, and these columns.

    Parameters
    ----------
    frame : DataFrame, table or dask DataFrame
    target : str, list of str or None
        None returns the table alone.

    Raises
    ------
    ValueError
        If there is no such column.
    """
    if target is None:
        return (frame,)
    names = list(getattr(frame, "column_names", None) or frame.columns)
    targets = [target] if not isinstance(target, list) else target
    if missing := [name for name in targets if name not in names]:
        raise ValueError(
            f"The table has no column {missing[0]!r}. Its columns are: "
            f"{', '.join(map(str, names))}."
        )
    if native_library(frame) == "pyarrow":
        rest = frame.drop_columns(targets)
        return rest, frame.select(target) if targets is target else frame[target]
    if native_library(frame) == "polars":
        return frame.drop(targets), frame[target]
    return frame.drop(columns=targets), frame[target]


class IterableBatches:
    """The batches of an iterable.

    Parameters
    ----------
    batches : iterable
        Yields tuples (X, y, sample_weight), whose ends may be left out, or tables.
    target : str, list of str or None
        The column of labels of tables, or the columns of several targets.
    """

    identity = "iterable"

    def __init__(self, batches: Any, target: str | list[str] | None):
        self.source = batches
        self.target = target

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the batches as tuples, beginning with that of number `start`."""
        for batch in islice(self.source, start, None):
            yield self._as_tuple(batch)

    def _as_tuple(self, batch: Any) -> Batch:
        """Return a batch as a tuple (X, y, sample_weight), or a beginning of it."""
        if isinstance(batch, tuple):
            if not 1 <= len(batch) <= 3:
                raise ValueError(
                    "A batch must be a tuple (X,), (X, y) or (X, y, sample_weight); "
                    f"got {len(batch)} entries."
                )
            if self.target is not None:
                raise TypeError(
                    f"target={self.target!r} names columns of tables, but a batch is a "
                    "tuple. Yield DataFrames, or leave out target."
                )
            return batch
        if type(batch).__name__ == "RecordBatch":
            batch = import_pyarrow()[0].Table.from_batches([batch])
        if hasattr(batch, "iloc") or is_table(batch):
            return split_target(batch, self.target)
        if not (hasattr(batch, "shape") or isinstance(batch, list)):
            raise TypeError(
                "A batch must be a table, an array or a tuple (X, y, sample_weight), "
                f"but is a {type(batch).__name__}."
            )
        if self.target is not None:
            raise TypeError(
                f"target={self.target!r} names a column, but a batch is a "
                f"{type(batch).__name__}. Yield DataFrames, or tuples (X, y)."
            )
        return (batch,)


def batches_of(
    batches: Any, target: str | list[str] | None
) -> IterableBatches | ParquetBatches:
    """Return the source of the batches that `fit_batches` was given.

    Raises
    ------
    TypeError
        If the object is a single table or array.
    """
    if isinstance(batches, ParquetBatches):
        return batches
    if isinstance(batches, str | os.PathLike) or hasattr(batches, "get_fragments"):
        return ParquetBatches(batches, target)
    is_rows = hasattr(batches, "shape") or is_table(batches)
    if is_rows or not hasattr(batches, "__iter__"):
        raise TypeError(
            "batches must be an iterable of batches, a path of Parquet files, a "
            f"pyarrow dataset or a dask DataFrame; got a {type(batches).__name__}. "
            "Pass rows that are in memory to fit(X, y)."
        )
    return IterableBatches(batches, target)

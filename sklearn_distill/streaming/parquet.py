"""Read Parquet files, folders of them and pyarrow data sets in batches."""

# SPDX-License-Identifier: BSD-3-Clause

import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .._utils.optional import import_pandas, import_pyarrow

# The maximum number of rows of a batch.
BATCH_ROWS = 131_072


class RowGroup(NamedTuple):
    """One row group of a Parquet file.

    Attributes
    ----------
    path : str
    number : int or None
        None for a file that is not divided into row groups.
    fragment : pyarrow.dataset.Fragment
    """

    path: str
    number: int | None
    fragment: Any

    def __str__(self) -> str:
        return (
            self.path
            if self.number is None
            else f"{self.path}, row group {self.number}"
        )


def parquet_files(source: str | os.PathLike[str]) -> list[str]:
    """Return the sorted paths of a Parquet file, a folder or a glob pattern.

    Raises
    ------
    FileNotFoundError
        If there are no such files.
    """
    path = Path(source)
    if path.is_dir():
        found = sorted(str(file) for file in path.rglob("*.parquet"))
        if not found:
            raise FileNotFoundError(f"The folder {path} contains no .parquet files.")
        return found
    if path.exists():
        return [str(path)]
    found = sorted(glob.glob(os.fspath(source), recursive=True))
    if not found:
        raise FileNotFoundError(f"There is no file or folder {os.fspath(source)!r}.")
    return found


class ParquetBatches:
    """The batches of Parquet files, row group after row group.

    Parameters
    ----------
    source : path, glob pattern or pyarrow dataset
        The columns of the folder names of a partitioned folder (``key=value``) are
        columns too.
    target : str, list of str or None
        The column of labels, or the columns of several targets; None if there are no
        labels.
    columns : list of str, default=None
        The columns that are read besides the target; None reads all of them.
    on_row_group : callable, default=None
        Called with the number of row groups that have been read.

    Attributes
    ----------
    row_groups : list of RowGroup

    Raises
    ------
    FileNotFoundError, ValueError
        If there are no files, a file cannot be read, or a column is missing.
    """

    def __init__(
        self,
        source: Any,
        target: str | list[str] | None,
        columns: list[str] | None = None,
        on_row_group: Callable[[int], None] | None = None,
    ):
        import_pandas()
        import_pyarrow()
        import pyarrow.dataset

        self.target = target
        self.on_row_group = on_row_group
        self.files: list[str] = []
        self.dataset = source
        if not hasattr(source, "get_fragments"):
            self.files = parquet_files(source)
            base = Path(source) if Path(source).is_dir() else None
            for path in self.files:
                _check_readable(path)
            self.dataset = pyarrow.dataset.dataset(
                self.files,
                format="parquet",
                partitioning=pyarrow.dataset.partitioning(flavor="hive"),
                partition_base_dir=None if base is None else str(base),
            )
            self.dataset = self.dataset.replace_schema(_typed_schema(self.dataset))
        self.columns = self._columns(columns)
        self.row_groups = list(self._row_groups())

    @property
    def targets(self) -> list[str]:
        """The columns of labels."""
        if self.target is None:
            return []
        return self.target if isinstance(self.target, list) else [self.target]

    @property
    def identity(self) -> list[Any]:
        """The columns and the files with their sizes and times."""
        stats = [(path, os.stat(path)) for path in self.files]
        return [
            self.columns,
            self.target,
            [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats],
        ]

    @property
    def n_rows(self) -> int:
        """The number of rows of all files."""
        return int(self.dataset.count_rows())

    def _columns(self, columns: list[str] | None) -> list[str]:
        """Return the columns to read, without the index of pandas."""
        schema = self.dataset.schema
        index = (schema.pandas_metadata or {}).get("index_columns", [])
        known = [name for name in schema.names if name not in index]
        targets = self.targets
        if columns is not None:
            known = [name for name in columns if name not in targets] + targets
        wanted = [*known, *(name for name in targets if name not in known)]
        if missing := [name for name in wanted if name not in schema.names]:
            raise ValueError(
                f"The files have no column {missing[0]!r}. The columns are: "
                f"{', '.join(schema.names)}."
            )
        return known

    def _row_groups(self) -> Iterator[RowGroup]:
        """Yield the row groups of all files; check that they have the columns."""
        for fragment in self.dataset.get_fragments():
            path = str(getattr(fragment, "path", "data set"))
            if not hasattr(fragment, "split_by_row_group"):
                yield RowGroup(path, None, fragment)
                continue
            own = set(fragment.physical_schema.names)
            own |= set(self.dataset.schema.names) - set(self._stored_names())
            if missing := [name for name in self.columns if name not in own]:
                raise ValueError(
                    f"{path} has no column {missing[0]!r}, which the first file has. "
                    "Remove the file, or add the column."
                )
            self._check_types(path, fragment.physical_schema)
            for group in fragment.split_by_row_group():
                yield RowGroup(path, group.row_groups[0].id, group)

    def _check_types(self, path: str, schema: Any) -> None:
        """Raise ValueError if a file has text where the first file has numbers."""
        for field in schema:
            if field.name not in self.columns:
                continue
            expected = self.dataset.schema.field(field.name).type
            if _is_text(field.type) and not _is_text(expected):
                raise ValueError(
                    f"{path} has text in the column {field.name!r}, which is of type "
                    f"{expected} in the first file. Convert the column in one of them."
                )

    def _stored_names(self) -> list[str]:
        """Return the columns that are stored in the first file."""
        return list(next(iter(self.dataset.get_fragments())).physical_schema.names)

    def batches(self, start: int = 0) -> Iterator[tuple[Any, ...]]:
        """Yield (X, y) or (X,), beginning with the batch of number `start`.

        Raises
        ------
        ValueError
            If a row group cannot be read; the message names the file and its number.
        """
        number = 0
        for done, group in enumerate(self.row_groups, start=1):
            n_batches = -(-group.fragment.count_rows() // BATCH_ROWS)
            if number + n_batches > start:
                for batch in self._read(group):
                    if number >= start:
                        yield batch
                    number += 1
            else:
                number += n_batches
            if self.on_row_group is not None:
                self.on_row_group(done)

    def _read(self, group: RowGroup) -> Iterator[tuple[Any, ...]]:
        """Yield the batches of a row group, of `BATCH_ROWS` rows each but the last."""
        try:
            table = group.fragment.to_table(
                columns=self.columns, schema=self.dataset.schema
            )
            for start in range(0, len(table), BATCH_ROWS):
                frame = table.slice(start, BATCH_ROWS).to_pandas()
                if self.target is None:
                    yield (frame,)
                elif isinstance(self.target, list):
                    yield frame.drop(columns=self.target), frame[self.target]
                else:
                    y = frame.pop(self.target)
                    yield frame, y
        except (OSError, RuntimeError, ValueError) as error:
            raise ValueError(f"{group} cannot be read: {error}") from error


def _typed_schema(dataset: Any) -> Any:
    """Return the schema of the first file, completed where it has no values.

    A column without any value has the type null, and gets that of a later file.
    """
    pa, _ = import_pyarrow()
    schema = dataset.schema
    untyped = {field.name for field in schema if pa.types.is_null(field.type)}
    for fragment in dataset.get_fragments() if untyped else ():
        for field in fragment.physical_schema:
            if field.name in untyped and not pa.types.is_null(field.type):
                schema = schema.set(schema.get_field_index(field.name), field)
                untyped.remove(field.name)
    return schema


def _is_text(kind: Any) -> bool:
    """Return whether an Arrow type is that of strings."""
    types = import_pyarrow()[0].types
    kind = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _check_readable(path: str) -> None:
    """Raise ValueError if the footer of a Parquet file cannot be read."""
    _, pq = import_pyarrow()
    try:
        pq.read_metadata(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise ValueError(f"{path} cannot be read as Parquet: {error}") from error

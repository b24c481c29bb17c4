"""The input and output files of the commands: tables and arrays of rows."""

# SPDX-License-Identifier: BSD-3-Clause

import contextlib
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .._utils.optional import import_pandas, import_pyarrow
from ._common import InputError, joined, one_line, suggestion
from .csv_files import (
    CsvFormat,
    read_csv_table,
    read_dates,
    warn_about_words_among_numbers,
)

DEFAULT_CSV = CsvFormat()
ARRAYS = ".npz"
TABLES_IN = (".csv", ".csv.gz", ".parquet")
TABLES_OUT = (".csv", ".parquet")


class Data(NamedTuple):
    """The rows and the target that were read from a file.

    `spellings` is described in `csv_files.CsvTable`; it is empty unless the file is a
    .csv file.
    """

    X: Any
    y: Any
    spellings: dict[str, dict[Any, str]] = {}


def check_output(path: Path) -> None:
    """Raise InputError unless a file can be written at `path`."""
    if not path.parent.is_dir():
        raise InputError(
            f"{path}: the directory {str(path.parent)!r} does not exist. Create it "
            "first."
        )
    if path.is_dir():
        raise InputError(f"{path}: the output must be a file, not a directory.")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{path}: the directory {str(path.parent)!r} is not writable.")


def check_input(
    path: Path, *, target: str | None, labeled: bool, may_be_unlabeled: bool = False
) -> None:
    """Raise InputError unless a file of rows exists and its target is named.

    `may_be_unlabeled` states whether the command has the option --no-target, which the
    error message then mentions.
    """
    name = path.name.lower()
    suffix = next((s for s in (*TABLES_IN, ARRAYS) if name.endswith(s)), None)
    if not path.exists():
        raise InputError(f"{path}: the file does not exist.")
    if not path.is_file():
        raise InputError(f"{path}: the input must be a file, not a directory.")
    if suffix is None:
        raise InputError(
            f"{path}: the input must be a .csv, .csv.gz, .parquet or .npz file."
            + " Rename it to .csv, and pass --sep='\\t'" * name.endswith(".tsv")
        )
    if suffix == ".parquet" and is_distilled_table(path):
        return
    if suffix != ARRAYS and target is None and labeled:
        hint = ", or pass --no-target if there are no labels" * may_be_unlabeled
        raise InputError(
            f"name the column that holds the labels with --target COLUMN{hint}"
        )


def is_distilled_table(path: Path) -> bool:
    """Return whether a .parquet file contains a distilled set with its labels."""
    from ..distilled_set.file_header import FORMAT

    _, pq = import_pyarrow()
    with contextlib.suppress(Exception):
        return FORMAT.encode() in (pq.read_schema(path).metadata or {})
    # The error of a damaged file is raised when the file is read.
    return False


def read_data(
    path: Path, *, target: str | None, labeled: bool, csv: CsvFormat = DEFAULT_CSV
) -> Data:
    """Read rows and labels from a .csv, .csv.gz, .parquet or .npz file.

    Parameters
    ----------
    path : Path
    target : str or None
        The name of the column or array that holds the labels. None stands for the array
        "y" or "y_train" of an .npz file, and for the labels of a distilled set.
    labeled : bool
        Whether the file holds labels. If False, all columns are features.
    csv : CsvFormat
        The format of a .csv file.

    Returns
    -------
    Data

    Raises
    ------
    InputError
        If the file cannot be read, or lacks a column or an array.
    """
    is_csv = path.suffix.lower() not in (ARRAYS, ".parquet")
    if csv != DEFAULT_CSV and not is_csv:
        raise InputError(
            f"{path}: the options --sep, --decimal, --encoding and --na-values are for "
            ".csv files only. Remove them."
        )
    if path.suffix.lower() == ARRAYS:
        return _call_reader(lambda: _read_arrays(path, target, labeled), path)
    if not is_csv and target is None and is_distilled_table(path):
        return _read_distilled_set(path, labeled)
    return _read_table(path, target, labeled, csv, is_csv)


def _call_reader(read: Callable[[], Any], path: Path) -> Any:
    """Call a function that reads a file, and name the file in any error that occurs."""
    try:
        return read()
    except (InputError, ImportError):
        raise
    except Exception as error:
        raise InputError(f"{path} cannot be read: {one_line(error)}") from error


def _read_table(
    path: Path, target: str | None, labeled: bool, csv: CsvFormat, is_csv: bool
) -> Data:
    """Read a table, and split its target from the other columns."""
    from ..distilled_set.file_header import SOFT_PREFIX

    spellings = {}
    if is_csv:
        frame, spellings = _call_reader(lambda: read_csv_table(path, csv), path)
    else:
        import_pyarrow()
        frame = _call_reader(lambda: import_pandas().read_parquet(path), path)
    y = _pop_target(frame, path, str(target)) if labeled else None
    if soft := [name for name in frame.columns if str(name).startswith(SOFT_PREFIX)]:
        raise InputError(
            f"{path} contains the soft labels of a distilled set ({joined(soft)}), "
            "which must not be used as features. Remove these columns, or read the "
            "distilled set with DistilledSet.load."
        )
    if is_csv:
        frame = read_dates(frame)
        warn_about_words_among_numbers(frame)
    return Data(frame, y, spellings)


def _read_distilled_set(path: Path, labeled: bool) -> Data:
    """Read the rows and the labels of a distilled set in a .parquet or .npz file."""
    from ..distilled_set.files import load_set

    parts = load_set(path)
    if not labeled:
        return Data(parts.X, None)
    if parts.y is None:
        raise InputError(
            f"{path} contains a distilled set without labels. Pass --no-target."
        )
    if parts.soft_labels is not None or parts.sample_weight is not None:
        warnings.warn(
            f"{path} contains a distilled set with soft labels or sample weights, "
            "which are ignored; its hard labels are the target.",
            stacklevel=2,
        )
    if parts.target_name is None:
        return Data(parts.X, parts.y)
    from .._utils.native_rows import from_native

    X = from_native(parts.X)
    return Data(X, import_pandas().Series(parts.y, name=parts.target_name))


def _pop_target(frame: Any, path: Path, target: str) -> Any:
    """Remove the target from a table and return it."""
    column = {str(name): name for name in frame.columns}
    if target not in column:
        hint = suggestion(target, column)
        if len(column) == 1:
            hint = " If the cells are not separated by commas, pass --sep."
        raise InputError(
            f"{path} has no column {target!r}.{hint} The columns are: {joined(column)}."
        )
    return frame.pop(column[target])


def _read_arrays(path: Path, target: str | None, labeled: bool) -> Data:
    """Read the arrays X and y, or X_train and y_train, of an .npz file."""
    import numpy as np

    # np.load would read any other kind of file as a single array or as a pickle.
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path} is damaged or is not an .npz file.")
    with np.load(path, allow_pickle=False) as file:
        if "header" in file.files and target is None:
            return _read_distilled_set(path, labeled)
        suffix = next((s for s in ("", "_train") if f"X{s}" in file.files), None)
        if suffix is None:
            raise InputError(
                f"{path} has no array 'X' or 'X_train'. The arrays are: "
                f"{joined(file.files)}."
            )
        X = file[f"X{suffix}"]
        if not labeled:
            return Data(X, None)
        name = target or f"y{suffix}"
        if name not in file.files:
            raise InputError(
                f"{path} has no array {name!r} of labels."
                f"{suggestion(name, file.files)} The arrays are: "
                f"{joined(file.files)}. Name the array of labels with --target, or "
                "pass --no-target if there are no labels."
            )
        return Data(X, file[name])

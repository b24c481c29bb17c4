"""The input and output files of the commands: tables and arrays of rows."""

# SPDX-License-Identifier: BSD-3-Clause

import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .._utils.optional import import_pandas, import_pyarrow
from ._common import InputError, joined, one_line, suggestion

ARRAYS = ".npz"
TABLES_IN = (".csv", ".csv.gz", ".parquet")
TABLES_OUT = (".csv", ".parquet")
# A column with more than this many different numbers and a few words is most likely
# numeric, with words such as "NA" for missing values. A column with fewer numbers may
# well be categorical, such as 2, 3, 4, "5 or more".
MAX_NUMERIC_CATEGORIES = 10


class Data(NamedTuple):
    """The rows and the target that were read from a file."""

    X: Any
    y: Any


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
        )
    if suffix != ARRAYS and target is None and labeled:
        hint = ", or pass --no-target if there are no labels" * may_be_unlabeled
        raise InputError(
            f"name the column that holds the labels with --target COLUMN{hint}"
        )


def read_data(path: Path, *, target: str | None, labeled: bool) -> Data:
    """Read rows and labels from a .csv, .csv.gz, .parquet or .npz file.

    Parameters
    ----------
    path : Path
    target : str or None
        The name of the column or array that holds the labels. None stands for the array
        "y" or "y_train" of an .npz file.
    labeled : bool
        Whether the file holds labels. If False, all columns are features.

    Returns
    -------
    Data

    Raises
    ------
    InputError
        If the file cannot be read, or lacks a column or an array.
    """
    if path.suffix.lower() == ARRAYS:
        return _call_reader(lambda: _read_arrays(path, target, labeled), path)
    return _read_table(path, target, labeled)


def _call_reader(read: Callable[[], Any], path: Path) -> Any:
    """Call a function that reads a file, and name the file in any error that occurs."""
    try:
        return read()
    except (InputError, ImportError):
        raise
    except Exception as error:
        raise InputError(f"{path} cannot be read: {one_line(error)}") from error


def _read_table(path: Path, target: str | None, labeled: bool) -> Data:
    """Read a table, and split its target from the other columns."""
    from ..distilled_set.file_header import SOFT_PREFIX

    pd = import_pandas()
    is_parquet = path.suffix.lower() == ".parquet"
    if is_parquet:
        import_pyarrow()
        frame = _call_reader(lambda: pd.read_parquet(path), path)
    else:
        frame = _call_reader(lambda: _read_csv(pd, path), path)
    y = _pop_target(frame, path, str(target)) if labeled else None
    if soft := [name for name in frame.columns if str(name).startswith(SOFT_PREFIX)]:
        raise InputError(
            f"{path} contains the soft labels of a distilled set ({joined(soft)}), "
            "which must not be used as features. Remove these columns, or read the "
            "distilled set with DistilledSet.load."
        )
    if not is_parquet:
        _check_for_dates(frame)
        _warn_about_words_among_numbers(pd, frame)
    return Data(frame, y)


def _pop_target(frame: Any, path: Path, target: str) -> Any:
    """Remove the target from a table and return it."""
    column = {str(name): name for name in frame.columns}
    if target not in column:
        hint = suggestion(target, column)
        if len(column) == 1:
            hint = " Check that the cells are separated by commas."
        raise InputError(
            f"{path} has no column {target!r}.{hint} The columns are: {joined(column)}."
        )
    return frame.pop(column[target])


def _read_csv(pd: Any, path: Path) -> Any:
    """Read a CSV file in which only empty cells are missing values."""
    from ..distilled_set.tables import columns_of_codes

    header = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False)
    names = header.iloc[0].tolist()
    if "" in names:
        raise InputError(
            f"{path}: column {names.index('') + 1} has no name. Remove the column if "
            "it is the index of a DataFrame; otherwise give it a name."
        )
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(
            f"{path}: several columns have the same name: {joined(twice)}. Rename them."
        )
    try:
        with warnings.catch_warnings():
            # pandas would drop the last cells of rows that are longer than the header.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            texts = columns_of_codes(
                pd.read_csv(path, index_col=False, dtype=str, keep_default_na=False)
            )
            return pd.read_csv(
                path,
                index_col=False,
                # Words such as "NA" and "None" are categories, not missing values.
                keep_default_na=False,
                na_values=[""],
                dtype=dict.fromkeys(texts, str),
                # Read in one chunk, because pandas infers dtypes per chunk.
                low_memory=False,
            )
    except pd.errors.ParserWarning:
        raise InputError(
            f"{path}: some rows have more cells than the header, which has "
            f"{len(names)} column names."
        ) from None


def _check_for_dates(frame: Any) -> None:
    """Raise InputError if a column holds dates.

    CSV files have no dtype for dates, so that dates would be read as categories.
    """
    for name in frame.columns:
        column = frame[name].dropna()
        if column.dtype.kind == "O" and len(column):
            if column.astype(str).str.match(r"\d{4}-\d\d-\d\d").all():
                raise InputError(
                    f"column {name!r} holds dates, such as {column.iloc[0]!r}. Convert "
                    "them to numbers first, such as the number of days since a fixed "
                    "date, the month or the weekday."
                )


def _warn_about_words_among_numbers(pd: Any, frame: Any) -> None:
    """Warn if a few words turn a column of numbers into a column of categories."""
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind != "O":
            continue
        numbers = pd.to_numeric(column, errors="coerce")
        words = column[numbers.isna() & column.notna()]
        is_mostly_numbers = 0 < len(words) < len(column) / 2
        if is_mostly_numbers and numbers.nunique() > MAX_NUMERIC_CATEGORIES:
            warnings.warn(
                f"column {name!r} is treated as categorical, because {len(words)} of "
                f"its {len(column)} cells are not numbers, such as {words.iloc[0]!r}. "
                "If the column is numeric, replace these cells or remove their rows.",
                stacklevel=2,
            )


def _read_arrays(path: Path, target: str | None, labeled: bool) -> Data:
    """Read the arrays X and y, or X_train and y_train, of an .npz file."""
    import numpy as np

    # np.load would read any other kind of file as a single array or as a pickle.
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path} is damaged or is not an .npz file.")
    with np.load(path, allow_pickle=False) as file:
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

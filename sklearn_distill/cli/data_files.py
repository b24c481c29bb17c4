"""Tables and arrays from files, as the command takes them in."""

# SPDX-License-Identifier: BSD-3-Clause

import difflib
import warnings
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

from .._utils.optional import import_pandas, import_pyarrow

ARRAYS = ".npz"
# So many names are enough of a reminder of what a file or a method has.
MAX_NAMES = 40
# A column of this many different numbers and a few words is a column of numbers in
# which somebody wrote "NA"; one of fewer may well be categories: 2, 3, 4, "5 or more".
MANY_NUMBERS = 10


class InputError(ValueError):
    """What the user asked for cannot be done; the message says why."""


class Data(NamedTuple):
    """What a file holds."""

    X: Any
    y: Any


def read_data(path: Path, *, target: str | None, labelled: bool) -> Data:
    """Read rows and labels from a .csv, .csv.gz, .parquet or .npz file.

    Parameters
    ----------
    path : Path
    target : str or None
        The column, or array, of labels. None is the array "y" or "y_train".
    labelled : bool
        Whether there are labels at all.

    Raises
    ------
    InputError
        With the file's name, and the names that it has.
    """
    if path.suffix.lower() == ARRAYS:
        return _read_arrays(path, target, labelled)
    return _read_table(path, target, labelled)


def _reading(read: Callable[[], Any], path: Path) -> Any:
    """Call a reader; whatever it stumbles over is said with the file's name."""
    try:
        return read()
    except (InputError, ImportError):
        raise
    except Exception as error:
        raise InputError(f"{path} cannot be read: {one_line(error)}") from error


def _read_table(path: Path, target: str | None, labelled: bool) -> Data:
    from ..distilled_set.file_header import SOFT_PREFIX

    pd = import_pandas()
    if path.suffix.lower() == ".parquet":
        import_pyarrow()
        frame = _reading(lambda: pd.read_parquet(path), path)
    else:
        frame = _reading(lambda: _read_csv(pd, path), path)
    if not labelled:
        y = None
    else:
        column = {str(name): name for name in frame.columns}
        if target not in column:
            hint = suggest(str(target), column)
            if len(column) == 1:
                hint = " Are its cells separated by commas?"
            raise InputError(
                f"{path} has no column {target!r}.{hint} It has: {names_of(column)}."
            )
        y = frame.pop(column[target])
    if soft := [name for name in frame.columns if str(name).startswith(SOFT_PREFIX)]:
        raise InputError(
            f"{path} holds the soft labels of a distilled set ({names_of(soft)}): "
            "they are no features. Remove these columns, or read the set with "
            "DistilledSet.load."
        )
    if path.suffix.lower() != ".parquet":
        _refuse_dates(frame)
        _warn_of_words_among_numbers(pd, frame)
    return Data(frame, y)


def _read_csv(pd: Any, path: Path) -> Any:
    from ..distilled_set.tables import columns_of_codes

    header = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False)
    names = header.iloc[0].tolist()
    if "" in names:
        raise InputError(
            f"{path}: column {names.index('') + 1} has no name. If it is an index that "
            "was written along, remove it; else give it a name."
        )
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise InputError(f"{path}: several columns are called {names_of(twice)}.")
    try:
        with warnings.catch_warnings():
            # Rows longer than the header would lose their last cells.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            texts = columns_of_codes(
                pd.read_csv(path, index_col=False, dtype=str, keep_default_na=False)
            )
            return pd.read_csv(
                path,
                index_col=False,
                # "NA" and "None" are categories; only an empty cell is missing.
                keep_default_na=False,
                na_values=[""],
                dtype=dict.fromkeys(texts, str),
                # A column's dtype must not depend on where its chunks end.
                low_memory=False,
            )
    except pd.errors.ParserWarning:
        raise InputError(
            f"{path}: rows have more cells than the header has names ({len(names)})."
        ) from None


def _refuse_dates(frame: Any) -> None:
    """A file has no dtype for dates; they would pass as so many categories."""
    for name in frame.columns:
        column = frame[name].dropna()
        if column.dtype.kind == "O" and len(column):
            if column.astype(str).str.match(r"\d{4}-\d\d-\d\d").all():
                raise InputError(
                    f"column {name!r} holds dates, such as {column.iloc[0]!r}. Turn "
                    "them into numbers first, such as days since a fixed day, the "
                    "month or the weekday."
                )


def _warn_of_words_among_numbers(pd: Any, frame: Any) -> None:
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind != "O":
            continue
        numbers = pd.to_numeric(column, errors="coerce")
        words = column[numbers.isna() & column.notna()]
        if 0 < len(words) < len(column) / 2 and numbers.nunique() > MANY_NUMBERS:
            warnings.warn(
                f"column {name!r} is taken as categories, because {len(words)} of its "
                f"{len(column)} cells are no numbers, such as {words.iloc[0]!r}. If it "
                "is a column of numbers, replace them or drop their rows.",
                stacklevel=2,
            )


def _read_arrays(path: Path, target: str | None, labelled: bool) -> Data:
    import numpy as np

    def read() -> Data:
        # What is no archive np.load would take for an array, or for a pickle.
        if not zipfile.is_zipfile(path):
            raise InputError(f"{path} is damaged, or no .npz file.")
        with np.load(path, allow_pickle=False) as file:
            suffix = next((s for s in ("", "_train") if f"X{s}" in file.files), None)
            if suffix is None:
                raise InputError(
                    f"{path} has no array 'X' or 'X_train'. It has: "
                    f"{names_of(file.files)}."
                )
            X = file[f"X{suffix}"]
            if not labelled:
                return Data(X, None)
            name = target or f"y{suffix}"
            if name not in file.files:
                raise InputError(
                    f"{path} has no array {name!r} of labels."
                    f"{suggest(name, file.files)} It has: {names_of(file.files)}. Name "
                    "the labels with --target, or say --no-target."
                )
            return Data(X, file[name])

    return _reading(read, path)


def suggest(name: str, known: Iterable[str]) -> str:
    as_written = {str(other).lower(): other for other in known}
    close = difflib.get_close_matches(name.lower(), as_written, n=1)
    return f" Did you mean {as_written[close[0]]!r}?" if close else ""


def names_of(names: Iterable[Any]) -> str:
    texts = [str(name) for name in names]
    more = len(texts) - MAX_NAMES
    return ", ".join(texts[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")


def one_line(text: Any) -> str:
    return " ".join(str(text).split())

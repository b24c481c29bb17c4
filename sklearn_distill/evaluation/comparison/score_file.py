"""Score files: CSV files that record a comparison and let it resume.

A score file has a row for each learner. All rows of a run (one distiller at one budget
on one fold) are written and flushed to the disk together, so that a process that is
killed loses only the runs that it was executing.
"""

# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..._utils.atomic_file import write_atomically
from ..._utils.optional import import_pandas

COLUMNS = (
    "set",
    "fold",
    "method",
    "budget",
    "learner",
    "score",
    "accuracy",
    "auc",
    "log_loss",
    "rmse",
    "rows",
    "bytes",
    "seconds",
    "fit_seconds",
    "invalid",
    "note",
    "error",
    "key",
    "accuracy_data_prior",
    "log_loss_data_prior",
    "score_error",
)
# Files of earlier versions end with one of these columns; further values are missing.
LAST_COLUMNS = ("key", "log_loss_data_prior", "score_error")
TEXT_COLUMNS = ("set", "method", "learner", "note", "error", "key")


class ScoreFile:
    """Rows of scores in a CSV file.

    Parameters
    ----------
    path : str or path-like
        The file is created if it does not exist. An incomplete last row is removed,
        and columns that a file of an earlier version lacks are added without values.

    Attributes
    ----------
    path : Path
    rows : list of dict
        The rows of the file, with all values as text.

    Raises
    ------
    FileNotFoundError
        If the directory does not exist.
    ValueError
        If the file has other columns than a score file.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        if not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"Cannot write {self.path}: the directory {str(self.path.parent)!r} "
                "does not exist. Create it or choose another path."
            )
        self.rows: list[dict[str, Any]] = []
        is_complete = False
        if self.path.exists() and self.path.stat().st_size:
            self.rows = _read_complete_rows(self.path)
            content = self.path.read_bytes()
            # A file with fewer columns is written again with all columns.
            has_all_columns = content.startswith(",".join(COLUMNS).encode() + b"\n")
            is_complete = has_all_columns and content.endswith(b"\n")
        if not is_complete:
            self.keep(lambda row: True)

    def keep(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        """Remove the rows for which `condition(row)` is false, in the file too."""
        self.rows = [row for row in self.rows if condition(row)]
        header = dict(zip(COLUMNS, COLUMNS, strict=True))
        text = _to_csv([header, *self.rows])
        write_atomically(self.path, lambda file: file.write(text.encode("utf-8")))

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write the rows of one run in a single call and flush them to the disk."""
        rows = [{name: _as_text(row.get(name)) for name in COLUMNS} for row in rows]
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(handle, _to_csv(rows).encode("utf-8"))
            os.fsync(handle)
        finally:
            os.close(handle)
        self.rows += rows


def read_scores(*paths: str | os.PathLike[str]) -> Any:
    """Return the scores in several score files as one DataFrame.

    Raises
    ------
    ValueError
        If a file is not a score file.
    """
    rows: list[dict[str, Any]] = []
    for path in paths:
        rows += _read_complete_rows(Path(path))
    return to_scores(rows)


def to_scores(rows: list[dict[str, Any]]) -> Any:
    """Return rows, new or from a score file, as a DataFrame with the same dtypes."""
    pd = import_pandas()
    texts = [{name: _as_text(row.get(name)) for name in COLUMNS} for row in rows]
    frame = pd.DataFrame(texts, columns=list(COLUMNS), dtype=object)
    for name in COLUMNS:
        if name == "budget":
            frame[name] = frame[name].map(parse_budget)
            if frame[name].map(lambda b: isinstance(b, int)).all():
                frame[name] = frame[name].astype("int64")
        elif name in ("fold", "rows", "bytes"):
            # A failed run may not have a number of rows, which is recorded as 0.
            frame[name] = pd.to_numeric(frame[name].replace("", "0")).astype("int64")
        elif name not in TEXT_COLUMNS:
            # float(repr(number)) restores a number exactly, unlike the parser of
            # pandas.
            numbers = [float(text) if text else float("nan") for text in frame[name]]
            frame[name] = pd.Series(numbers, dtype="float64")
    return frame


def parse_budget(text: str) -> int | float | str:
    """Return a budget as an int, a float or, for a dict, as its text."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text


def _read_complete_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a score file, without an incomplete last row."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    # A process that was killed may have left an incomplete row after the last newline.
    complete = text[: text.rfind("\n") + 1]
    reader = csv.reader(io.StringIO(complete, newline=""))
    header = next(reader, None)
    known_headers = [COLUMNS[: COLUMNS.index(name) + 1] for name in LAST_COLUMNS]
    if header is None or tuple(header) not in known_headers:
        raise ValueError(
            f"{path} is not a score file: its columns must be {', '.join(COLUMNS)}. "
            "Choose another path or remove the file."
        )
    missing = dict.fromkeys(COLUMNS[len(header) :], "")
    return [
        dict(zip(header, row, strict=True)) | missing
        for row in reader
        if len(row) == len(header)
    ]


def _as_text(value: Any) -> str:
    """Return a value as the text of a CSV field; None and NaN become empty."""
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        # Remove newlines, because an incomplete row is recognized by its missing
        # newline.
        return " ".join(value.split())
    if isinstance(value, float):
        return repr(float(value))
    return str(value)


def _to_csv(rows: list[dict[str, Any]]) -> str:
    """Return rows of scores as CSV text."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(
        [_as_text(row.get(name)) for name in COLUMNS] for row in rows
    )
    return out.getvalue()

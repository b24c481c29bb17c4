"""A file of scores that is written as they come, and read to go on from.

CSV, a row for each learner. All rows of a cell (a method at a budget on a fold) are
written at once and reach the disk before the next: a process that is killed loses the
cells it was working on and no other.
"""

# SPDX-License-Identifier: BSD-3-Clause

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .._utils.atomic_file import write_atomically
from .._utils.optional import import_pandas

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
)
TEXTS = ("set", "method", "learner", "note", "error", "key")


class ScoreFile:
    """Rows of scores in a CSV file.

    Parameters
    ----------
    path : str or path-like
        Made if it is not there. One that was cut in the middle of a row is mended.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        if not self.path.parent.is_dir():
            raise FileNotFoundError(
                f"{self.path}: there is no folder {str(self.path.parent)!r}."
            )
        self.rows: list[dict[str, Any]] = []
        if self.path.exists() and self.path.stat().st_size:
            self.rows = _read_whole_rows(self.path)
            is_whole = self.path.read_bytes().endswith(b"\n")
        else:
            is_whole = False
        if not is_whole:
            self.keep(lambda row: True)

    def keep(self, wanted: Any) -> None:
        """Leave only the rows for which `wanted(row)` holds, in the file too."""
        self.rows = [row for row in self.rows if wanted(row)]
        header = dict(zip(COLUMNS, COLUMNS, strict=True))
        text = _to_csv([header, *self.rows])
        write_atomically(self.path, lambda file: file.write(text.encode("utf-8")))

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write the rows of one cell, by one call that the disk has to confirm."""
        rows = [{name: _as_text(row.get(name)) for name in COLUMNS} for row in rows]
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(handle, _to_csv(rows).encode("utf-8"))
            os.fsync(handle)
        finally:
            os.close(handle)
        self.rows += rows


def read_scores(*paths: str | os.PathLike[str]) -> Any:
    """Return the scores in files as one DataFrame.

    Raises
    ------
    ValueError
        If a file holds no scores.
    """
    rows: list[dict[str, Any]] = []
    for path in paths:
        rows += _read_whole_rows(Path(path))
    return to_scores(rows)


def to_scores(rows: list[dict[str, Any]]) -> Any:
    """Return rows, from a file or fresh, as a DataFrame with the same dtypes."""
    pd = import_pandas()
    texts = [{name: _as_text(row.get(name)) for name in COLUMNS} for row in rows]
    frame = pd.DataFrame(texts, columns=list(COLUMNS), dtype=object)
    for name in COLUMNS:
        if name == "budget":
            frame[name] = frame[name].map(parse_budget)
            if frame[name].map(lambda b: isinstance(b, int)).all():
                frame[name] = frame[name].astype("int64")
        elif name in ("fold", "rows", "bytes"):
            # A failed cell has no rows.
            frame[name] = pd.to_numeric(frame[name].replace("", "0")).astype("int64")
        elif name not in TEXTS:
            # float() and repr() are each other's inverse, to the last bit.
            numbers = [float(text) if text else float("nan") for text in frame[name]]
            frame[name] = pd.Series(numbers, dtype="float64")
    return frame


def parse_budget(text: str) -> int | float | str:
    """Return a budget as it was: rows, a share, or the text of anything else."""
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text


def _read_whole_rows(path: Path) -> list[dict[str, Any]]:
    text = path.read_bytes().decode("utf-8", errors="replace")
    # What follows the last line end was cut off while it was written.
    whole = text[: text.rfind("\n") + 1]
    reader = csv.reader(io.StringIO(whole, newline=""))
    header = next(reader, None)
    if header is None or tuple(header) != COLUMNS:
        raise ValueError(
            f"{path} is no file of scores: its columns are not {', '.join(COLUMNS)}. "
            "Choose another path, or remove the file."
        )
    return [
        dict(zip(COLUMNS, row, strict=True))
        for row in reader
        if len(row) == len(COLUMNS)
    ]


def _as_text(value: Any) -> str:
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, str):
        # A row is a line: only then can a cut one be told from a whole one.
        return " ".join(value.split())
    if isinstance(value, float):
        return repr(float(value))
    return str(value)


def _to_csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(
        [_as_text(row.get(name)) for name in COLUMNS] for row in rows
    )
    return out.getvalue()
